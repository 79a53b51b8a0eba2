"""Two judgements of the same mail are compared copy by copy and rule by rule."""

from rules.comparison import Comparison, CopyChange, RuleChange
from rules.finding import Action, Finding, strictest
from rules.transaction import Direction
from rules.verdict import Inspected, Judgement, Verdict

A, B = "a@x.example", "b@x.example"


def verdict(recipient: str, *rules: tuple[str, Action], observed: tuple[str, ...] = ()) -> Verdict:
    findings = tuple(Finding(rule=name, cites=(), action=action, observation=0) for name, action in rules)
    seen = tuple(Finding(rule=name, cites=(), action=Action.TAG, observation=0) for name in observed)
    return Verdict(
        recipient=recipient,
        direction=Direction.OUTBOUND,
        action=strictest(*(action for _, action in rules)),
        findings=findings,
        observed=seen,
    )


def judgement(*verdicts: Verdict) -> Judgement:
    return Judgement(
        policy="p",
        policy_hash="",
        observations=(),
        verdicts=verdicts,
        inspected=Inspected.FULLY,
        not_inspected=(),
        subject="",
        preview="",
    )


def test_a_copy_that_meets_another_action_is_told_with_the_rules_that_make_it() -> None:
    found = Comparison()
    changes = found.add(
        "m",
        judgement(verdict(A, ("old", Action.TAG)), verdict(B, ("old", Action.TAG))),
        judgement(verdict(A, ("new", Action.QUARANTINE)), verdict(B, ("old", Action.TAG))),
    )
    assert changes == (
        CopyChange(
            message="m", recipient=A, before=Action.TAG, after=Action.QUARANTINE, gained=("new",), lost=("old",)
        ),
    )
    assert (found.messages, found.copies, found.changed, found.share) == (1, 2, 1, 0.5)
    assert found.turns == {(Action.TAG, Action.QUARANTINE): 1}


def test_the_same_action_for_another_reason_is_told_and_does_not_count_as_changed() -> None:
    found = Comparison()
    hold = Action.QUARANTINE
    (change,) = found.add("m", judgement(verdict(A, ("old", hold))), judgement(verdict(A, ("new", hold))))
    assert (change.gained, change.lost, found.changed) == (("new",), ("old",), 0)


def test_nothing_changed_is_nothing_told() -> None:
    same = judgement(verdict(A, ("old", Action.TAG), ("old", Action.TAG)))
    found = Comparison()
    assert found.add("m", same, same) == ()
    assert found.rules == (
        RuleChange(rule="old", before=1, after=1, gained=0, lost=0, observed_before=0, observed_after=0),
    )


def test_what_only_observes_is_counted_apart() -> None:
    found = Comparison()
    assert found.add("m", judgement(verdict(A)), judgement(verdict(A, observed=("trial",)))) == ()
    (rule,) = found.rules
    assert (rule.observed_before, rule.observed_after, rule.after) == (0, 1, 0)


def test_a_rule_whose_action_is_to_pass_changes_nothing() -> None:
    found = Comparison()
    assert found.add("m", judgement(verdict(A)), judgement(verdict(A, ("note", Action.PASS)))) == ()


def test_without_copies_there_is_no_share() -> None:
    assert Comparison().share == 0.0
