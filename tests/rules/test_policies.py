"""The policies that ship: every rule works in every direction it speaks of, and messages meet the clauses they breach.

People and addresses are invented.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest

from rules.address import parse_address
from rules.directory import Directory
from rules.envelope import probable_envelope, wire_form
from rules.finding import Action
from rules.inspection import inspect
from rules.message import Message
from rules.policy import Policy, Rule, load_policy
from rules.samples import filled, run_samples, sample_directory, samples_of
from rules.shipped import find_policy, shipped_policies
from rules.transaction import Client, Direction, ListenerKind, Recipient, Transaction
from rules.verdict import Judgement

ATU, LEA, STA = "acceptable-technology-use", "leawood-415", "stamford-technology"
OUTSIDE, INSIDE = "someone@elsewhere.example", "ann.marlow@city.example"
CLERK = "Dora Pennington <dora.pennington@city.example>"
STRANGER = "Pat Quill <pat.quill@elsewhere.example>"
SIGNATURE = "\n--\nDora Pennington\nAccounting Supervisor\nFinance Department\nCity of Harlow\n"


@cache
def policy(name: str) -> Policy:
    return load_policy(find_policy(name))


@pytest.fixture(scope="module")
def directory() -> Directory:
    return sample_directory()


def judged(
    octets: bytes, under: Policy, directory: Directory, *, to: str = "", direction: Direction | None = None
) -> Judgement:
    message = Message(wire_form(octets))
    envelope = probable_envelope(message)
    if to:
        envelope = replace(envelope, recipients=(Recipient(address=parse_address(to)),))
    transaction = Transaction(
        id="t",
        received=datetime(2026, 3, 18, 15, 0, tzinfo=UTC),
        listener="l",
        kind=ListenerKind.EDGE if direction is Direction.INBOUND else ListenerKind.INTERNAL,
        direction=direction,
        client=Client(address="127.0.0.1", name="x"),
        envelope=envelope,
        message=message,
    )
    return inspect(transaction, directory, under)


def written(sender: str, to: str, subject: str, body: str) -> bytes:
    return f"From: {sender}\nTo: {to}\nSubject: {subject}\nMessage-ID: <1@x.example>\n\n{body}\n".encode()


def cited(judgement: Judgement) -> set[str]:
    return {clause for verdict in judgement.verdicts for finding in verdict.findings for clause in finding.cites}


# Every rule of every policy


def uses() -> Iterator[object]:
    for name in shipped_policies():
        for number, rule in enumerate(policy(name).rules):
            for direction in rule.directions:
                yield pytest.param(name, number, direction, id=f"{name}-{number}-{rule.name}-{direction.value}")


@pytest.mark.parametrize("name", shipped_policies())
def test_every_rule_keeps_what_its_samples_promise_with_the_policys_parameters(name: str, directory: Directory) -> None:
    rules = {(rule.name, rule.when, rule.also, rule.unless): rule for rule in policy(name).rules}.values()
    assert [str(fault) for result in run_samples(rules, directory) for fault in result.faults] == []


@pytest.mark.parametrize(("name", "number", "direction"), list(uses()))
def test_every_rule_acts_in_every_direction_it_speaks_of_and_names_its_clauses(
    name: str, number: int, direction: Direction, directory: Directory
) -> None:
    under = policy(name)
    rule = under.rules[number]
    matching = [path for path, promised in samples_of(rule.folder) if promised is not Action.PASS]
    assert any(_finds(under, rule, path, direction, directory) for path in matching)


def _finds(under: Policy, rule: Rule, sample: Path, direction: Direction, directory: Directory) -> bool:
    """Whether the rule's finding stands in a verdict of that direction, sent as the sample is or to one reader."""
    octets = filled(sample.read_bytes(), rule)
    readers = {Direction.INBOUND: INSIDE, Direction.INTERNAL: INSIDE, Direction.OUTBOUND: OUTSIDE}
    for to in ("", readers[direction]):
        judgement = judged(octets, under, directory, to=to, direction=direction)
        for verdict in judgement.verdicts:
            findings = (*verdict.findings, *verdict.observed)
            if verdict.direction is direction and (rule.name, rule.cites) in {(f.rule, f.cites) for f in findings}:
                return True
    return False


