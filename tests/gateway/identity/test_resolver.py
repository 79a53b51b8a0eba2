"""The resolver against a hostile name server on loopback: F07, and what is kept how long."""

import asyncio
import struct
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest

from gateway.identity import resolver as module
from gateway.identity.resolver import Answer, Lookups, Outcome, RecordType, Resolver, system_servers
from tests.ports import free_port

QUICK = 0.2  # seconds for one server's answer, so that silence costs a test little

Reply = Callable[[dns.message.QueryMessage], "bytes | tuple[bytes, ...] | None"]


@dataclass
class Hostile(asyncio.DatagramProtocol):
    """A name server, UDP and TCP on one port, that answers each name by its first label."""

    port: int
    udp: dict[str, Reply] = field(default_factory=dict)
    tcp: dict[str, Reply] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        for octets in self._replies(self.udp, data):
            self.transport.sendto(octets, addr)  # type: ignore[attr-defined]

    async def stream(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        (size,) = struct.unpack("!H", await reader.readexactly(2))
        for octets in self._replies(self.tcp, await reader.readexactly(size)):
            writer.write(struct.pack("!H", len(octets)) + octets)
        await writer.drain()
        writer.close()

    def _replies(self, table: dict[str, Reply], data: bytes) -> tuple[bytes, ...]:
        query = dns.message.from_wire(data)
        assert isinstance(query, dns.message.QueryMessage)
        name = query.question[0].name.to_text()
        self.asked.append(name)
        reply = table[name.partition(".")[0]](query)
        return reply if isinstance(reply, tuple) else (reply,) if reply is not None else ()


@pytest.fixture
async def server() -> AsyncIterator[Hostile]:
    hostile = Hostile(port=free_port())
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: hostile, local_addr=("127.0.0.1", hostile.port))
    tcp = await asyncio.start_server(hostile.stream, "127.0.0.1", hostile.port)
    yield hostile
    transport.close()
    tcp.close()


def said(
    query: dns.message.QueryMessage, *records: str, code: int = 0, flags: int = dns.flags.RA
) -> dns.message.Message:
    response = dns.message.make_response(query)
    response.flags |= flags
    response.set_rcode(dns.rcode.Rcode(code))
    response.answer += [dns.rrset.from_text(*record.split(" ", 4)) for record in records]
    return response


def wire(*records: str, code: int = 0, flags: int = dns.flags.RA) -> Reply:
    return lambda query: said(query, *records, code=code, flags=flags).to_wire(max_size=65_535)


async def ask(server: Hostile, name: str, kind: RecordType = RecordType.TXT) -> Answer:
    resolver = Resolver([("127.0.0.1", server.port)], QUICK)
    try:
        return await resolver.ask(name, kind)
    finally:
        await resolver.close()


async def test_a_text_of_several_strings_is_one(server: Hostile) -> None:
    server.udp["a"] = wire('a.test. 60 IN TXT "v=spf1 " "-all"')
    answer = await ask(server, "a.test")
    assert (answer.outcome, answer.records, answer.seconds) == (Outcome.FOUND, ("v=spf1 -all",), 60)


async def test_mail_hosts_come_in_their_order(server: Hostile) -> None:
    server.udp["a"] = lambda query: _mx(query)
    assert (await ask(server, "a.test", RecordType.MX)).records == ("first.test", "second.test")


def _mx(query: dns.message.QueryMessage) -> bytes:
    response = dns.message.make_response(query)
    response.answer.append(dns.rrset.from_text("a.test.", 60, "IN", "MX", "20 second.test.", "10 first.test."))
    return response.to_wire()


async def test_an_alias_is_followed(server: Hostile) -> None:
    server.udp["a"] = wire("a.test. 60 IN CNAME b.test.", "b.test. 30 IN A 192.0.2.1")
    answer = await ask(server, "a.test", RecordType.A)
    assert (answer.records, answer.seconds) == (("192.0.2.1",), 30)


@pytest.mark.parametrize(("code", "outcome"), [(3, Outcome.ABSENT), (2, Outcome.TEMPORARY), (5, Outcome.TEMPORARY)])
async def test_f07_codes(server: Hostile, code: int, outcome: Outcome) -> None:
    server.udp["a"] = wire(code=code)
    assert (await ask(server, "a.test")).outcome is outcome


