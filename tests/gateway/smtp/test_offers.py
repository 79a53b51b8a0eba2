"""EHLO promises what a next hop keeps, and no more (RFC 1870, 3461, 6152, 6531)."""

from dataclasses import replace

import pytest

from gateway.config import Limits
from gateway.egress import Abilities
from tests.gateway.smtp.talk import FROM, HELLO, TO, Talk

LIMIT = 100_000  # octets of a message, by our own configuration


@pytest.fixture
def talk(city, reception, tmp_path):
    def begin(**abilities) -> Talk:
        limits = Limits(message_octets=LIMIT)
        return Talk(replace(reception(city, tmp_path, limits=limits), abilities=lambda: Abilities(**abilities)))

    return begin


async def offered(dialogue: Talk) -> set[str]:
    return {line[4:] for line in (await dialogue.ask(HELLO)).split("\n")[1:]}


ALWAYS = {"PIPELINING", "ENHANCEDSTATUSCODES"}


async def test_what_is_not_known_of_a_next_hop_is_offered(talk):
    assert await offered(talk()) == ALWAYS | {"8BITMIME", "DSN", "SMTPUTF8", f"SIZE {LIMIT}"}


@pytest.mark.parametrize("word, ability", [("8BITMIME", "eight_bit"), ("DSN", "dsn"), ("SMTPUTF8", "smtputf8")])
async def test_what_a_next_hop_lacks_is_not(talk, word, ability):
    assert await offered(talk()) - await offered(talk(**{ability: False})) == {word}


@pytest.mark.parametrize("hop, told", [(LIMIT - 1, LIMIT - 1), (LIMIT, LIMIT), (LIMIT + 1, LIMIT)])
async def test_the_lower_limit_of_size_is_told_and_kept(talk, hop, told):
    dialogue = talk(octets=hop)
    assert f"SIZE {told}" in await offered(dialogue)
    assert (await dialogue.ask(f"{FROM} SIZE={told + 1}")).startswith("552 5.3.4")
    assert (await dialogue.ask(f"{FROM} SIZE={told}")).startswith("250")


async def test_the_size_that_mail_said_goes_on(talk, city):
    await talk().ask(HELLO, f"{FROM} SIZE=4711", TO)
    assert city.envelopes[0].size == 4_711
