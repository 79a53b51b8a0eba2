"""The envelope as it came: order, case and parameters are kept."""

from dataclasses import FrozenInstanceError

import pytest

from rules.address import parse_address
from rules.document import from_json, to_json
from rules.transaction import Direction, Envelope, Recipient

ENVELOPE = Envelope(
    reverse_path=None,
    recipients=(
        Recipient(address=parse_address("B@city.example"), notify="SUCCESS,FAILURE", orcpt="rfc822;b@old.example"),
        Recipient(address=parse_address("a@city.example")),
    ),
    body="8BITMIME",
    ret="HDRS",
    envid="QQ314159",
)


def test_an_envelope_survives_its_journey_to_a_worker() -> None:
    assert from_json(to_json(ENVELOPE, Envelope), Envelope) == ENVELOPE


def test_recipients_keep_their_order_and_their_case() -> None:
    assert [str(item.address) for item in ENVELOPE.recipients] == ["B@city.example", "a@city.example"]


def test_an_envelope_is_final() -> None:
    with pytest.raises(FrozenInstanceError):
        ENVELOPE.reverse_path = parse_address("a@city.example")  # type: ignore[misc]


def test_directions_are_named_as_scripts_know_them() -> None:
    assert [direction.value for direction in Direction] == ["inbound", "outbound", "internal"]