async def test_a_name_without_such_a_record_is_empty(server: Hostile) -> None:
    server.udp["a"] = wire()
    assert (await ask(server, "a.test")).outcome is Outcome.EMPTY


async def test_a_server_that_owns_nothing_is_not_believed(server: Hostile) -> None:
    server.udp["a"] = wire(flags=0)
    answer = await ask(server, "a.test")
    assert (answer.outcome, answer.detail) == (Outcome.TEMPORARY, "lame delegation")


async def test_f07_silence_is_temporary_and_ends(server: Hostile) -> None:
    server.udp["a"] = lambda _: None
    start = time.monotonic()
    assert (await ask(server, "a.test")).outcome is Outcome.TEMPORARY
    assert time.monotonic() - start < 10 * QUICK
    assert len(server.asked) == module.ATTEMPTS


def _other_id(query: dns.message.QueryMessage) -> bytes:
    octets = said(query, 'a.test. 60 IN TXT "forged"').to_wire()
    return bytes([octets[0] ^ 1]) + octets[1:]


def _other_question(query: dns.message.QueryMessage) -> bytes:
    other = dns.message.make_query("b.test.", "TXT", id=query.id)
    return said(other, 'b.test. 60 IN TXT "forged"').to_wire()


@pytest.mark.parametrize(
    "forged", [_other_id, _other_question, lambda _: b"not DNS", lambda _: b"", lambda query: query.to_wire()]
)
async def test_f07_answers_to_other_questions_are_waited_past(server: Hostile, forged: Reply) -> None:
    server.udp["a"] = lambda query: (forged(query) or b"", said(query, 'a.test. 60 IN TXT "true"').to_wire())  # type: ignore[return-value]
    assert (await ask(server, "a.test")).records == ("true",)


async def test_a_damaged_answer_is_temporary(server: Hostile) -> None:
    server.udp["a"] = lambda query: said(query, 'a.test. 60 IN TXT "true"').to_wire()[:-3]
    assert (await ask(server, "a.test")).outcome is Outcome.TEMPORARY


async def test_what_is_cut_short_is_asked_again_over_tcp(server: Hostile) -> None:
    long = "x" * 250
    server.udp["a"] = wire(flags=dns.flags.TC | dns.flags.RA)
    server.tcp["a"] = wire(*(f'a.test. 60 IN TXT "{number}{long}"' for number in range(10)))
    assert len((await ask(server, "a.test")).records) == 10


async def test_f07_an_answer_of_64_kilobytes_is_not_read(server: Hostile) -> None:
    server.udp["a"] = wire(flags=dns.flags.TC | dns.flags.RA)
    server.tcp["a"] = wire(*(f'a.test. 60 IN TXT "{number}{"x" * 240}"' for number in range(250)))
    answer = await ask(server, "a.test")
    assert answer.outcome is Outcome.TEMPORARY


async def test_f07_ten_thousand_aliases_are_temporary(server: Hostile) -> None:
    aliases = [f"{number:x}.test. 60 IN CNAME {number + 1:x}.test." for number in range(10, 600)]
    server.udp["a"] = wire(flags=dns.flags.TC | dns.flags.RA)
    server.tcp["a"] = wire(*aliases)
    assert (await ask(server, "a.test")).outcome is Outcome.TEMPORARY


async def test_f07_an_alias_to_itself_is_temporary(server: Hostile) -> None:
    server.udp["a"] = wire("a.test. 60 IN CNAME a.test.")
    assert (await ask(server, "a.test")).outcome is Outcome.TEMPORARY


async def test_no_server_at_all_is_temporary() -> None:
    assert (await Resolver([]).ask("a.test", RecordType.TXT)).outcome is Outcome.TEMPORARY


async def test_a_closed_port_is_temporary() -> None:
    assert (
        await Resolver([("127.0.0.1", free_port())], QUICK).ask("a.test", RecordType.A)
    ).outcome is Outcome.TEMPORARY