# Messages of our own, and the clauses that they breach

THREAT = "Watch your back. You will regret this, I know where you live and I will kill you."
SEXUAL = "Hey sexy, send me nude photos and I will show you my hardcore porn collection tonight."
SALE = "I sell handmade candles on the side, ten dollars each. Order from me today, free shipping, and visit my shop."
VOTE = "Please vote for Harriet Dunmore for mayor in November. Sign up to volunteer for the campaign and tell others."
GIVE = "Please sponsor me in the charity run, every donation helps. You can donate at my page, any amount is welcome."
OPINION = "In my opinion the governor made a terrible mistake, and I believe voters should be ashamed of this senate."
NUMBERS = "His social security number is 219-09-9998."
PATIENT = "The patient Alan Whitcombe was diagnosed with diabetes and is treated with insulin. MRN: 44719230"
RECORD = "NCIC QUERY RESULT\nORI: KS0460500  HIT: warrant, criminal history record, FBI 123456AA7, SID KS00123456"
PASSWORD = "The password for the payroll account is Harlow#2026x, user name dpennington."
CHAIN = "Forward this to ten people within the hour and luck will come to you; break the chain and it will not."
SWEARING = "This is fucking bullshit, get your shit together."
MARKED = "CONFIDENTIAL\n\nThe draft settlement for your eyes."
ERASE = "Please delete all e-mails about the audit before the investigators ask, and leave no paper trail."
LURE = (
    "Dear user, your mailbox is suspended. Verify your account and your password within 24 hours or lose access:\n"
    "http://203.0.113.9/login"
)

BREACHES = (
    (CLERK, OUTSIDE, "desk", THREAT, {ATU: {"ATU-C3"}, LEA: {"LEA-POLICY", "LEA-P3"}, STA: {"STA-4c", "STA-8a"}}),
    (CLERK, INSIDE, "desk", THREAT, {ATU: {"ATU-C3"}, LEA: {"LEA-P4"}, STA: {"STA-8b", "STA-9"}}),
    (CLERK, OUTSIDE, "tonight", SEXUAL, {ATU: {"ATU-C2"}, LEA: {"LEA-P4", "LEA-M3"}, STA: {"STA-9", "STA-8a"}}),
    (STRANGER, INSIDE, "tonight", SEXUAL, {ATU: {"ATU-C2"}, LEA: {"LEA-M3"}}),
    (CLERK, INSIDE, "candles", SALE, {ATU: {"ATU-C4"}, LEA: {"LEA-P2", "LEA-P3"}}),
    (CLERK, INSIDE, "Dunmore for mayor", VOTE, {ATU: {"ATU-C5a", "ATU-C5b"}, LEA: {"LEA-P3"}}),
    (CLERK, INSIDE, "my run", GIVE, {ATU: {"ATU-C5c"}}),
    (CLERK, OUTSIDE, "the senate", OPINION, {STA: {"STA-4a", "STA-10"}}),
    (CLERK, INSIDE, "the senate", OPINION, {STA: {"STA-10"}}),
    (CLERK, OUTSIDE, "ours", "On behalf of the city: " + OPINION, {ATU: {"ATU-C7"}}),
    (CLERK, OUTSIDE, "candles", SALE + SIGNATURE, {LEA: {"LEA-P1"}}),
    (CLERK, OUTSIDE, "file", NUMBERS, {ATU: {"ATU-E"}, LEA: {"LEA-D1"}, STA: {"STA-4b"}}),
    (CLERK, INSIDE, "file", NUMBERS, {LEA: {"LEA-D2"}}),
    (CLERK, OUTSIDE, "claim", PATIENT, {ATU: {"ATU-E"}, LEA: {"LEA-G3"}, STA: {"STA-4b"}}),
    (CLERK, INSIDE, "query", RECORD, {LEA: {"LEA-G4"}}),
    (CLERK, OUTSIDE, "query", RECORD, {STA: {"STA-4b"}}),
    (CLERK, INSIDE, "access", PASSWORD, {ATU: {"ATU-C13"}, LEA: {"LEA-P15"}, STA: {"STA-14"}}),
    (CLERK, INSIDE, "luck", CHAIN, {LEA: {"LEA-M1"}, STA: {"STA-8a", "STA-8c"}}),
    (CLERK, INSIDE, "budget", SWEARING, {ATU: {"ATU-C15"}, LEA: {"LEA-A4"}, STA: {"STA-5"}}),
    (CLERK, OUTSIDE, "case", MARKED, {ATU: {"ATU-C21"}, LEA: {"LEA-G6"}, STA: {"STA-4b"}}),
    (CLERK, "dora.pennington@gmail.com", "case", MARKED, {STA: {"STA-12b"}}),
    (CLERK, "bo@c1ty.example", "case", MARKED, {ATU: {"ATU-C21"}, LEA: {"LEA-G2"}}),
    (CLERK, INSIDE, "audit", ERASE, {ATU: {"ATU-C19"}}),
    (CLERK, "all-staff@city.example", "cake", "There is cake in the lobby.", {ATU: {"ATU-C10"}}),
    ("Vic Nowak <vic.nowak@city.example>", INSIDE, "hello", "I can still write.", {ATU: {"ATU-C18"}}),
    (STRANGER, INSIDE, "Your mailbox", LURE, {ATU: {"ATU-C11"}, LEA: {"LEA-A3"}, STA: {"STA-7"}}),
)  # fmt: skip


