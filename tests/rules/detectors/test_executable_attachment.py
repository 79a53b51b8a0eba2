"""Each offending part is reported once, with the containers around it; ordinary parts are not."""

import pytest

from rules.detectors.executable_attachment import MAX_OBSERVATIONS, Parameters, detect
from rules.facts import By, Kind, Part, Sign


def part(path, *kinds, by=By.CONTENT, text="MZ executable", **more):
    name = path.rpartition("/")[2] if "/" in path else None
    return Part(
        path=path,
        names=more.pop("names", (name,) if name else ()),
        declared_type=None,
        signs=tuple(Sign(kind=kind, by=by, text=text) for kind in kinds),
        size=1,
        digest=more.pop("digest", path),
        **more,
    )


def seen(facts_of, *parts, **parameters):
    return list(detect(facts_of(parts=parts), Parameters(**parameters)))


def test_the_summary_names_the_chain(facts_of):
    (observation,) = seen(
        facts_of,
        part("1", Kind.TEXT, inline=True),
        part("2/mail.eml", Kind.MESSAGE),
        part("2/mail.eml/3/invoice.zip", Kind.ARCHIVE),
        part("2/mail.eml/3/invoice.zip/payload.exe", Kind.PROGRAM),
    )
    assert observation.summary == "payload.exe inside invoice.zip inside mail.eml"
    assert (observation.detected, observation.score) == (True, 1.0)
    (evidence,) = observation.evidence
    assert (evidence.part, evidence.text) == ("2/mail.eml/3/invoice.zip/payload.exe", "MZ executable")


@pytest.mark.parametrize(
    "kind",
    [
        Kind.PROGRAM,
        Kind.SCRIPT,
        Kind.INSTALLER,
        Kind.MACRO_DOCUMENT,
        Kind.SHORTCUT,
        Kind.DISK_IMAGE,
        Kind.ACTIVE_CONTENT,
    ],
)
@pytest.mark.parametrize("by", list(By))
def test_any_sign_of_any_of_these_counts(facts_of, kind, by):
    assert seen(facts_of, part("2/x", Kind.DOCUMENT, kind, by=by))


@pytest.mark.parametrize("kind", [Kind.ARCHIVE, Kind.DOCUMENT, Kind.IMAGE, Kind.TEXT, Kind.HTML, Kind.UNKNOWN])
def test_other_kinds_do_not(facts_of, kind):
    assert seen(facts_of, part("2/x", kind)) == []


def test_a_page_shown_as_the_mails_text_runs_nothing(facts_of):
    assert seen(facts_of, part("1", Kind.HTML, Kind.ACTIVE_CONTENT, inline=True)) == []
    assert seen(facts_of, part("2/a.htm", Kind.HTML, Kind.ACTIVE_CONTENT))


def test_a_program_shown_as_text_counts(facts_of):
    assert seen(facts_of, part("1", Kind.PROGRAM, inline=True))[0].summary == "part 1"


def test_what_lies_inside_a_program_is_part_of_it(facts_of):
    parts = [part("2/a.jar", Kind.SCRIPT), *(part(f"2/a.jar/{n}.class", Kind.SCRIPT) for n in range(9))]
    assert [found.summary for found in seen(facts_of, *parts)] == ["a.jar"]


def test_what_lies_inside_a_disk_image_is_told_too(facts_of):
    found = seen(facts_of, part("2/a.iso", Kind.DISK_IMAGE), part("2/a.iso/b.exe", Kind.PROGRAM))
    assert [item.summary for item in found] == ["a.iso", "b.exe inside a.iso"]


def test_a_part_that_two_readings_show_is_told_once(facts_of):
    assert len(seen(facts_of, part("2/a.exe", Kind.PROGRAM), part("2/a.exe", Kind.PROGRAM))) == 1
    assert len(seen(facts_of, part("2/a.exe", Kind.PROGRAM), part("2/a.exe", Kind.PROGRAM, digest="other"))) == 2


def test_the_kinds_that_count_can_be_chosen(facts_of):
    assert seen(facts_of, part("2/a.url", Kind.SHORTCUT), kinds=(Kind.PROGRAM,)) == []


def test_an_allowed_extension_lets_off_its_own_kind_and_no_other(facts_of):
    macros = part("2/budget.xlsm", Kind.MACRO_DOCUMENT)
    assert seen(facts_of, macros, allowed_extensions=(".XLSM",)) == []
    disguised = part("2/budget.xlsm", Kind.MACRO_DOCUMENT, Kind.PROGRAM)
    assert seen(facts_of, disguised, allowed_extensions=("xlsm",))
    two_names = part("2/budget.xlsm", Kind.MACRO_DOCUMENT, names=("budget.xlsm", "budget.docm"))
    assert seen(facts_of, two_names, allowed_extensions=("xlsm",))


def test_reports_end(facts_of):
    parts = [part(f"2/{n}.exe", Kind.PROGRAM) for n in range(500)]
    assert len(seen(facts_of, *parts)) == MAX_OBSERVATIONS
