"""Next hops are greeted and judged by what they offer."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller

from gateway.config import MIB, Config, MilterListener
from gateway.doctor.next_hops import check_next_hops
from gateway.doctor.note import Grade
from rules.transaction import ListenerKind
from tests.ports import free_port


class Takes:
    """Nothing of aiosmtpd's is wanted but its answer to EHLO: SIZE, 8BITMIME, SMTPUTF8."""

    async def handle_DATA(self, *_: object) -> str:
        raise AssertionError("the doctor sends no message")


@pytest.fixture
def server() -> Iterator[Callable[[int], int]]:
    running: list[Controller] = []

    def start(size: int) -> int:
        controller = Controller(Takes(), "127.0.0.1", free_port(), data_size_limit=size)
        controller.start()
        running.append(controller)
        return controller.port

    yield start
    for controller in running:
        controller.stop()


@pytest.mark.parametrize(("size", "told"), [(MIB, False), (MIB - 1, True)])
def test_what_a_next_hop_lacks_is_advice(
    size: int, told: bool, server: Callable[[int], int], configured: Callable[..., Config]
) -> None:
    config = configured(f"limits: {{message_octets: {MIB}}}\n", next_hop=f"host: 127.0.0.1, port: {server(size)}")
    notes = list(check_next_hops(config))
    assert notes[0].grade is Grade.GOOD and {note.grade for note in notes[1:]} == {Grade.ADVICE}
    advised = " ".join(note.says for note in notes)
    assert "no DSN" in advised and "no PIPELINING" in advised and "no 8BITMIME" not in advised
    assert ("a message, so the listeners" in advised) is told


def test_a_next_hop_that_is_away_is_unsafe_and_hides_no_other(
    server: Callable[[int], int], configured: Callable[..., Config]
) -> None:
    away = f"host: 127.0.0.1, port: {free_port()}}}, {{name: other, host: 127.0.0.1, port: {server(0)}"
    notes = list(check_next_hops(configured(next_hop=away)))
    assert notes[0].grade is Grade.UNSAFE and "connect" in notes[0].says
    assert notes[1].grade is Grade.GOOD and notes[1].says.startswith("other (")


def test_tls_that_is_required_and_not_offered_is_unsafe(
    server: Callable[[int], int], configured: Callable[..., Config]
) -> None:
    config = configured(next_hop=f"host: 127.0.0.1, port: {server(0)}, tls: required")
    (note,) = check_next_hops(config)
    assert note.grade is Grade.UNSAFE and "STARTTLS is not offered" in note.says


def test_a_folder_is_for_a_first_try(configured: Callable[..., Config], tmp_path: Path) -> None:
    (note,) = check_next_hops(configured())
    assert note.grade is Grade.ADVICE and str(tmp_path / "delivered") in note.says


def test_of_an_mta_that_asks_us_only_its_answer_counts(
    server: Callable[[int], int], configured: Callable[..., Config]
) -> None:
    """Its clients ask it, not us, what it can do."""
    port = server(MIB)
    config = configured(f"limits: {{message_octets: {2 * MIB}}}\n", next_hop=f"host: 127.0.0.1, port: {port}")
    asking = MilterListener(name="mta", kind=ListenerKind.EDGE, next_hop="onward")
    (listener,) = config.listeners
    relaying = replace(config, milters=(asking,), listeners=(replace(listener, next_hop="onward"),))
    assert len(list(check_next_hops(relaying))) > 1
    alone = replace(relaying, listeners=())
    assert [note.grade for note in check_next_hops(alone)] == [Grade.GOOD]
    away = replace(alone, next_hops=(replace(alone.next_hops[0], port=free_port()),))
    (note,) = check_next_hops(away)
    assert note.grade is Grade.UNSAFE and "released" in note.remedy
