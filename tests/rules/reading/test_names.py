"""A part's names are a set: whatever some reader would call the file is among them, readable first."""

import pytest

from rules.reading.names import merge_names, normalise_name


def names_of(
    facts_of, *, disposition: str = "attachment", content_type: str = "application/octet-stream", more: str = ""
):
    facts = facts_of(
        "From: a@city.example\nSubject: s\nContent-Type: multipart/mixed; boundary=b1\n\n--b1\n"
        f"Content-Type: {content_type}\nContent-Disposition: {disposition}\n{more}\nx\n--b1--\n"
    )
    return facts.parts[0].names


@pytest.mark.parametrize(
    "disposition",
    [
        'attachment; filename="payload.exe"',
        "attachment; filename=payload.exe",
        "attachment; filename = payload.exe",
        "attachment; filename*=utf-8'en-US'payload.exe",
        "attachment; filename*=utf-8''%70ayload%2Eexe",
        "attachment; filename*0=pay; filename*1=load.exe",
        "attachment; filename*1=load.exe; filename*0=pay",
        "attachment; filename*0*=utf-8''pay; filename*1=load.; filename*2*=%65xe",
        "attachment; filename*0=pay; filename*2=load.exe",
        "attachment; filename==?utf-8?Q?payload=2Eexe?=",
        'attachment; filename="=?utf-8?B?cGF5bG9hZC5leGU=?="',
        'attachment; filename="=?utf-8?Q?pay?= =?utf-8?Q?load.exe?="',
        'attachment; filename="=?x-unknown?Q?payload.exe?="',
        'attachment; filename="payload.exe . ."',
        'attachment; filename="payload.exe\u00a0"',
        'attachment; filename="payload.exe\t"',
        'attachment; filename="payload.exe::$DATA"',
        'attachment; filename="payload.exe/"',
        'attachment; filename="C:\\temp\\payload.exe"',
        'attachment; filename="../../payload.exe"',
        'attachment; filename="pay\u200dload.exe"',
        'attachment; filename="pay\u00adload.exe"',
        'attachment; filename="payload.\uff45\uff58\uff45"',
        'attachment; filename="payload%2eexe"',
        'attachment; filename="pay\u202eload.exe"',
        'attachment; filename="payload.exe',
        "attachment; filename='payload.exe'",
    ],
)
def test_the_name_behind_the_spelling(facts_of, disposition):
    assert "payload.exe" in names_of(facts_of, disposition=disposition)


def test_an_unquoted_name_keeps_its_blanks_and_is_also_cut_at_them(facts_of):
    assert names_of(facts_of, disposition="attachment; filename=my a.exe") == ("my a.exe", "my")


def test_a_name_that_differs_from_the_file_name_is_kept_and_told(facts_of):
    names = names_of(
        facts_of, disposition="attachment; filename=a.txt", content_type='application/octet-stream; name="payload.exe"'
    )
    assert names == ("a.txt", "payload.exe")


def test_names_that_differ_only_in_their_stem_are_no_ambiguity(facts_of):
    facts = facts_of(
        'Content-Type: application/pdf; name="long name.pdf"\n'
        'Content-Disposition: attachment; filename="LONGNA~1.PDF"\n\nx'
    )
    assert facts.ambiguities == ()


def test_content_location_and_a_description_that_looks_like_a_name(facts_of):
    more = "Content-Location: http://x.example/dir/payload.exe?q=1\nContent-Description: report.pdf\n"
    assert names_of(facts_of, more=more) == ("payload.exe", "http://x.example/dir/payload.exe", "report.pdf")


def test_a_description_in_prose_is_no_name(facts_of):
    assert names_of(facts_of, more="Content-Description: The figures for May. See also: June\n") == ()


def test_an_ordinary_name_stays_alone():
    assert normalise_name("Minutes 2025-03-04 (final).docx") == ("Minutes 2025-03-04 (final).docx",)


def test_the_original_spelling_is_kept_beside_the_readable_one():
    assert normalise_name("cod\u202egpj.exe") == ("codgpj.exe", "cod\u202egpj.exe")


def test_candidates_are_bounded():
    assert len(merge_names(f"{number}.exe" for number in range(32))) == 32
    assert len(merge_names(f"{number}.exe" for number in range(1_000))) == 33  # which tells that there were more


def test_of_a_name_as_long_as_is_kept_all_counts_and_of_a_longer_one_both_halves():
    assert normalise_name("a" * 1_024) == ("a" * 1_024,)
    assert normalise_name("a" * 1_000 + "b" * 1_000)[-1] == "a" * 512 + "…" + "b" * 512