@pytest.mark.parametrize("name", ["x" * 64 + ".test", "a..test", "\u2028" * 300])
async def test_names_that_cannot_be_asked_are_permanent(server: Hostile, name: str) -> None:
    assert (await ask(server, name)).outcome is Outcome.PERMANENT


async def test_answers_are_kept_and_shared(server: Hostile) -> None:
    server.udp["a"] = wire('a.test. 60 IN TXT "once"')
    server.udp["n"] = wire(code=3)
    resolver = Resolver([("127.0.0.1", server.port)], QUICK)
    await asyncio.gather(*(resolver.ask("A.test", RecordType.TXT) for _ in range(20)))
    await resolver.ask("a.test.", RecordType.TXT)
    for _ in range(3):
        assert (await resolver.ask("n.test", RecordType.TXT)).outcome is Outcome.ABSENT
    assert server.asked == ["a.test.", "n.test."]


async def test_the_cache_stays_within_its_size(server: Hostile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_KEPT", 2)
    resolver = Resolver([("127.0.0.1", server.port)], QUICK)
    for name in ("a", "b", "c", "a"):
        server.udp[name] = wire(code=3)
        await resolver.ask(f"{name}.test", RecordType.TXT)
    assert server.asked == ["a.test.", "b.test.", "c.test.", "a.test."]


async def test_the_records_that_are_kept_stay_within_their_size(
    server: Hostile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_KEPT_OCTETS", 20)
    resolver = Resolver([("127.0.0.1", server.port)], QUICK)
    for name, size in (("a", 10), ("b", 10), ("a", 10), ("c", 1), ("a", 10), ("b", 10)):
        server.udp[name] = wire(f'{name}.test. 60 IN TXT "{"x" * size}"')
        await resolver.ask(f"{name}.test", RecordType.TXT)
    assert server.asked == ["a.test.", "b.test.", "c.test.", "b.test."], "at 20 both stay, at 21 the older one goes"


async def test_a_slow_name_holds_nobody_else_up(server: Hostile) -> None:
    server.udp["slow"] = lambda _: None
    server.udp["a"] = wire('a.test. 60 IN TXT "quick"')
    resolver = Resolver([("127.0.0.1", server.port)], 1.0)
    waiting = asyncio.create_task(resolver.ask("slow.test", RecordType.TXT))
    await asyncio.sleep(0)
    assert (await resolver.ask("a.test", RecordType.TXT)).records == ("quick",)
    assert not waiting.done()
    waiting.cancel()
    await resolver.close()


async def test_who_stops_waiting_takes_nobodys_answer_away(server: Hostile) -> None:
    server.udp["a"] = wire('a.test. 60 IN TXT "shared"')
    resolver = Resolver([("127.0.0.1", server.port)], QUICK)
    first = asyncio.create_task(resolver.ask("a.test", RecordType.TXT))
    second = asyncio.create_task(resolver.ask("a.test", RecordType.TXT))
    await asyncio.sleep(0)
    first.cancel()
    assert (await second).records == ("shared",)


async def test_so_many_questions_are_open_and_no_more(server: Hostile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_OPEN", 1)
    server.udp["a"] = server.udp["b"] = wire(code=3)
    resolver = Resolver([("127.0.0.1", server.port)], QUICK)
    first, second = await asyncio.gather(*(resolver.ask(f"{name}.test", RecordType.TXT) for name in "ab"))
    assert (first.outcome, second.outcome) == (Outcome.ABSENT, Outcome.TEMPORARY)


async def test_one_message_asks_so_much_and_no_more(server: Hostile) -> None:
    server.udp["a"] = wire(code=3)
    lookups = Lookups(Resolver([("127.0.0.1", server.port)], QUICK), most=2)
    outcomes = [(await lookups.ask("a.test", RecordType.TXT)).outcome for _ in range(3)]
    assert outcomes == [Outcome.ABSENT, Outcome.ABSENT, Outcome.TEMPORARY]


def test_the_machines_servers(tmp_path: Path) -> None:
    path = tmp_path / "resolv.conf"
    path.write_text("# ours\nsearch x\nnameserver 192.0.2.53\nnameserver 2001:db8::53\n")
    assert system_servers(path) == ("192.0.2.53", "2001:db8::53")
    assert system_servers(tmp_path / "absent") == ("127.0.0.1",)