@pytest.mark.parametrize(("sender", "to", "subject", "body", "clauses"), BREACHES)
def test_a_breach_meets_its_clauses(
    sender: str, to: str, subject: str, body: str, clauses: dict[str, set[str]], directory: Directory
) -> None:
    declared = Direction.INBOUND if sender is STRANGER else None
    for name, expected in clauses.items():
        found = cited(judged(written(sender, to, subject, body), policy(name), directory, direction=declared))
        assert expected <= found, name


ORDINARY = (
    (CLERK, OUTSIDE, "permit", "Your permit is ready. Please bring the receipt to the front desk."),
    (CLERK, INSIDE, "lunch", "Lunch at noon? My daughter's play is on Friday, so I leave early then."),
    (CLERK, "hr@city.example", "complaint", f'I wish to file a complaint. On Monday he wrote to me: "{THREAT}"'),
    (CLERK, "desk@paper.example", "your question", "The vote on the levy is on Tuesday at seven; see the agenda."),
    (STRANGER, INSIDE, "levy", "As a resident I ask the council to oppose the levy. It is too high."),
    (CLERK, OUTSIDE, "Automatic reply: invoice", "I am out of the office until Monday."),
    (STRANGER, INSIDE, "Undelivered mail", "Your message could not be delivered to one recipient."),
)  # fmt: skip


def test_so_many_clauses_are_enforced_served_and_outside_mail() -> None:
    """As the three documents were read: 98 clauses, 66 of which mail can show a breach of."""
    kinds = Counter(clause.enforce for name in (ATU, LEA, STA) for clause in policy(name).clauses.values())
    assert kinds == {"gateway": 66, "support": 16, "outside": 16}


@pytest.mark.parametrize("name", (ATU, LEA, STA))
@pytest.mark.parametrize(("sender", "to", "subject", "body"), ORDINARY)
def test_what_the_policies_allow_passes(
    name: str, sender: str, to: str, subject: str, body: str, directory: Directory
) -> None:
    declared = Direction.INBOUND if sender is STRANGER else None
    judgement = judged(written(sender, to, subject, body), policy(name), directory, direction=declared)
    assert [verdict.action for verdict in judgement.verdicts] == [Action.PASS]


def test_the_mandated_disclaimer_is_enough(directory: Directory) -> None:
    words = next(rule for rule in policy(STA).rules if rule.unless is not None).unless
    assert words is not None
    body = f"{OPINION}\n\n{words.parameters.disclaimer}"
    assert cited(judged(written(CLERK, OUTSIDE, "x", body), policy(STA), directory)) == set()


def test_a_sponsored_campaign_passes(directory: Directory) -> None:
    rules = tuple(
        replace(
            rule,
            when=replace(rule.when, parameters=replace(rule.when.parameters, sponsored=("United Giving Week",))),
        )
        if rule.name == "fundraising"
        else rule
        for rule in policy(ATU).rules
    )
    probes = tuple(dict.fromkeys(probe for rule in rules for probe in rule.probes))
    sponsoring = replace(policy(ATU), rules=rules, probes=probes)
    mail = written(CLERK, INSIDE, "United Giving Week", GIVE)
    assert cited(judged(mail, policy(ATU), directory)) == {"ATU-C5c"}
    assert cited(judged(mail, sponsoring, directory)) == set()


