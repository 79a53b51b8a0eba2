"""The samples beside each rule: what their names promise is kept, and what is missing is told."""

from dataclasses import replace
from pathlib import Path

import pytest

from rules.directory import Directory
from rules.finding import Action
from rules.policy import Rule, load_rule
from rules.samples import RuleResult, filled, run_samples, sample_directory, samples_of
from rules.shipped import LIBRARY, library_rules

RULE = "rule: {name}\ntitle: Everyone\ndetector: organization_wide\naction: quarantine\n"
TO_ALL = "From: ann.clerk@city.example\nTo: all-staff@city.example\nSubject: Bake sale\n\nBring cake.\n"
TO_ONE = TO_ALL.replace("all-staff", "bo.baker")


@pytest.fixture(scope="module")
def directory() -> Directory:
    return sample_directory()


def rule_with(folder: Path, **samples: str) -> Rule:
    folder = folder / "everyone"
    folder.mkdir(exist_ok=True)
    (folder / "rule.yaml").write_text(RULE.format(name=folder.name))
    for name, text in samples.items():
        (folder / f"{name.replace('_', '-')}.eml").write_text(text)
    return load_rule(folder)


def result_of(rule: Rule, directory: Directory, *, default_action: bool = False) -> RuleResult:
    (result,) = run_samples([rule], directory, default_action=default_action)
    return result


@pytest.mark.parametrize("name", library_rules())
def test_every_rule_of_the_library_keeps_what_its_samples_promise(name: str, directory: Directory) -> None:
    result = result_of(load_rule(LIBRARY / name), directory, default_action=True)
    assert [str(fault) for fault in result.faults] == []
    assert [sample.promised for sample in result.samples].count(Action.PASS) >= 2


def test_samples_that_do_as_their_names_say_are_no_fault(tmp_path: Path, directory: Directory) -> None:
    result = result_of(rule_with(tmp_path, quarantine_all=TO_ALL, pass_one=TO_ONE), directory)
    assert result.faults == ()
    assert [(sample.sample.stem, sample.fired) for sample in result.samples] == [
        ("pass-one", False),
        ("quarantine-all", True),
    ]


def test_a_sample_that_should_match_and_does_not_is_told(tmp_path: Path, directory: Directory) -> None:
    result = result_of(rule_with(tmp_path, quarantine_all=TO_ONE, pass_one=TO_ONE), directory)
    assert [str(fault) for fault in result.faults] == [
        f"{tmp_path}/everyone/quarantine-all.eml:1:1: expected everyone to fire, but it did not"
    ]


def test_a_sample_that_should_pass_and_does_not_is_told(tmp_path: Path, directory: Directory) -> None:
    result = result_of(rule_with(tmp_path, quarantine_all=TO_ALL, pass_one=TO_ALL), directory)
    (fault,) = result.faults
    assert str(fault).startswith(f"{tmp_path}/everyone/pass-one.eml:1:1: expected to pass, but everyone fired: ")
    assert "staff" in fault.expected


def test_a_rule_needs_samples_of_both_kinds(tmp_path: Path, directory: Directory) -> None:
    expected = ["at least one sample quarantine-*.eml or tag-*.eml", "at least one sample pass-*.eml"]
    assert [fault.expected for fault in result_of(rule_with(tmp_path), directory).faults] == expected


def test_a_file_whose_name_promises_nothing_is_told(tmp_path: Path, directory: Directory) -> None:
    rule = rule_with(tmp_path, quarantine_all=TO_ALL, pass_one=TO_ONE, draft=TO_ONE)
    faults = result_of(rule, directory).faults
    assert [fault.expected for fault in faults] == ["a name that begins with quarantine-, tag- or pass-"]


def test_in_the_library_the_name_says_the_rules_own_action(tmp_path: Path, directory: Directory) -> None:
    rule = rule_with(tmp_path, tag_all=TO_ALL, pass_one=TO_ONE)
    assert result_of(rule, directory).faults == ()
    (fault,) = result_of(rule, directory, default_action=True).faults
    assert fault.expected == "a name that begins with quarantine-, the rule's action"


def test_a_fault_elsewhere_in_a_sample_does_not_count_as_the_rule_firing(tmp_path: Path, directory: Directory) -> None:
    """A message that is held because it could not be read has not shown that the rule works."""
    unreadable = TO_ONE.replace("\n\n", "\nContent-Type: message/partial; id=x; number=1\n\n")
    result = result_of(rule_with(tmp_path, quarantine_all=unreadable, pass_one=TO_ONE), directory)
    assert [fault.expected for fault in result.faults] == ["expected everyone to fire, but it did not"]


def test_samples_fit_the_disclaimer_that_a_city_puts_into_its_policy(directory: Directory) -> None:
    rule = load_rule(LIBRARY / "opinion-disclaimer")
    assert rule.unless is not None
    words = "These views are mine alone; the Ciudad de Peñasco neither holds nor supports them."
    ours = replace(rule, unless=replace(rule.unless, parameters=replace(rule.unless.parameters, disclaimer=words)))
    assert result_of(ours, directory).faults == ()


def test_a_place_holder_stands_for_the_rules_own_words_wrapped_and_quoted_as_it_is() -> None:
    rule = load_rule(LIBRARY / "opinion-disclaimer")
    text = filled(b"I think so.\r\n> {disclaimer}\r\n{passed_on}\n{nothing}\nin {disclaimer}\n", rule).decode()
    first, *quoted, flag, nothing, within = text.splitlines()
    assert (first, flag, nothing, within) == ("I think so.", "{passed_on}", "{nothing}", "in {disclaimer}")
    assert quoted[0].startswith("> The opinions expressed in this communication")
    assert [line[:2] for line in quoted] == ["> "] * 3
    assert max(map(len, quoted)) <= 74


def test_samples_come_in_order_of_name_with_what_they_promise(tmp_path: Path) -> None:
    for name in ("tag-b.eml", "pass-a.eml", "other.eml", "quarantine.txt"):
        (tmp_path / name).touch()
    assert [(path.name, action) for path, action in samples_of(tmp_path)] == [
        ("pass-a.eml", Action.PASS),
        ("tag-b.eml", Action.TAG),
    ]
