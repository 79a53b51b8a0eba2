"""The record of what was done to held mail: append-only lines, each linked to the one before by its hash.

One chain (file) for each node and process start, so that no two processes ever write to one. Never changes a line.
A chain cut at its end still verifies, therefore head and count stand in the daily digest.
"""

import hashlib
import os
import secrets
import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock

from quarantine.adapters.files import listed, sync_folder
from quarantine.ports import StoreUnavailable
from rules.document import from_json, to_json

SUFFIX = ".jsonl"
HOLD, HOLD_AGAIN = "hold", "hold again"  # the second also where a crash kept the first try from recording its own
HOLDS = (HOLD, HOLD_AGAIN)
GATEWAY = "gateway"  # who did what no person did


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One act. `act` is a verb or short phrase; `detail` what the act alone knows (a reply, a file's name)."""

    at: datetime
    act: str
    by: str
    item: str = ""
    recipients: tuple[str, ...] = ()
    reason: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A record in its chain; `number` counts from 1. Its line is the canonical form of itself and of its hash."""

    number: int
    previous: str
    record: Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    link: Link
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """What one file holds. `fault` tells what is wrong with line `count + 1`; the lines before it are right."""

    name: str
    count: int
    head: str
    last: datetime | None = None  # when its last right record was made
    fault: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """All chains of a folder. `head` names their state as a whole: it changes when any record or chain does."""

    chains: tuple[Chain, ...]
    head: str

    @property
    def count(self) -> int:
        return sum(chain.count for chain in self.chains)

    @property
    def faults(self) -> tuple[str, ...]:
        return tuple(f"{chain.name}:{chain.count + 1}: {chain.fault}" for chain in self.chains if chain.fault)


@dataclass(slots=True, kw_only=True)
class Audit:
    """Writes the chain of this process, which begins with its first record."""

    folder: Path
    _chain: "_OpenChain | None" = field(default=None, init=False)
    _lock: Lock = field(default_factory=Lock, init=False)

    def append(self, record: Record) -> None:
        """Write the record durably before returning. Raises StoreUnavailable: then the act must not be done."""
        with self._lock:
            try:
                # A forked child must not write on in its parent's chain.
                if self._chain is None or self._chain.process != os.getpid():
                    self._chain = _begin(self.folder)
                self._chain.write(record)
            except OSError as error:
                # What reached the disk is not known: this chain ends here.
                if self._chain is not None:
                    self._chain.abandon()
                    self._chain = None
                raise StoreUnavailable(f"audit record not written: {error.strerror}") from error

    def close(self) -> None:
        """End this chain; a later record begins another."""
        with self._lock:
            if self._chain is not None:
                os.close(self._chain.descriptor)
                self._chain = None


@dataclass(slots=True, kw_only=True)
class _OpenChain:
    descriptor: int
    process: int
    head: str
    count: int = 0
    size: int = 0  # octets of whole records

    def write(self, record: Record) -> None:
        link = Link(number=self.count + 1, previous=self.head, record=record)
        head = _hash(link)
        octets = _line(link, head)
        written = 0
        while written < len(octets):
            written += os.write(self.descriptor, octets[written:])
        os.fsync(self.descriptor)
        self.head, self.count, self.size = head, link.number, self.size + len(octets)

    def abandon(self) -> None:
        """Take back the record of an act that is not going to be done, if the disk still lets us."""
        with suppress(OSError):
            os.ftruncate(self.descriptor, self.size)
        os.close(self.descriptor)


def _begin(folder: Path) -> _OpenChain:
    node = "".join(c if c.isalnum() or c in "-." else "_" for c in socket.gethostname())
    name = f"{node}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{os.getpid()}-{secrets.token_hex(4)}{SUFFIX}"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        if os.geteuid() == 0:  # a command of root's: the service, whose folder it is, has to read the chain too
            owner = folder.stat()
            os.fchown(descriptor, owner.st_uid, owner.st_gid)
        sync_folder(folder)
        sync_folder(folder.parent)
    except OSError:
        os.close(descriptor)
        raise
    return _OpenChain(descriptor=descriptor, process=os.getpid(), head=_first(name))


def folder_of(state: Path) -> Path:
    """Where the chains lie under a state folder."""
    return state / "audit"


def verify(folder: Path) -> Standing:
    """Check every chain; each names its first bad record. Raises StoreUnavailable when one cannot be read."""
    try:
        chains = tuple(_verify(path) for path in listed(folder, SUFFIX))
    except OSError as error:
        raise _unreadable(error) from error
    state = "".join(f"{chain.name} {chain.count} {chain.head} {chain.fault}\n" for chain in chains)
    return Standing(chains=chains, head=hashlib.sha256(state.encode()).hexdigest())


def records(folder: Path) -> Iterator[Record]:
    """All records of all chains up to the first fault of each, in the order of their time. Raises StoreUnavailable."""
    try:
        lines = [line for path in listed(folder, SUFFIX) for line, fault in _read(path) if line and not fault]
    except OSError as error:
        raise _unreadable(error) from error
    yield from sorted((line.link.record for line in lines), key=lambda record: record.at)


def _unreadable(error: OSError) -> StoreUnavailable:
    return StoreUnavailable(f"audit record not readable: {error.strerror}")


def _verify(path: Path) -> Chain:
    count, head, last, fault = 0, _first(path.name), None, ""
    for line, fault in _read(path):
        if line is not None and not fault:
            count, head, last = line.link.number, line.hash, line.link.record.at
    return Chain(name=path.name, count=count, head=head, last=last, fault=fault)


def _read(path: Path) -> Iterator[tuple[Line | None, str]]:
    """Each line with its fault; ends after the first fault."""
    count, head = 0, _first(path.name)
    with path.open("rb") as file:
        for octets in file:
            line, fault = _check(octets, count + 1, head)
            yield line, fault
            if fault or line is None:
                return
            count, head = line.link.number, line.hash


def _check(octets: bytes, number: int, previous: str) -> tuple[Line | None, str]:
    if not octets.endswith(b"\n"):
        return None, "torn: cut off in the middle, by a crash or by hand"
    try:
        line = from_json(octets, Line)
    except ValueError:
        return None, "not a record"
    # Compared octet for octet, so that no other spelling of the same values passes.
    if _line(line.link, line.hash) != octets or _hash(line.link) != line.hash:
        return None, "does not match its hash"
    if line.link.number != number or line.link.previous != previous:
        return None, "does not follow the record before it: one was deleted, inserted or moved"
    return line, ""


def _first(name: str) -> str:
    """What the first record links to: the chain's name, so that one file cannot stand in for another."""
    return hashlib.sha256(name.encode()).hexdigest()


def _hash(link: Link) -> str:
    return hashlib.sha256(to_json(link, Link)).hexdigest()


def _line(link: Link, hash: str) -> bytes:
    return to_json(Line(link=link, hash=hash), Line) + b"\n"