# Leawood's examples of what is no breach

BIRTH = "Name: Alan Whitcombe\nDate of birth: 04/17/1981\n"
BENEFITS = "City Benefits <benefits@city.example>"


@pytest.mark.parametrize(
    ("clause", "sender", "to", "body"),
    [
        ("LEA-X3", CLERK, "payroll@city.example", NUMBERS),
        ("LEA-X3", CLERK, "rosa.delgado@city.example", NUMBERS),
        ("LEA-X5", BENEFITS, INSIDE, f"Your open enrolment statement. {NUMBERS}"),
        ("LEA-X5", BENEFITS, OUTSIDE, f"Your benefit statement. {NUMBERS}"),
        ("LEA-X6", CLERK, "claims@plan-provider.example", PATIENT),
        ("LEA-X6", CLERK, "records@plan-provider.example", NUMBERS),
    ],
)
def test_what_leawood_calls_no_breach_is_let_off_and_the_same_to_others_is_not(
    clause: str, sender: str, to: str, body: str, directory: Directory
) -> None:
    """Rosa Delgado is in payroll here: a group that an exemption names stands for its members."""
    payroll = {"payroll@city.example": frozenset({"rosa.delgado@city.example"})}
    city = replace(directory, groups={**directory.groups, **payroll})
    under = policy(LEA)
    (verdict,) = judged(written(sender, to, "data", body), under, city).verdicts
    assert verdict.action is Action.PASS
    exemptions = {item.key: item for rule in under.rules for item in rule.exemptions}
    assert clause in {name for let_off in verdict.let_off for name in exemptions[let_off.exemption].cites}
    other = "lena.horvath@city.example" if to.endswith("@city.example") else OUTSIDE
    (held,) = judged(written(CLERK, other, "data", body), under, city).verdicts
    assert held.action is Action.QUARANTINE


@pytest.mark.parametrize(("people", "action"), [(14, Action.PASS), (15, Action.QUARANTINE)])
def test_a_list_of_many_is_no_benefit_statement(people: int, action: Action, directory: Directory) -> None:
    rows = "".join(f"SSN 51{number % 10}-4{number % 10}-9{number + 10}7\n" for number in range(people))
    (verdict,) = judged(written(BENEFITS, OUTSIDE, "statements", rows), policy(LEA), directory).verdicts
    assert verdict.action is action


@pytest.mark.parametrize("to", ["department-heads@city.example", "lena.horvath@city.example"])
@pytest.mark.parametrize(
    ("words", "held"),
    [
        ("Birthdays in April: Alan Whitcombe, April 17; Berta Quist, 04/22.", False),
        ("Alan Whitcombe: born April 17, ten years with the city on 04/01/2026. Anniversary lunch on Friday.", False),
        (BIRTH, True),
        ("Alan Whitcombe, date of birth 04/17/1981", True),
    ],
)
def test_day_and_month_of_birth_may_be_told_and_the_whole_date_not_even_to_heads(
    words: str, held: bool, to: str, directory: Directory
) -> None:
    (verdict,) = judged(written(CLERK, to, "staff", words), policy(LEA), directory).verdicts
    assert (verdict.action is Action.QUARANTINE) is held


def test_a_telephone_list_for_schedules_is_let_off_when_it_goes_to_heads(directory: Directory) -> None:
    people = "\n".join(f"{person.name} {person.address} 555-01{number:02}" for number, person in enumerate(
        list(directory.people.values())[:20]
    ))  # fmt: skip
    (head,) = judged(
        written(CLERK, "department-heads@city.example", "schedule", people), policy(LEA), directory
    ).verdicts
    (other,) = judged(written(CLERK, INSIDE, "schedule", people), policy(LEA), directory).verdicts
    assert [item.rule for item in head.let_off] == ["directory-disclosure"] and head.observed == ()
    assert [item.rule for item in other.observed] == ["directory-disclosure"]
