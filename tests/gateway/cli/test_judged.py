"""What scripts read of a judgement, whichever command prints it."""

import json
from dataclasses import replace

from gateway.cli.judged import finding_object, observation_object, unread_objects
from rules.facts import Reason, Unread
from rules.finding import Action, Evidence, Finding, Observation
from rules.verdict import Judgement


def test_a_finding_points_to_its_observation() -> None:
    finding = Finding(rule="chain-letter", cites=("C-1", "C-2"), action=Action.TAG, observation=3)
    told = {"rule": "chain-letter", "cites": ["C-1", "C-2"], "action": "tag", "observation": 3}
    assert finding_object(finding) == told


def test_evidence_is_told_with_all_its_places() -> None:
    evidence = Evidence(part="2", text="ten friends", start=4, end=15, mark=(0, 3), octets=(100, 900), signal="x")
    seen = Observation(detector="chain_letter", detected=True, score=0.9, summary="s", evidence=(evidence,))
    told = json.loads(json.dumps(observation_object(seen)))
    assert told["evidence"] == [
        {
            "part": "2",
            "start": 4,
            "end": 15,
            "text": "ten friends",
            "mark": [0, 3],
            "signal": "x",
            "octets": [100, 900],
        }
    ]
    assert (told["detector"], told["detected"], told["score"], told["summary"]) == ("chain_letter", True, 0.9, "s")


def test_unread_parts_have_their_reasons(judgement: Judgement) -> None:
    unread = replace(judgement, not_inspected=(Unread(part="1", reason=Reason.ENCRYPTED, detail="a.zip"),))
    assert unread_objects(unread) == [{"part": "1", "reason": "protected", "detail": "a.zip"}]
