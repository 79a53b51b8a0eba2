"""Stored facts under two policies, in several processes and in order."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway import fact_replay
from gateway.fact_replay import replayed
from quarantine.fact_files import FactFiles
from rules.comparison import Comparison
from rules.policy import load_policy
from rules.shipped import find_policy
from rules.stored import Seen, StoredFact, asked_by
from rules.transaction import Direction
from rules.yaml_nodes import DocumentError

BASELINE = find_policy("city-baseline")
OLD = "  - use: fundraising\n    cites: [ATU-C5c]\n    directions: [outbound, internal]\n    action: quarantine\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Ten messages, every second of which asks for money."""
    policy = load_policy(BASELINE)
    probe = next(number for number, item in enumerate(policy.probes) if item.detector == "fundraising")
    files = FactFiles(folder=tmp_path / "facts", limit=10**6)
    for number in range(10):
        seen = (Seen(probe=probe, detected=True, score=0.9),) if number % 2 else ()
        copies = (("bo@elsewhere.example", Direction.OUTBOUND),)
        at = datetime(2026, 3, 2, tzinfo=UTC)
        files.keep(asked_by(policy), StoredFact(id=f"t{number}", at=at, sender="", copies=copies, seen=seen))
    files.close()
    return tmp_path / "facts"


def candidate(folder: Path, old: str, new: str) -> Path:
    text = BASELINE.read_text()
    assert old in text
    (folder / "policy.yaml").write_text(text.replace(old, new))
    return folder / "policy.yaml"


def test_each_change_is_told_once_and_the_sums_add_up(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fact_replay, "BATCH", 3)
    mild = candidate(tmp_path, OLD, OLD.replace("action: quarantine", "action: tag"))
    whole, names = Comparison(), []
    for part in replayed(folder, BASELINE, mild, processes=2):
        whole.merge(part.comparison)
        names += [change.message for change in part.changes]
        assert part.untold == frozenset()
    assert names == ["t1", "t3", "t5", "t7", "t9"]
    assert (whole.messages, whole.copies, whole.changed) == (10, 10, 5)
    (rule,) = whole.rules
    assert (rule.rule, rule.before, rule.after, rule.gained) == ("fundraising", 5, 5, 0)


def test_what_cannot_be_told_is_left_out_on_both_sides(folder: Path, tmp_path: Path) -> None:
    other = candidate(tmp_path, "sponsored: [] ", "sponsored: [The Run] ")
    (part,) = replayed(folder, BASELINE, other, processes=1)
    assert part.untold == {"fundraising"}
    assert (part.comparison.changed, part.comparison.rules) == (0, ())


def test_an_edit_between_two_replays_counts(folder: Path, tmp_path: Path) -> None:
    for action, changed in (("quarantine", 0), ("tag", 5)):
        edited = candidate(tmp_path, OLD, OLD.replace("action: quarantine", f"action: {action}"))
        (part,) = replayed(folder, BASELINE, edited, processes=1)
        assert part.comparison.changed == changed


def test_an_exemption_may_name_a_group_of_the_staff_list(folder: Path, tmp_path: Path) -> None:
    letting = OLD + (
        "    except: [{recipients: [press@city.example], because: the paper, by: Clerk, until: 2099-12-31}]\n"
    )
    other = candidate(tmp_path, OLD, letting)
    for groups, changed in (({}, 0), ({"press@city.example": frozenset({"bo@elsewhere.example"})}, 5)):
        (part,) = replayed(folder, BASELINE, other, groups=groups, processes=1)
        assert part.comparison.changed == changed


def test_a_bad_candidate_is_told_before_anything_is_started(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(DocumentError):
        next(replayed(folder, BASELINE, candidate(tmp_path, "action: quarantine", "action: hold")))
