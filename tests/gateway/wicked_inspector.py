"""An inspection side whose workers do what a message's subject says: they die, hang, lie or babble.

Started in place of `gateway.inspector` and confined like it. A subject that begins with `once` has its way with the
first worker alone. The argument `no fork` has the first fork refused by the system, `sick` has every worker die.
"""

import ctypes
import errno
import os
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import replace

from gateway import inspector
from gateway.wire import ENDED, HEADER, JUDGED, Ended, Preface, receive_content, reply_limit, transaction_of
from rules.document import from_json, to_json
from rules.inspection import inspect
from rules.verdict import Judgement

forks = 0
real_fork, real_serve = os.fork, inspector._serve
Act = Callable[[socket.socket, Judgement], None]


def frame(octets: bytes, kind: int = JUDGED) -> bytes:
    return HEADER.pack(len(octets), kind) + octets


def sound(judgement: Judgement) -> bytes:
    return frame(to_json(judgement, Judgement))


def spin(*_: object) -> None:
    while True:
        pass


def allocate(*_: object) -> None:
    kept = []
    while True:
        kept.append(bytes(16 * 1024 * 1024))


def drip(sock: socket.socket, judgement: Judgement) -> None:
    for octet in sound(judgement):
        sock.sendall(bytes((octet,)))
        time.sleep(0.05)


def flood(sock: socket.socket, _: Judgement) -> None:
    while True:
        sock.sendall(bytes(65_536))


def babble(sock: socket.socket, judgement: Judgement) -> None:
    """Sound, and then a word that nobody has asked for."""
    sock.sendall(sound(judgement))
    time.sleep(0.05)
    sock.sendall(b"!")


def of_size(surplus: int) -> Act:
    """A judgement that takes `surplus` octets more than a judgement may."""

    def act(sock: socket.socket, judgement: Judgement) -> None:
        short = len(to_json(judgement, Judgement))
        missing = reply_limit(1) + surplus - short
        sock.sendall(sound(replace(judgement, preview=judgement.preview + "x" * missing)))

    return act


def sending(make: Callable[[Judgement], bytes]) -> Act:
    return lambda sock, judgement: sock.sendall(make(judgement))


def renamed(judgement: Judgement) -> Judgement:
    verdicts = tuple(replace(verdict, recipient="other@city.example") for verdict in judgement.verdicts)
    return replace(judgement, verdicts=verdicts)


ACTS: dict[str, Act] = {
    "die": lambda *_: os._exit(1),
    "crash": lambda *_: ctypes.string_at(0) and None,
    "sleep": lambda *_: time.sleep(60),
    "spin": spin,
    "drip": drip,
    "flood": flood,
    "babble": babble,
    "half a header": sending(lambda judgement: sound(judgement)[:5]),
    "half a reply": sending(lambda judgement: sound(judgement)[:50]),
    "two replies": sending(lambda judgement: sound(judgement) * 2),
    "no octets": sending(lambda _: HEADER.pack(0, JUDGED)),
    "four gigabytes": sending(lambda _: HEADER.pack(2**32 - 1, JUDGED)),
    "not json": sending(lambda _: frame(b"\xff" * 100)),
    "a million zeros": sending(lambda _: frame(b'{"not_inspected":[' + b"0," * 500_000 + b"0]}")),
    "a pickle": sending(lambda _: frame(b"cos\nsystem\n(S'true'\ntR.")),
    "another kind": sending(lambda judgement: frame(to_json(judgement, Judgement), 7)),
    "an unknown end": sending(lambda _: frame(b'"because"', ENDED)),
    "another policy": sending(lambda judgement: sound(replace(judgement, policy_hash="0"))),
    "another recipient": sending(lambda judgement: sound(renamed(judgement))),
    "exactly the limit": of_size(0),
    "one more": of_size(1),
    "its own end": sending(lambda _: frame(to_json(Ended.REPLY, Ended), ENDED)),
}


def one_message(sock: socket.socket, reading: inspector.Reading) -> bool:
    """Where `gateway.inspector` reads and answers."""
    beginning = sock.recv(4_000, socket.MSG_PEEK)
    subject = beginning.rpartition(b"Subject: ")[2].partition(b"\r\n")[0].decode()
    act = subject.removeprefix("once ")
    if "sick" in sys.argv or (act == "die unread" and (forks == 1 or act == subject)):
        os._exit(1)
    if act not in ACTS or (act != subject and forks > 1):
        return real_one_message(sock, reading)
    received = receive_content(sock)
    assert received is not None
    inspector.limit_time(reading.seconds)
    transaction = transaction_of(from_json(received[0], Preface), received[1])
    ACTS[act](sock, inspect(transaction, reading.directory, reading.policy))
    return act in ("exactly the limit", "babble")


def fork() -> int:
    global forks
    forks += 1
    if "no fork" in sys.argv and forks == 1:
        raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))
    return real_fork()


def serve(*arguments: object) -> None:
    """From here on a fork is a worker's: confining itself as an ordinary user takes one before."""
    os.fork = fork
    real_serve(*arguments)


def wicked_inspect(
    transaction: object, directory: object, policy: object, _pictures: object, *, every_detector: bool
) -> Judgement:
    """What `gateway.inspector` calls to read a message: the deeds of a reader that goes wrong."""
    match transaction.message.first("subject"):
        case "allocate":
            allocate()
        case "raise":
            raise ZeroDivisionError
        case "say too much":
            return replace(inspect(transaction, directory, policy), preview="x" * reply_limit(1))
    return inspect(transaction, directory, policy, every_detector=every_detector)


if __name__ == "__main__":
    real_one_message, inspector._one_message = inspector._one_message, one_message
    inspector.inspect = wicked_inspect
    inspector._serve = serve
    inspector.main()
