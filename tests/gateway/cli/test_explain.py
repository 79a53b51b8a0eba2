"""A judgement in words that an employee whose mail was held can follow."""

from dataclasses import replace

from gateway.cli.explain import SHOWN_EVIDENCE, SHOWN_RECIPIENTS, WEIGHTS, explanation
from rules.facts import Reason, Unread
from rules.finding import Action, Evidence, Finding, Observation
from rules.policy_file import Clause
from rules.transaction import Direction
from rules.verdict import Inspected, Judgement, Verdict

CLAUSES = {"A-1": Clause(ref="3.2", enforce="gateway", says="No chain letters.")}
HELD = Finding(rule="chain-letter", cites=("A-1", "A-2"), action=Action.QUARANTINE, observation=0)
LETTER = Observation(
    detector="chain_letter",
    detected=True,
    score=1.0,
    summary="asks to be passed on",
    evidence=(Evidence(part="1", text="send this to ten friends\x1b", start=0, end=4, mark=(0, 4)),),
)


def verdict(name: str, action: Action, *findings: Finding, observed: tuple[Finding, ...] = ()) -> Verdict:
    return Verdict(
        recipient=f"{name}@city.example",
        direction=Direction.INTERNAL,
        action=action,
        findings=findings,
        observed=observed,
    )


def told(*verdicts: Verdict, unread: tuple[Unread, ...] = (), seen: tuple[Observation, ...] = (LETTER,)) -> list[str]:
    judgement = Judgement(
        policy="p",
        policy_hash="0",
        observations=seen,
        verdicts=verdicts,
        inspected=Inspected.PARTLY if unread else Inspected.FULLY,
        not_inspected=unread,
        subject="",
        preview="",
    )
    return list(explanation(judgement, CLAUSES, terminal=False))


def test_a_held_message_is_told_with_rule_clause_and_evidence() -> None:
    assert told(verdict("a", Action.QUARANTINE, HELD)) == [
        "  quarantine  a@city.example (internal)",
        "  chain-letter: quarantine",
        "    A-1 (clause 3.2): No chain letters.",
        "    A-2",
        "    asks to be passed on",
        r"      1: »send« this to ten friends\x1b",
    ]


def test_a_finding_is_told_once_and_for_whom() -> None:
    lines = told(*(verdict(name, Action.QUARANTINE, HELD) for name in "abcd"), verdict("e", Action.PASS))
    assert lines.count("    asks to be passed on") == 1
    assert "  chain-letter: quarantine, for a@city.example, b@city.example, c@city.example and 1 more" in lines
    assert "  pass        e@city.example (internal)" in lines


def test_a_rule_on_trial_says_that_it_did_not_act() -> None:
    assert "  chain-letter: observed only, not acted on" in told(verdict("a", Action.PASS, observed=(HELD,)))


def test_what_was_seen_without_consequence_is_told_too() -> None:
    assert told(verdict("a", Action.PASS))[1:] == [
        "  seen, and without consequence: chain_letter: asks to be passed on"
    ]


def test_what_was_not_inspected_is_named_with_its_reason() -> None:
    unread = (
        Unread(part="2/a.zip", reason=Reason.LIMIT, detail="too\ndeep"),
        Unread(part="", reason=Reason.FAILED, detail="x"),
    )
    assert told(verdict("a", Action.PASS), unread=unread, seen=())[1:] == [
        "  inspected: partly",
        r"    not inspected: 2/a.zip: limit exceeded: too\ndeep",
        "    not inspected: message: inspection failed: x",
    ]


def test_long_lists_are_cut_and_say_so() -> None:
    passage = Evidence(part="1", text="x")
    long = Observation(detector="d", detected=True, score=1.0, summary="s", evidence=(passage,) * (SHOWN_EVIDENCE + 2))
    many = [verdict(f"u{number}", Action.QUARANTINE, HELD) for number in range(SHOWN_RECIPIENTS + 3)]
    lines = told(*many, seen=(long,))
    assert "      … and 2 passages more" in lines
    assert "  … and 3 recipients more" in lines


def test_what_holds_stands_before_what_tags() -> None:
    tagged = Finding(rule="profanity", cites=(), action=Action.TAG, observation=0)
    lines = told(verdict("a", Action.QUARANTINE, tagged, HELD))
    assert lines.index("  chain-letter: quarantine") < lines.index("  profanity: tag")


def test_a_sum_of_signs_tells_its_score_and_how_to_read_it() -> None:
    evidence = Evidence(part="1", text="ten friends", start=0, end=3, mark=(0, 3), signal="asks to pass it on +3.5")
    weighed = replace(LETTER, score=0.97, evidence=(evidence,))
    lines = told(verdict("a", Action.QUARANTINE, HELD), seen=(weighed,))
    assert "    asks to be passed on: score 0.97" in lines
    assert lines[-len(WEIGHTS) :] == list(WEIGHTS)
    unseen = replace(weighed, detected=False)  # of which, without a case, nothing is told
    assert WEIGHTS[0] not in told(verdict("a", Action.PASS), seen=(unseen,))


def test_who_decides_is_named() -> None:
    asked = replace(HELD, approver="clerk@city.example")
    lines = told(verdict("a", Action.QUARANTINE, asked), verdict("b", Action.PASS))
    assert "  chain-letter: quarantine, for a@city.example; clerk@city.example decides" in lines
