"""Questions to the DNS: asynchronous, bounded, with typed answers. The one module that imports dnspython.

Never raises for what a server says or does not say; never answers with more than the records asked for.
"""

import asyncio
import contextlib
import struct
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol, cast

import dns.exception
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype

from gateway.identity.responses import CNAME, Record, Response, read_response

QUESTION_SECONDS = 1.5  # for one server's answer; two servers asked in turn stay within the message's five
ATTEMPTS = 2  # servers asked, or times that one is asked
PAYLOAD = 1232  # octets of a UDP answer: what passes without fragments (DNS flag day 2020)
MAX_ANSWER = 16 * 1024  # octets of an answer over TCP; a DKIM key of 4096 bits is one of 800
MAX_RECORDS = 100  # of one answer that are looked at
MAX_CHAIN = 8  # CNAMEs followed within an answer
MAX_QUESTIONS = 100  # of one message: SPF needs 10 to 20, each signature one, each domain of DMARC up to 8
MAX_OPEN = 500  # questions open at once; more would be a flood that we help with
MAX_KEPT = 10_000  # answers in the cache
MAX_KEPT_OCTETS = 16 * 1024**2  # of their records: most have some hundred, a hostile one MAX_ANSWER
MOST_KEPT = 3_600.0  # seconds an answer is kept however long its owner allows: keys are withdrawn
LEAST_KEPT = 5.0  # seconds: one message asks the same name several times
ABSENCE_KEPT = 300.0  # seconds at most that nothing is known to be there (RFC 2308 section 5)
FAILURE_KEPT = 5.0  # seconds until a server that failed is asked again for the same name

_LENGTH = struct.Struct("!H")
_SMALLEST = 12  # octets of a message's head (RFC 1035 section 4.1.1)


class RecordType(StrEnum):
    A = "A"
    AAAA = "AAAA"
    MX = "MX"
    TXT = "TXT"
    PTR = "PTR"


class Outcome(StrEnum):
    FOUND = "found"
    EMPTY = "empty"  # the name exists, without such a record
    ABSENT = "absent"  # NXDOMAIN
    TEMPORARY = "temporary"
    PERMANENT = "permanent"  # the name cannot be asked for at all


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """`records`: addresses, host names, or texts with their strings joined and octets above ASCII as Latin-1."""

    outcome: Outcome
    records: tuple[str, ...] = ()
    seconds: float = FAILURE_KEPT  # how long it may be kept
    detail: str = ""

    @property
    def octets(self) -> int:
        return sum(map(len, self.records))

    @property
    def is_void(self) -> bool:
        return self.outcome in (Outcome.EMPTY, Outcome.ABSENT)


Server = tuple[str, int]


class Asking(Protocol):
    """Whoever answers questions: the resolver, a message's share of it, or a test's table."""

    async def ask(self, name: str, kind: RecordType) -> Answer: ...


class Lookups:
    """The questions of one message: so many and no more, whatever its fields and the records behind them ask for."""

    def __init__(self, resolver: Asking, most: int = MAX_QUESTIONS) -> None:
        self._resolver = resolver
        self._left = most

    async def ask(self, name: str, kind: RecordType) -> Answer:
        if self._left <= 0:
            return Answer(outcome=Outcome.TEMPORARY, detail="too many questions for one message")
        self._left -= 1
        return await self._resolver.ask(name, kind)


