"""What was seen and had no consequence is told with the true reason, through the whole of `inspect`."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from gateway.cli import main
from gateway.cli.aside import SHOWN_NAMES, asides, whom
from rules.finding import Action, Observation
from rules.policy import load_policy
from rules.samples import filled
from rules.transaction import Direction
from rules.verdict import Inspected, Judgement, Verdict

SEEN = "organization_wide: "
USE_WIDE = "  - use: organization-wide\n    cites: [C-1]\n"
EXCEPT = "    except:\n      - {%s, because: speaks to all, by: director, until: %s}\n"


def a_policy(folder: Path, rules: str) -> Path:
    folder.mkdir()
    clauses = "clauses:\n  C-1: {ref: '1', enforce: gateway, says: No.}\n"
    (folder / "policy.yaml").write_text(f"policy: cake\ntitle: Cake\n{clauses}rules:\n{rules}")
    return folder


def told(tmp_path: Path, rules: str, text: str) -> str:
    (tmp_path / "a.eml").write_text(text)
    arguments = ["inspect", "--policy", str(a_policy(tmp_path / "policy", rules)), str(tmp_path / "a.eml")]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    return result.output


def to(*recipients: str) -> str:
    return f"From: mayor@city.example\nTo: {', '.join(recipients)}\nSubject: Cake\n\nThere is cake.\n"


def test_the_exemption_is_named_with_whom_why_by_whom_and_until_when(tmp_path: Path) -> None:
    rules = USE_WIDE + EXCEPT % ("senders: [mayor@city.example]", "2099-06-30")
    line = "seen, and organization-wide lets it off (mayor@city.example to everyone: speaks to all, by director, "
    output = told(tmp_path, rules, to("all-staff@city.example"))
    assert line + "until 2099-06-30): " + SEEN in output
    assert "no rule speaks" not in output


@pytest.mark.parametrize(
    "exemption", [("senders: [other@city.example]", "2099-06-30"), ("senders: [mayor@city.example]", "2020-06-30")]
)
def test_an_exemption_of_others_or_of_the_past_is_not_named(tmp_path: Path, exemption: tuple[str, str]) -> None:
    output = told(tmp_path, USE_WIDE + EXCEPT % exemption, to("all-staff@city.example"))
    assert "organization-wide: quarantine" in output and "lets it off" not in output


def test_a_rule_outside_its_hours_is_named(tmp_path: Path) -> None:
    output = told(tmp_path, USE_WIDE + "    active: {until: 2020-01-01}\n", to("all-staff@city.example"))
    assert "seen, and organization-wide is not active at this time: " + SEEN in output


def test_a_rule_that_asks_for_more_is_named(tmp_path: Path) -> None:
    rule = a_policy(tmp_path / "policy", "  - {use: both, cites: [C-1]}\n") / "rules" / "both"
    rule.mkdir(parents=True)
    words = "rule: both\ntitle: Both\ndetector: organization_wide\nalso: [advocacy]\naction: tag\n"
    (rule / "rule.yaml").write_text(words)
    (tmp_path / "a.eml").write_text(to("all-staff@city.example"))
    result = CliRunner().invoke(main, ["inspect", "--policy", str(tmp_path / "policy"), str(tmp_path / "a.eml")])
    assert "seen, and both asks for advocacy too: " + SEEN in result.output


def test_a_rule_that_speaks_of_another_direction_is_named(tmp_path: Path) -> None:
    output = told(tmp_path, USE_WIDE + "    directions: [outbound]\n", to("all-staff@city.example"))
    assert "seen, and organization-wide speaks of outbound mail only: " + SEEN in output


def test_what_no_rule_asks_for_is_said_to_be_so(tmp_path: Path) -> None:
    output = told(tmp_path, "  - use: chain-letter\n    cites: [C-1]\n", to("all-staff@city.example"))
    assert "seen, and no rule speaks of it here: " + SEEN in output


def test_a_rule_that_has_it_under_also_speaks_of_it(tmp_path: Path) -> None:
    rule = a_policy(tmp_path / "policy", "  - {use: both, cites: [C-1]}\n") / "rules" / "both"
    rule.mkdir(parents=True)
    words = "rule: both\ntitle: Both\ndetector: advocacy\nalso: [organization_wide]\naction: tag\n"
    (rule / "rule.yaml").write_text(words)
    (tmp_path / "a.eml").write_text(to("all-staff@city.example"))
    result = CliRunner().invoke(main, ["inspect", "--policy", str(tmp_path / "policy"), str(tmp_path / "a.eml")])
    assert result.exit_code == 0 and "no rule speaks" not in result.output


def test_a_rule_that_the_disclaimer_satisfied_is_named_on_both_sides(tmp_path: Path) -> None:
    rules = "  - use: opinion-disclaimer\n    cites: [C-1]\n"
    (rule,) = load_policy(a_policy(tmp_path / "asked", rules) / "policy.yaml").rules
    text = filled((rule.folder / "pass-with-disclaimer.eml").read_bytes(), rule).decode()
    output = told(tmp_path, rules, text)
    assert "seen, and opinion-disclaimer is satisfied by disclaimer: personal_opinion: " in output
    assert "seen, and opinion-disclaimer is satisfied by it: disclaimer: " in output


def test_without_the_policy_it_was_judged_under_nothing_is_said_of_rules() -> None:
    seen = Observation(detector="chain_letter", detected=True, score=1.0, summary="")
    assert list(asides(a_judgement(seen), None)) == ["  seen, and without consequence: chain_letter"]


def test_a_line_for_some_names_them_and_is_cut() -> None:
    judgement = a_judgement(recipients=SHOWN_NAMES + 2)
    names = [verdict.recipient for verdict in judgement.verdicts]
    assert whom(names, judgement) == ""
    assert whom(names[:1], judgement) == ", for p0@city.example"
    assert whom(names[:-1], judgement).endswith("p2@city.example and 1 more")


def a_judgement(*seen: Observation, recipients: int = 1) -> Judgement:
    return Judgement(
        policy="p",
        policy_hash="0",
        observations=seen,
        verdicts=tuple(
            Verdict(recipient=f"p{n}@city.example", direction=Direction.INTERNAL, action=Action.PASS, findings=())
            for n in range(recipients)
        ),
        inspected=Inspected.FULLY,
        not_inspected=(),
        subject="",
        preview="",
    )
