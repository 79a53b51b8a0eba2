"""A judgement for scripts: every part of it, and who was let off by whom."""

import json
from dataclasses import replace
from datetime import date

from gateway.cli.judged import judgement_object
from rules.facts import Reason, Unread
from rules.finding import Action, Evidence, Finding, Observation
from rules.policy_file import Exemption
from rules.transaction import Direction
from rules.verdict import Inspected, Judgement, LetOff, Verdict

EXEMPTION = Exemption(because="speaks to all", by="director", until=date(2027, 6, 30))
FINDING = Finding(rule="chain-letter", cites=("C-1",), action=Action.QUARANTINE, observation=0)
LET_OFF = LetOff(rule="bulk-mail", exemption=EXEMPTION.key, observation=0)
JUDGEMENT = Judgement(
    policy="city",
    policy_hash="f" * 64,
    observations=(
        Observation(
            detector="chain_letter",
            detected=True,
            score=0.9,
            summary="asks to be passed on",
            evidence=(Evidence(part="1", text="ten friends", start=0, end=11, mark=(0, 3), signal="luck +1.0"),),
        ),
    ),
    verdicts=(
        Verdict(
            recipient="ann@city.example",
            direction=Direction.INBOUND,
            action=Action.QUARANTINE,
            findings=(FINDING,),
            let_off=(LET_OFF,),
        ),
    ),
    inspected=Inspected.PARTLY,
    not_inspected=(Unread(part="2", reason=Reason.ENCRYPTED, detail="a password"),),
    subject="Luck",
    preview="",
)


def test_a_judgement_is_told_whole() -> None:
    told = judgement_object(JUDGEMENT, {EXEMPTION.key: EXEMPTION})
    assert json.loads(json.dumps(told, default=str)) == {
        "observations": [
            {
                "detector": "chain_letter",
                "detected": True,
                "score": 0.9,
                "summary": "asks to be passed on",
                "evidence": [
                    {
                        "part": "1",
                        "start": 0,
                        "end": 11,
                        "text": "ten friends",
                        "mark": [0, 3],
                        "signal": "luck +1.0",
                        "octets": None,
                    }
                ],
            }
        ],
        "verdicts": [
            {
                "recipient": "ann@city.example",
                "direction": "inbound",
                "action": "quarantine",
                "findings": [{"rule": "chain-letter", "cites": ["C-1"], "action": "quarantine", "observation": 0}],
                "observed": [],
                "let_off": [
                    {
                        "rule": "bulk-mail",
                        "observation": 0,
                        "because": "speaks to all",
                        "by": "director",
                        "until": "2027-06-30",
                    }
                ],
            }
        ],
        "inspected": "partly",
        "not_inspected": [{"part": "2", "reason": "protected", "detail": "a password"}],
    }


def test_an_exemption_of_another_policy_is_not_made_up() -> None:
    (verdict,) = judgement_object(JUDGEMENT, {})["verdicts"]  # type: ignore[misc]
    assert verdict["let_off"] == [{"rule": "bulk-mail", "observation": 0}]


def test_what_was_seen_alike_with_other_parameters_is_told_once() -> None:
    (letter,) = JUDGEMENT.observations
    other = replace(letter, detector="bulk_mail")
    seen = (replace(letter, probe=0), replace(letter, probe=1), replace(other, probe=2))
    (verdict,) = JUDGEMENT.verdicts
    findings = tuple(replace(FINDING, observation=index) for index in range(3))
    told = judgement_object(
        replace(JUDGEMENT, observations=seen, verdicts=(replace(verdict, findings=findings, let_off=()),)), {}
    )
    assert [item["detector"] for item in told["observations"]] == ["chain_letter", "bulk_mail"]
    assert [item["observation"] for item in told["verdicts"][0]["findings"]] == [0, 0, 1]
