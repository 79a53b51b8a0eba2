"""Edits travel as JSON and are octets again on the other side."""

from rules.amendment import Amendment, Edit, Kept
from rules.document import from_json, to_json


def test_every_octet_survives_the_way() -> None:
    octets = bytes(range(256))
    sent = Amendment(edits=(Edit(start=1, end=2, latin1=octets.decode("latin-1")),))
    (edit,) = from_json(to_json(sent, Amendment), Amendment).edits
    assert (edit.start, edit.end, edit.octets) == (1, 2, octets)


def test_a_reason_survives_too() -> None:
    assert from_json(to_json(Amendment(kept=Kept.TNEF), Amendment), Amendment) == Amendment(kept=Kept.TNEF)
