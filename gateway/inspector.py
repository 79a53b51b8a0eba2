"""The inspection side: a warm parent that forks workers, each reading one message at a time.

Runs as `python -m gateway.inspector`, started by `gateway.workers`. Everything hostile is parsed here and nowhere
else. What a worker is allowed is in `gateway.sandbox`; it dies with its parent.
"""

import contextlib
import gc
import logging
import os
import select
import shutil
import signal
import socket
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain, islice, zip_longest
from pathlib import Path

from gateway.logs import start_logging
from gateway.sandbox import confine_parent, confine_worker
from gateway.sandbox.limits import forget_time, has_grown, limit_time, overfull
from gateway.warm_parent import FORK, KILL, WorkerSettings
from gateway.wire import (
    ENDED,
    HEADER,
    JUDGED,
    LAST,
    Ended,
    Preface,
    Started,
    receive_content,
    receive_exactly,
    reply_limit,
    transaction_of,
)
from gateway.workers import canary
from rules.amendment import Amendment, Kept
from rules.directory import Directory
from rules.directory_file import load_directory
from rules.disclaiming import disclaim
from rules.document import from_json, to_json
from rules.envelope import wire_form
from rules.inspection import inspect
from rules.message import Message
from rules.policy import Policy, load_policy
from rules.reading.pictures import PictureReader
from rules.transaction import Transaction
from rules.verdict import Judgement, is_tagged_by

LOOK_SECONDS = 1.0  # between two looks after the workers that live
_OVER = object()

_log = logging.getLogger("mailward.inspector")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What every worker reads and judges with, loaded once. `seconds` is the wall clock a message may take."""

    seconds: float
    directory: Directory
    policy: Policy
    pictures: PictureReader | None
    disclaimer: str
    disclaimer_rules: frozenset[str]
    every_detector: bool


def main() -> None:
    """Load policy and directory, warm up, say ready on standard input's socket, then fork on demand."""
    # A terminal's Ctrl-C and a service manager's end reach all of us at once, with messages in hand: the gateway, which
    # knows of those, is who ends us.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    gc.disable()  # until all is loaded, of which nothing is garbage: looking for it took a twentieth of the start
    start_logging(logging.WARNING)
    logging.getLogger("libarchive").setLevel(logging.CRITICAL)  # its warnings hold names of archive members
    control = socket.socket(fileno=0)
    size, _ = HEADER.unpack(receive_exactly(control, HEADER.size))
    settings = from_json(receive_exactly(control, size), WorkerSettings)
    policy = load_policy(settings.policy)
    directory = load_directory(settings.directory, frozenset(settings.domains))
    pictures = PictureReader() if settings.pictures else None
    refused = confine_parent()
    # Compiles every pattern once, for all workers to come.
    inspect(canary(), directory, policy, pictures, every_detector=True)
    rehearsal = _rehearsal(directory, policy) if settings.rehearse else iter(())
    for _ in islice(rehearsal, len(policy.rules)):
        pass
    gc.enable()
    _settle()
    _tell(control, Started(pid=os.getpid(), refused=refused))
    reading = Reading(
        seconds=settings.seconds,
        directory=directory,
        policy=policy,
        pictures=pictures,
        disclaimer=settings.disclaimer,
        disclaimer_rules=frozenset(settings.disclaimer_rules),
        every_detector=settings.every_detector,
    )
    _serve(control, reading, rehearsal)


def _rehearsal(directory: Directory, policy: Policy) -> Iterator[None]:
    """Judges the library's samples, one at each step.

    RE2 builds its automata on the text it meets; a worker forked afterwards has them, a fresh one would not. The first
    of each rule spare it half of what all would, in a fifth of the time, and mail waits until we are ready.
    """
    for sample in _samples(policy):
        with contextlib.suppress(OSError):  # the program may have been replaced since we began
            transaction = replace(canary(), message=Message(wire_form(sample.read_bytes())))
            inspect(transaction, directory, policy, every_detector=True)
        yield


def _samples(policy: Policy) -> Iterator[Path]:
    """One of each rule, of those that it finds; then a second of each, and so on."""
    folders = dict.fromkeys(rule.folder for rule in policy.rules)
    # By their names, those that have to pass stand before the others.
    samples = (sorted(folder.glob("*.eml"), reverse=True) for folder in folders)
    return filter(None, chain.from_iterable(zip_longest(*samples)))


def _settle() -> None:
    """What is there by now stays, and no worker looks through it for garbage."""
    gc.collect()
    gc.freeze()


