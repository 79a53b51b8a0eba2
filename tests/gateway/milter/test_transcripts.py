"""What real MTAs said (tests/gateway/milter/record.py), replayed: Postfix 3.7.11 and Sendmail 8.17.1."""

import sys
from pathlib import Path

import pytest

from gateway.milter.conversation import Conversation, Ended, Setting
from gateway.milter.packets import PacketReader
from gateway.milter.states import State
from tests.gateway.milter.record import CONTENT, FOLDER


def replay(octets: bytes, step: int, setting: Setting) -> tuple[Conversation, list[Ended]]:
    reader, conversation = PacketReader(), Conversation(setting)
    ended = []
    for start in range(0, len(octets), step):
        reader.feed(octets[start : start + step])
        for packet in reader.packets():
            outcome = conversation.obey(packet)
            if isinstance(outcome, Ended):
                ended.append(outcome)
    return conversation, ended


@pytest.mark.parametrize("path", sorted(FOLDER.iterdir()), ids=lambda path: path.name)
@pytest.mark.parametrize("step", [1, 7, sys.maxsize])
def test_both_messages_are_whole_and_the_broken_one_is_gone(path: Path, step: int, setting: Setting) -> None:
    conversation, ended = replay(path.read_bytes(), step, setting)
    assert [[str(one) for one in item.message.paths] for item in ended] == [
        ["b@city.example"],
        ["b@city.example", "c@city.example"],
    ]
    assert all(bytes(item.message.content.finish()) == CONTENT for item in ended)
    assert [item.client.address for item in ended] == ["127.0.0.1"] * 2
    assert all(item.message.macros["i"] for item in ended)
    assert conversation.state is State.ENDED