class Resolver:
    """One for a process. Questions of the same name share one answer, also while it is on its way."""

    def __init__(self, servers: Iterable[Server], seconds: float = QUESTION_SECONDS) -> None:
        self._servers = tuple(servers)
        self._seconds = seconds
        self._kept: OrderedDict[tuple[str, RecordType], tuple[float, Answer]] = OrderedDict()
        self._octets = 0  # of all records kept
        self._open: dict[tuple[str, RecordType], asyncio.Task[Answer]] = {}

    async def ask(self, name: str, kind: RecordType) -> Answer:
        """The answer, from the cache or from a server. Cancelling one who asks leaves the others theirs."""
        key = (name.lower().rstrip("."), kind)
        now = asyncio.get_running_loop().time()
        kept = self._kept.get(key)
        if kept is not None and kept[0] > now:
            self._kept.move_to_end(key)
            return kept[1]
        task = self._open.get(key)
        if task is None:
            if len(self._open) >= MAX_OPEN:
                return Answer(outcome=Outcome.TEMPORARY, detail="too many questions are open")
            task = asyncio.create_task(self._fetch(*key))
            self._open[key] = task
            task.add_done_callback(lambda done: self._done(key, done))
        return await asyncio.shield(task)

    async def close(self) -> None:
        """Leave no question behind."""
        tasks = tuple(self._open.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _done(self, key: tuple[str, RecordType], task: asyncio.Task[Answer]) -> None:
        del self._open[key]
        if task.cancelled() or task.exception() is not None:
            return
        answer = task.result()
        before = self._kept.pop(key, None)
        self._octets += answer.octets - (before[1].octets if before is not None else 0)
        self._kept[key] = (asyncio.get_running_loop().time() + answer.seconds, answer)
        while len(self._kept) > MAX_KEPT or self._octets > MAX_KEPT_OCTETS:
            _, (_, oldest) = self._kept.popitem(last=False)
            self._octets -= oldest.octets

    async def _fetch(self, name: str, kind: RecordType) -> Answer:
        try:
            query = dns.message.make_query(
                dns.name.from_text(name), dns.rdatatype.from_text(kind.value), use_edns=0, payload=PAYLOAD
            )
        except (dns.exception.DNSException, ValueError, UnicodeError):
            return Answer(outcome=Outcome.PERMANENT, seconds=ABSENCE_KEPT, detail="not a name of the DNS")
        detail = "no name server"
        for attempt in range(ATTEMPTS if self._servers else 0):
            server = self._servers[attempt % len(self._servers)]
            try:
                async with asyncio.timeout(self._seconds):
                    response = await _exchange(query, server)
                    answer = answer_of(query, response)
            except (TimeoutError, OSError, EOFError, ValueError) as error:
                detail = f"{type(error).__name__} from {server[0]}"
                continue
            if answer.outcome is not Outcome.TEMPORARY:
                return answer
            detail = answer.detail
        return Answer(outcome=Outcome.TEMPORARY, detail=detail)


def answer_of(query: dns.message.QueryMessage, octets: bytes) -> Answer:
    """What a response says. Raises ValueError for octets that are none."""
    response = read_response(octets)
    if response.code == dns.rcode.NXDOMAIN:
        return Answer(outcome=Outcome.ABSENT, seconds=_absence(response))
    if response.code != dns.rcode.NOERROR:
        return Answer(outcome=Outcome.TEMPORARY, detail=dns.rcode.to_text(dns.rcode.Rcode(response.code)))
    question = query.question[0]
    asked = name = tuple(label.lower() for label in question.name.labels[:-1])
    seconds = MOST_KEPT
    for _ in range(MAX_CHAIN + 1):
        if found := response.of(name, question.rdtype)[:MAX_RECORDS]:
            least = min(seconds, *(_seconds(record) for record in found))
            return Answer(outcome=Outcome.FOUND, records=response.texts(found), seconds=_clamped(least, MOST_KEPT))
        aliases = response.of(name, CNAME)
        if not aliases:
            if name == asked and not response.answer and not response.sure:
                return Answer(outcome=Outcome.TEMPORARY, detail="lame delegation")
            return Answer(outcome=Outcome.EMPTY, seconds=_absence(response))
        name, seconds = response.alias(aliases[0]), min(seconds, _seconds(aliases[0]))
    return Answer(outcome=Outcome.TEMPORARY, detail=f"more than {MAX_CHAIN} aliases")


def _seconds(record: Record) -> int:
    """Its time to live, none where the highest bit is set (RFC 2181 section 8)."""
    return record.seconds if record.seconds < 1 << 31 else 0


def _absence(response: Response) -> float:
    """How long nothing may be taken to be there (RFC 2308 section 5): the zone's own word, within our bounds."""
    return _clamped(min(response.minimums, default=ABSENCE_KEPT), ABSENCE_KEPT)


def _clamped(seconds: float, most: float) -> float:
    return max(LEAST_KEPT, min(seconds, most))


async def _exchange(query: dns.message.QueryMessage, server: Server) -> bytes:
    """The octets of the response, over TCP where the first was cut short (RFC 7766)."""
    loop = asyncio.get_running_loop()
    transport, protocol = await loop.create_datagram_endpoint(lambda: _Question(query), remote_addr=server)
    try:
        response = await protocol.response
    finally:
        transport.close()
    if len(response) > 2 and response[2] & 0x02:  # TC (RFC 1035 section 4.1.1)
        return await _over_tcp(query, server)
    return response


class _Question(asyncio.DatagramProtocol):
    """One question on a socket of its own, so that its port cannot be foreseen; other people's answers are ignored."""

    def __init__(self, query: dns.message.QueryMessage) -> None:
        self._octets = query.to_wire()
        self.response: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        cast(asyncio.DatagramTransport, transport).sendto(self._octets)

    def datagram_received(self, data: bytes, _addr: object) -> None:
        if not self.response.done() and _belongs(self._octets, data):
            self.response.set_result(data)

    def error_received(self, exc: Exception) -> None:
        if not self.response.done():
            self.response.set_exception(exc)


def _belongs(query: bytes, response: bytes) -> bool:
    """Same id, a response, the same question (absent from some errors), and of a size that we asked for."""
    if not _SMALLEST <= len(response) <= MAX_ANSWER or response[:2] != query[:2] or response[2] < 0x80:
        return False
    question = query[_SMALLEST : query.index(0, _SMALLEST) + 5]  # the name, its end, type and class
    return response[4:6] == bytes(2) or response[_SMALLEST : _SMALLEST + len(question)].lower() == question.lower()


async def _over_tcp(query: dns.message.QueryMessage, server: Server) -> bytes:
    reader, writer = await asyncio.open_connection(*server)
    try:
        octets = query.to_wire()
        writer.write(_LENGTH.pack(len(octets)) + octets)
        (size,) = _LENGTH.unpack(await reader.readexactly(_LENGTH.size))
        if size > MAX_ANSWER:
            raise ValueError(f"an answer of {size} octets")
        response = await reader.readexactly(size)
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
    if not _belongs(octets, response):
        raise ValueError("an answer to another question")
    return response


def system_servers(path: Path = Path("/etc/resolv.conf")) -> tuple[str, ...]:
    """The name servers of the machine; the local one when none is named (resolv.conf(5))."""
    try:
        lines = path.read_text(errors="replace").splitlines()
    except OSError:
        lines = []
    found = tuple(words[1] for line in lines if (words := line.split())[:1] == ["nameserver"] and len(words) > 1)
    return found or ("127.0.0.1",)