def _serve(control: socket.socket, reading: Reading, rehearsal: Iterator[None]) -> None:
    """Fork a worker for each descriptor that arrives; end with the gateway.

    The rest of the rehearsal is for a service that is busy: it goes on, as long as nothing is asked for, when the first
    worker has ended and others will follow.
    """
    children: dict[int, Path] = {}
    begun = over = False  # the rest of it
    while True:
        readable, _, _ = select.select([control], [], [], 0 if begun and not over else LOOK_SECONDS)
        begun |= _reap(children)
        _end_hoarders(children)
        if not readable:
            if begun and not over and (over := next(rehearsal, _OVER) is _OVER):
                _settle()
            continue
        message, descriptors, _, _ = socket.recv_fds(control, 1, 1)
        if message == FORK:
            with socket.socket(fileno=descriptors[0]) as sock:
                try:
                    pid, private = _forked()
                except OSError as error:  # no process, memory or file left just now; the others go on
                    _log.error("no worker can be started: %s", error.strerror)
                    continue
                if pid == 0:
                    control.close()
                    _work(sock, private, reading)
                children[pid] = private
        elif message == KILL:
            pid = int.from_bytes(receive_exactly(control, 4), "big")
            if pid in children:  # our own, not yet reaped: the number cannot have been given to another process
                os.kill(pid, signal.SIGKILL)
        else:
            return


def _forked() -> tuple[int, Path]:
    """The new process, 0 within it, and its private folder. Raises OSError, and has then left nothing behind."""
    private = Path(tempfile.mkdtemp())
    try:
        return os.fork(), private
    except OSError:
        private.rmdir()
        raise


def _reap(children: dict[int, Path]) -> bool:
    """Whether one has ended."""
    before = len(children)
    for pid in tuple(children):
        with contextlib.suppress(ChildProcessError):
            if os.waitpid(pid, os.WNOHANG)[0] == pid:
                shutil.rmtree(children.pop(pid), ignore_errors=True)
    return len(children) < before


def _end_hoarders(children: dict[int, Path]) -> None:
    for pid, private in children.items():
        with contextlib.suppress(OSError):  # it removes while we look
            if overfull(private):
                _log.error("a worker has written more than it may, and is ended")
                os.kill(pid, signal.SIGKILL)


def _tell(sock: socket.socket, started: Started) -> None:
    told = to_json(started, Started)
    sock.sendall(HEADER.pack(len(told), 0) + told)


def _work(sock: socket.socket, private: Path, reading: Reading) -> None:
    """The worker's life; never returns."""
    code = 1
    try:
        tempfile.tempdir = str(private)
        _tell(sock, Started(pid=os.getpid(), refused=confine_worker(private)))
        while _one_message(sock, reading):
            pass
        code = 0
    except BaseException:
        _log.exception("inspection worker ends")
    finally:
        os._exit(code)


def _one_message(sock: socket.socket, reading: Reading) -> bool:
    """Whether the worker is good for another one."""
    received = receive_content(sock)
    if received is None:
        return False
    limit_time(reading.seconds)
    transaction = transaction_of(from_json(received[0], Preface), received[1])
    try:
        judgement = _amended(_judgement(transaction, reading), transaction, reading)
        reply = to_json(judgement, Judgement)
    except MemoryError:
        return _give_up(sock, Ended.MEMORY)
    except Exception:
        _log.exception("%s: reading failed", transaction.id)
        return _give_up(sock, Ended.FAILED)
    if len(reply) > reply_limit(len(transaction.envelope.recipients)):
        return _give_up(sock, Ended.REPLY)
    last = has_grown()
    sock.sendall(HEADER.pack(len(reply), LAST if last else JUDGED) + reply)
    forget_time()
    return not last


def _judgement(transaction: Transaction, reading: Reading) -> Judgement:
    directory, policy, pictures = reading.directory, reading.policy, reading.pictures
    return inspect(transaction, directory, policy, pictures, every_detector=reading.every_detector)


def _amended(judgement: Judgement, transaction: Transaction, reading: Reading) -> Judgement:
    """With what the disclaimer asks of the body, where one of the copies is owed it."""
    owed = any(is_tagged_by(verdict, reading.disclaimer_rules) for verdict in judgement.verdicts)
    if not owed or not reading.disclaimer:
        return judgement
    if transaction.envelope.reverse_path is None:  # what nobody wrote has no author whose opinion it could be
        return replace(judgement, amendment=Amendment(kept=Kept.REPORT))
    return replace(judgement, amendment=disclaim(transaction.message.octets, reading.disclaimer))


def _give_up(sock: socket.socket, ended: Ended) -> bool:
    told = to_json(ended, Ended)
    sock.sendall(HEADER.pack(len(told), ENDED) + told)
    return False


if __name__ == "__main__":
    main()
