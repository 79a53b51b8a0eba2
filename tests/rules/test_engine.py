"""How observations become verdicts: each recipient the strictest action, with all the findings that led to it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rules.address import parse_address
from rules.detectors import Detector
from rules.engine import NOT_INSPECTED, add_observation, judge, judge_uninspected
from rules.facts import Facts, Reason, Unread
from rules.finding import Action, Observation
from rules.policy import Policy, Probe, Rule
from rules.policy_file import NOT_INSPECTED_RULE, Exemption, NotInspected, RuleClass, Status
from rules.schedule import Schedule
from rules.transaction import Direction
from rules.verdict import Inspected, Judgement

CLERK, OUTSIDE, INSIDE = "ann.clerk@city.example", "bob@elsewhere.example", "cy@city.example"
PROTECTED = Unread(part="2/a.zip", reason=Reason.ENCRYPTED, detail="password")
OVER_LIMIT = Unread(part="3/b.zip", reason=Reason.LIMIT, detail="too deep")


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """What a scripted detector does: report, report nothing, or break."""

    reports: tuple[Observation, ...] = ()
    breaks: bool = False


def play(_: Facts, script: Script) -> Iterable[Observation]:
    yield from script.reports
    if script.breaks:
        raise RuntimeError("broken on purpose")


@pytest.fixture(autouse=True)
def scripted(monkeypatch: pytest.MonkeyPatch) -> None:
    named = {name: Detector(name=name, parameters=Script, detect=play) for name in ("first", "second", "summed")}
    monkeypatch.setattr("rules.engine.BY_NAME", named)


def seen(detector: str = "first", *, detected: bool = True, recipients: tuple[str, ...] | None = None) -> Observation:
    return Observation(detector=detector, detected=detected, score=1.0, summary="seen", recipients=recipients)


def probe(*reports: Observation, detector: str = "first", breaks: bool = False) -> Probe:
    return Probe(detector=detector, parameters=Script(reports=reports, breaks=breaks))


def rule(name: str, when: Probe, action: Action = Action.QUARANTINE, **changes: Any) -> Rule:
    made = Rule(
        name=name,
        title=name,
        kind=RuleClass.SECURITY,
        when=when,
        unless=None,
        cites=("A-1",),
        action=action,
        directions=tuple(Direction),
        status=Status.ENFORCE,
        exemptions=(),
        folder=Path(),
    )
    return replace(made, **changes)


def policy(*rules: Rule, idle: tuple[Probe, ...] = (), not_inspected: NotInspected | None = None) -> Policy:
    used = [item for made in rules for item in made.probes]
    return Policy(
        name="test",
        title="Test",
        hash="0",
        zone=ZoneInfo("America/Chicago"),
        clauses={},
        rules=rules,
        probes=tuple(dict.fromkeys((*used, *idle))),
        not_inspected=not_inspected or NotInspected(cites=("A-9",)),
        path=Path(),
    )


@pytest.fixture
def facts(facts_of: Callable[..., Facts]) -> Facts:
    return facts_of("Hello", sender=CLERK, to=(OUTSIDE, INSIDE))


def actions(judgement: Judgement) -> dict[str, Action]:
    return {verdict.recipient: verdict.action for verdict in judgement.verdicts}


def rules_of(judgement: Judgement, recipient: str) -> list[str]:
    verdict = next(item for item in judgement.verdicts if item.recipient == recipient)
    return [finding.rule for finding in verdict.findings]


def test_nothing_seen_is_passed(facts: Facts) -> None:
    judgement = judge(facts, policy(rule("r", probe())))
    assert actions(judgement) == {OUTSIDE: Action.PASS, INSIDE: Action.PASS}
    assert (judgement.inspected, judgement.observations, judgement.not_inspected) == (Inspected.FULLY, (), ())


def test_a_detector_that_looked_and_did_not_find_makes_no_finding_but_is_recorded(facts: Facts) -> None:
    judgement = judge(facts, policy(rule("r", probe(seen(detected=False)))))
    assert len(judgement.observations) == 1
    assert rules_of(judgement, OUTSIDE) == []


def test_the_strictest_action_wins_and_every_finding_stays(facts: Facts) -> None:
    rules = (
        rule("note", probe(seen()), Action.PASS),
        rule("mark", probe(seen()), Action.TAG),
        rule("hold", probe(seen("second"), detector="second"), Action.QUARANTINE),
    )
    judgement = judge(facts, policy(*rules))
    assert actions(judgement) == {OUTSIDE: Action.QUARANTINE, INSIDE: Action.QUARANTINE}
    assert rules_of(judgement, OUTSIDE) == ["note", "mark", "hold"]


def test_a_finding_names_who_has_to_approve(facts: Facts) -> None:
    judgement = judge(
        facts, policy(rule("a", probe(seen()), approver="manager@city.example"), rule("b", probe(seen())))
    )
    assert {(f.rule, f.approver) for verdict in judgement.verdicts for f in verdict.findings} == {
        ("a", "manager@city.example"),
        ("b", ""),
    }


def test_a_detector_that_no_rule_asks_of_these_copies_is_not_run(facts_of: Callable[..., Facts]) -> None:
    inbound = facts_of("Hello", sender=OUTSIDE, to=(INSIDE,))
    inward = rule("in", probe(seen("second", detected=False), detector="second"), directions=(Direction.INBOUND,))
    outward = rule("out", probe(seen()), directions=(Direction.OUTBOUND,))
    either = policy(inward, outward)
    assert [item.detector for item in judge(inbound, either).observations] == ["second"]
    assert [item.detector for item in judge(inbound, either, every_detector=True).observations] == ["second", "first"]


@pytest.mark.parametrize("status", Status)
def test_where_a_rule_has_something_to_say_every_detector_is_run(
    facts_of: Callable[..., Facts], status: Status
) -> None:
    inbound = facts_of("Hello", sender=OUTSIDE, to=(INSIDE,))
    outward = rule("out", probe(seen()), directions=(Direction.OUTBOUND,))
    inward = rule("in", probe(seen("second"), detector="second"), directions=(Direction.INBOUND,), status=status)
    judgement = judge(inbound, policy(outward, inward))
    assert [item.detector for item in judgement.observations] == ["first", "second"]
    assert [found.observation for found in (*judgement.verdicts[0].findings, *judgement.verdicts[0].observed)] == [1]


def test_what_could_not_be_read_is_looked_at_by_every_detector(facts_of: Callable[..., Facts]) -> None:
    inbound = replace(facts_of("Hello", sender=OUTSIDE, to=(INSIDE,)), unread=(OVER_LIMIT,))
    outward = rule("out", probe(seen()), directions=(Direction.OUTBOUND,))
    assert [item.detector for item in judge(inbound, policy(outward)).observations] == ["first", NOT_INSPECTED]


def test_a_rule_speaks_only_of_its_directions(facts: Facts) -> None:
    outbound = rule("out", probe(seen()), directions=(Direction.OUTBOUND,))
    assert actions(judge(facts, policy(outbound))) == {OUTSIDE: Action.QUARANTINE, INSIDE: Action.PASS}


def test_an_observation_may_concern_some_recipients_only(facts: Facts) -> None:
    judgement = judge(facts, policy(rule("r", probe(seen(recipients=(INSIDE,))))))
    assert actions(judgement) == {OUTSIDE: Action.PASS, INSIDE: Action.QUARANTINE}


def test_recipients_are_compared_without_case(facts_of: Callable[..., Facts]) -> None:
    judgement = judge(facts_of("x", to=("Cy@City.example",)), policy(rule("r", probe(seen(recipients=(INSIDE,))))))
    assert actions(judgement) == {"Cy@city.example": Action.QUARANTINE}


def test_verdicts_stand_in_the_order_of_the_envelope(facts: Facts) -> None:
    assert [verdict.recipient for verdict in judge(facts, policy()).verdicts] == [OUTSIDE, INSIDE]


def test_unless_silences_a_rule(facts: Facts) -> None:
    disclaimer = probe(seen("second"), detector="second")
    assert rules_of(judge(facts, policy(rule("r", probe(seen()), unless=disclaimer))), OUTSIDE) == []
    without = probe(seen("second", detected=False), detector="second")
    assert rules_of(judge(facts, policy(rule("r", probe(seen()), unless=without))), OUTSIDE) == ["r"]


def test_a_rule_that_observes_is_recorded_and_never_acts(facts: Facts) -> None:
    judgement = judge(facts, policy(rule("trial", probe(seen()), status=Status.OBSERVE)))
    assert actions(judgement) == {OUTSIDE: Action.PASS, INSIDE: Action.PASS}
    assert [finding.rule for finding in judgement.verdicts[0].observed] == ["trial"]
    assert rules_of(judgement, OUTSIDE) == []


def test_equal_probes_run_once_and_detectors_without_a_rule_run_too(facts: Facts) -> None:
    idle = probe(seen("second"), detector="second")
    judgement = judge(facts, policy(rule("a", probe(seen())), rule("b", probe(seen())), idle=(idle,)))
    assert [observation.detector for observation in judgement.observations] == ["first", "second"]
    assert {finding.observation for finding in judgement.verdicts[0].findings} == {0}


# What could not be determined


def test_a_security_rule_that_fails_holds_the_message(facts: Facts) -> None:
    judgement = judge(facts, policy(rule("r", probe(breaks=True))))
    assert actions(judgement) == {OUTSIDE: Action.QUARANTINE, INSIDE: Action.QUARANTINE}
    finding = judgement.verdicts[0].findings[0]
    assert (finding.rule, finding.cites) == (NOT_INSPECTED_RULE, ("A-9",))
    assert judgement.observations[finding.observation].detector == NOT_INSPECTED
    assert judgement.inspected is Inspected.PARTLY
    assert judgement.not_inspected[0].detail == "rule r could not be evaluated"


def test_what_a_detector_said_before_it_broke_is_no_observation(facts: Facts) -> None:
    judgement = judge(facts, policy(rule("r", probe(seen(), breaks=True))))
    assert [observation.detector for observation in judgement.observations] == [NOT_INSPECTED]


def test_a_conduct_rule_that_fails_is_delivered_with_a_mark(facts: Facts) -> None:
    judgement = judge(facts, policy(rule("r", probe(breaks=True), kind=RuleClass.CONDUCT)))
    assert actions(judgement) == {OUTSIDE: Action.TAG, INSIDE: Action.TAG}
    assert rules_of(judgement, OUTSIDE) == [NOT_INSPECTED_RULE]
    assert judgement.inspected is Inspected.PARTLY


def test_a_rule_that_fails_concerns_the_copies_it_speaks_of(facts: Facts) -> None:
    outbound = rule("r", probe(breaks=True), directions=(Direction.OUTBOUND,))
    assert actions(judge(facts, policy(outbound))) == {OUTSIDE: Action.QUARANTINE, INSIDE: Action.PASS}


def test_an_observing_rule_that_fails_does_not_act(facts: Facts) -> None:
    judgement = judge(facts, policy(rule("r", probe(breaks=True), status=Status.OBSERVE)))
    assert actions(judgement) == {OUTSIDE: Action.PASS, INSIDE: Action.PASS}
    assert judgement.inspected is Inspected.PARTLY


def test_a_detector_that_no_rule_uses_may_fail_without_consequence(facts: Facts) -> None:
    judgement = judge(facts, policy(idle=(probe(breaks=True),)))
    assert actions(judgement) == {OUTSIDE: Action.PASS, INSIDE: Action.PASS}
    assert judgement.inspected is Inspected.FULLY


def test_a_failed_unless_matters_only_where_the_rule_would_fire(facts: Facts) -> None:
    broken = probe(detector="second", breaks=True)
    silent = judge(facts, policy(rule("r", probe(), unless=broken)))
    assert (actions(silent)[OUTSIDE], silent.inspected) == (Action.PASS, Inspected.FULLY)
    fires = judge(facts, policy(rule("r", probe(seen()), Action.TAG, unless=broken)))
    assert rules_of(fires, OUTSIDE) == ["r", NOT_INSPECTED_RULE]
    assert actions(fires)[OUTSIDE] is Action.QUARANTINE


def test_a_rule_that_its_unless_silences_may_fail_unnoticed(facts: Facts) -> None:
    judgement = judge(facts, policy(rule("r", probe(breaks=True), unless=probe(seen("second"), detector="second"))))
    assert judgement.inspected is Inspected.FULLY


def test_a_part_that_was_not_read_holds_the_message_for_everybody(facts: Facts) -> None:
    judgement = judge(replace(facts, unread=(OVER_LIMIT,)), policy(rule("r", probe(seen()), Action.TAG)))
    assert actions(judgement) == {OUTSIDE: Action.QUARANTINE, INSIDE: Action.QUARANTINE}
    assert rules_of(judgement, OUTSIDE) == [NOT_INSPECTED_RULE, "r"]
    assert judgement.not_inspected == (OVER_LIMIT,)


def test_not_inspected_is_found_once_however_much_was_not(facts: Facts) -> None:
    judgement = judge(replace(facts, unread=(OVER_LIMIT, PROTECTED)), policy(rule("r", probe(breaks=True))))
    assert rules_of(judgement, OUTSIDE) == [NOT_INSPECTED_RULE]
    assert len(judgement.not_inspected) == 3


def test_protected_parts_of_an_approved_partner_pass_and_nothing_else_of_his(facts: Facts) -> None:
    partner = Exemption(because="court", by="clerk", until=date(2030, 1, 1), recipients=("@elsewhere.example",))
    approved = policy(not_inspected=NotInspected(cites=("A-9",), exceptions=(partner,)))
    protected = judge(replace(facts, unread=(PROTECTED,)), approved)
    assert actions(protected) == {OUTSIDE: Action.PASS, INSIDE: Action.QUARANTINE}
    assert protected.inspected is Inspected.PARTLY
    both = judge(replace(facts, unread=(PROTECTED, OVER_LIMIT)), approved)
    assert actions(both)[OUTSIDE] is Action.QUARANTINE


def test_a_message_that_could_not_be_read_at_all_is_held() -> None:
    recipients = [(parse_address(OUTSIDE), Direction.OUTBOUND), (parse_address(INSIDE), Direction.INTERNAL)]
    judgement = judge_uninspected(policy(), recipients, "the reader ended")
    assert actions(judgement) == {OUTSIDE: Action.QUARANTINE, INSIDE: Action.QUARANTINE}
    assert judgement.inspected is Inspected.NOT
    assert judgement.not_inspected[0].detail == "the reader ended"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(data=st.data())
def test_undetermined_is_never_pass(facts: Facts, data: st.DataObject) -> None:
    """Whatever else the rules say: a copy that an enforced rule concerns is not just passed when that rule failed."""
    rules = tuple(
        rule(
            f"r{index}",
            data.draw(st.sampled_from([probe(), probe(seen()), probe(seen(detected=False)), probe(breaks=True)])),
            data.draw(st.sampled_from(Action)),
            kind=data.draw(st.sampled_from(RuleClass)),
            status=data.draw(st.sampled_from(Status)),
            directions=tuple(data.draw(st.sets(st.sampled_from(Direction), min_size=1))),
        )
        for index in range(data.draw(st.integers(0, 4)))
    )
    unread = data.draw(st.sampled_from([(), (PROTECTED,), (OVER_LIMIT,)]))
    judgement = judge(replace(facts, unread=unread), policy(*rules))
    for verdict in judgement.verdicts:
        failed = [
            item
            for item in rules
            if item.when.parameters.breaks and item.status is Status.ENFORCE and verdict.direction in item.directions
        ]
        if unread or any(item.kind is RuleClass.SECURITY for item in failed):
            assert verdict.action is Action.QUARANTINE
        elif failed:
            assert verdict.action is not Action.PASS
        assert verdict.action.rank == max((finding.action.rank for finding in verdict.findings), default=0)
        assert all(finding.observation < len(judgement.observations) for finding in verdict.findings)


# Exemptions


def exempt(**changes: Any) -> Exemption:
    return Exemption(**{"because": "b", "by": "c", "until": date(2026, 3, 2), **changes})


def test_an_exempt_copy_is_let_off_and_the_others_are_not(facts: Facts) -> None:
    press = exempt(recipients=("@elsewhere.example",))
    judgement = judge(facts, policy(rule("r", probe(seen()), exemptions=(press,))))
    assert actions(judgement) == {OUTSIDE: Action.PASS, INSIDE: Action.QUARANTINE}


def test_an_exemption_that_is_over_lets_nobody_off(facts: Facts) -> None:
    over = exempt(until=date(2026, 3, 1))
    assert actions(judge(facts, policy(rule("r", probe(seen()), exemptions=(over,)))))[OUTSIDE] is Action.QUARANTINE


def test_the_message_counts_by_the_time_it_was_received(facts: Facts) -> None:
    late = replace(facts, received=datetime(2026, 3, 3, 6, 0, tzinfo=UTC))  # midnight in Chicago
    judging = policy(rule("r", probe(seen()), exemptions=(exempt(),)))
    assert actions(judge(facts, judging))[OUTSIDE] is Action.PASS
    assert actions(judge(late, judging))[OUTSIDE] is Action.QUARANTINE


def test_who_was_let_off_is_recorded_with_the_exemption(facts: Facts) -> None:
    press = exempt(recipients=("@elsewhere.example",))
    outside, inside = judge(facts, policy(rule("r", probe(seen()), exemptions=(press,)))).verdicts
    assert [(item.rule, item.exemption) for item in outside.let_off] == [("r", press.key)]
    assert inside.let_off == ()


def test_an_exemption_that_nothing_needed_is_not_recorded(facts: Facts) -> None:
    judgement = judge(facts, policy(rule("r", probe(), exemptions=(exempt(),))))
    assert [verdict.let_off for verdict in judgement.verdicts] == [(), ()]


# Schedules, and rules that ask a second detector


def test_a_rule_speaks_only_while_it_is_active(facts: Facts) -> None:
    morning = Schedule(begins=time(6), ends=time(12))
    local = facts.received.astimezone(ZoneInfo("America/Chicago"))
    judging = policy(rule("r", probe(seen()), active=morning))
    early = judge(replace(facts, received=local.replace(hour=11, minute=59)), judging)
    noon = judge(replace(facts, received=local.replace(hour=12, minute=0)), judging)
    assert (actions(early)[OUTSIDE], actions(noon)[OUTSIDE]) == (Action.QUARANTINE, Action.PASS)


def test_also_asks_for_a_second_observation(facts: Facts) -> None:
    silent, speaking = probe(detector="second"), probe(seen("second"), detector="second")
    assert rules_of(judge(facts, policy(rule("r", probe(seen()), also=(silent,)))), OUTSIDE) == []
    assert rules_of(judge(facts, policy(rule("r", probe(), also=(speaking,)))), OUTSIDE) == []
    both = judge(facts, policy(rule("r", probe(seen()), also=(silent, speaking))))
    assert rules_of(both, OUTSIDE) == ["r", "r"]
    assert {both.observations[finding.observation].detector for finding in both.verdicts[0].findings} == {
        "first",
        "second",
    }


def test_both_have_to_speak_of_the_same_copy(facts: Facts) -> None:
    home, everyone = probe(seen(recipients=(INSIDE,))), probe(seen("second"), detector="second")
    assert actions(judge(facts, policy(rule("r", home, also=(everyone,))))) == {
        OUTSIDE: Action.PASS,
        INSIDE: Action.QUARANTINE,
    }
    other = probe(seen("second", recipients=(OUTSIDE,)), detector="second")
    assert actions(judge(facts, policy(rule("r", home, also=(other,)))))[INSIDE] is Action.PASS


@pytest.mark.parametrize(
    ("when", "also", "held"),
    [
        (seen(), None, True),
        (None, seen("second"), True),
        (seen(detected=False), None, False),
        (None, seen("second", detected=False), False),
    ],
)
def test_a_second_detector_that_fails_holds_what_it_could_have_decided(
    facts: Facts, when: Observation | None, also: Observation | None, held: bool
) -> None:
    first = probe(when) if when else probe(breaks=True)
    second = probe(also, detector="second") if also else probe(detector="second", breaks=True)
    judgement = judge(facts, policy(rule("r", first, also=(second,))))
    assert (actions(judgement)[OUTSIDE] is Action.QUARANTINE) == held


def test_each_observation_tells_which_probe_made_it(facts: Facts) -> None:
    judgement = judge(facts, policy(rule("a", probe()), rule("b", probe(seen("second"), detector="second"))))
    assert [observation.probe for observation in judgement.observations] == [1]


# What is summed over messages


def add(judgement: Judgement, judging: Policy, observation: Observation) -> Judgement:
    asked = probe(detector=observation.detector)
    now = datetime(2026, 3, 2, tzinfo=UTC)
    return add_observation(judgement, judging, asked, observation, parse_address(CLERK), now)


def test_a_sum_tightens_the_verdicts_and_keeps_what_was_found(facts: Facts) -> None:
    judging = policy(rule("mark", probe(seen()), Action.TAG), rule("sum", probe(detector="summed")))
    before = judge(facts, judging)
    after = add(before, judging, seen("summed"))
    assert actions(before)[OUTSIDE] is Action.TAG
    assert actions(after)[OUTSIDE] is Action.QUARANTINE
    assert rules_of(after, OUTSIDE) == ["mark", "sum"]
    assert after.observations[after.verdicts[0].findings[1].observation].detector == "summed"


def test_a_sum_speaks_only_to_the_rules_that_asked_with_its_parameters(facts: Facts) -> None:
    """A quarter of the staff may be tagged and half of it held: what the first asked is not for the second."""
    half = probe(seen("summed", detected=False), detector="summed")
    judging = policy(rule("quarter", probe(detector="summed"), Action.TAG), rule("half", half))
    after = add(judge(facts, judging), judging, seen("summed"))
    assert rules_of(after, OUTSIDE) == ["quarter"]
    assert actions(after)[OUTSIDE] is Action.TAG


def test_a_sum_never_loosens(facts: Facts) -> None:
    judging = policy(rule("hold", probe(seen())), rule("sum", probe(detector="summed"), Action.TAG))
    after = add(judge(facts, judging), judging, seen("summed"))
    assert actions(after)[OUTSIDE] is Action.QUARANTINE


def test_a_sum_that_is_not_detected_is_only_recorded(facts: Facts) -> None:
    judging = policy(rule("sum", probe(detector="summed")))
    after = add(judge(facts, judging), judging, seen("summed", detected=False))
    assert actions(after)[OUTSIDE] is Action.PASS
    assert len(after.observations) == 1


def test_a_sum_keeps_what_was_not_inspected(facts: Facts) -> None:
    judging = policy(rule("sum", probe(detector="summed"), Action.TAG))
    after = add(judge(replace(facts, unread=(OVER_LIMIT,)), judging), judging, seen("summed"))
    assert rules_of(after, OUTSIDE) == [NOT_INSPECTED_RULE, "sum"]
    assert actions(after)[OUTSIDE] is Action.QUARANTINE
