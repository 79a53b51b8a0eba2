"""A conversation with its listener's settings, and a city behind a real socket that says what is to become of mail."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.config import Limits, MilterListener
from gateway.loop import loop_factory
from gateway.milter.commands import Command, read_command
from gateway.milter.conversation import Conversation, Ended, Setting
from gateway.milter.packets import Packet, PacketReader
from gateway.smtp.spool import Spool
from rules.transaction import ListenerKind

LISTENER = MilterListener(name="mta", kind=ListenerKind.EDGE, next_hop="onward", port=0)


def pytest_asyncio_loop_factories(
    config: pytest.Config,
    item: pytest.Item,
) -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    return {"asyncio": asyncio.new_event_loop, "uvloop": loop_factory()}


@pytest.fixture
def setting(tmp_path: Path) -> Setting:
    return Setting(listener=LISTENER, limits=Limits(), domain="city.example", spool=Spool(tmp_path))


@pytest.fixture
def packets() -> Callable[[bytes], list[Packet]]:
    def read(octets: bytes) -> list[Packet]:
        reader = PacketReader()
        reader.feed(octets)
        return list(reader.packets())

    return read


@pytest.fixture
def commands(packets: Callable[[bytes], list[Packet]]) -> Callable[[bytes], list[Command]]:
    return lambda octets: [read_command(packet) for packet in packets(octets)]


@pytest.fixture
def converse(
    setting: Setting, packets: Callable[[bytes], list[Packet]]
) -> Callable[[bytes], tuple[bytes, list[Ended], Conversation]]:
    """What a conversation says to these octets, the messages that ended, and itself."""

    def run(octets: bytes) -> tuple[bytes, list[Ended], Conversation]:
        conversation = Conversation(setting)
        said, ended = b"", []
        for packet in packets(octets):
            outcome = conversation.obey(packet)
            if isinstance(outcome, Ended):
                ended.append(outcome)
            else:
                said += outcome
        return said, ended, conversation

    return run
