"""The courier: held mail with its own envelope and octets, our reports as they are, and failures as replies."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from gateway.config import load_config
from gateway.courier import SmtpCourier
from quarantine.item import Cause, HeldMessage
from quarantine.quarantine import open_store
from rules.address import parse_address
from rules.transaction import Recipient, Transaction
from rules.verdict import Judgement
from tests.postfix import Postfix

IT = Recipient(address=parse_address("it@city.example"))
OURSELVES = parse_address("mailward@city.example")


def held(folder: Path, transaction: Transaction, judgement: Judgement) -> HeldMessage:
    quarantine = open_store(folder / "state").quarantine
    recipients = transaction.envelope.recipients
    return quarantine.hold(transaction, judgement, recipients, cause=Cause.POLICY, next_hop="onward")


def test_a_released_message_arrives_with_its_envelope_behind_our_fields(
    config_file: Callable[..., Path], tmp_path: Path, transaction: Transaction, judgement: Judgement, postfix: Postfix
) -> None:
    courier = SmtpCourier(load_config(config_file(next_hop=f"host: 127.0.0.1, port: {postfix.port}")))
    item = held(tmp_path, transaction, judgement)
    octets = bytes(transaction.message.octets)
    (attempt,) = courier.send(item, transaction.envelope.recipients, octets)
    assert attempt.accepted and attempt.text.startswith("250 ")
    postfix.wait_for(1, 20)
    (arrival,) = postfix.arrivals()
    assert (arrival.reverse_path, arrival.recipient) == ("a@elsewhere.example", "b@city.example")
    assert arrival.octets.endswith(octets) and b"Mailward-Verdict: released;" in arrival.octets


def test_each_recipient_has_its_own_answer(
    config_file: Callable[..., Path], tmp_path: Path, transaction: Transaction, judgement: Judgement, postfix: Postfix
) -> None:
    courier = SmtpCourier(load_config(config_file(next_hop=f"host: 127.0.0.1, port: {postfix.port}")))
    recipients = [Recipient(address=parse_address(f"{name}@city.example")) for name in ("ann", "nobody", "busy")]
    attempts = courier.send(held(tmp_path, transaction, judgement), recipients, b"Subject: s\r\n\r\n")
    assert [attempt.code for attempt in attempts] == [250, 550, 450]


def test_our_own_report_is_sent_as_it_is_from_its_own_address_f09(
    config_file: Callable[..., Path], postfix: Postfix
) -> None:
    courier = SmtpCourier(load_config(config_file(next_hop=f"host: 127.0.0.1, port: {postfix.port}")))
    (attempt,) = courier.submit("onward", OURSELVES, [IT], b"Subject: report\r\n\r\n.\r\n")
    assert attempt.accepted
    postfix.wait_for(1, 20)
    (arrival,) = postfix.arrivals()
    assert (arrival.reverse_path, arrival.octets) == (str(OURSELVES), b"Subject: report\r\n\r\n.\r\n")


def test_a_next_hop_that_is_away_or_gone_is_temporary(config_file: Callable[..., Path]) -> None:
    config = load_config(config_file(next_hop="host: 127.0.0.1, port: 1"))
    (away,) = SmtpCourier(config).submit("onward", OURSELVES, [IT], b"\r\n")
    (gone,) = SmtpCourier(replace(config, next_hops=())).submit("onward", OURSELVES, [IT], b"\r\n")
    assert (away.code, gone.code) == (451, 451)
