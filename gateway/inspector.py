"""The inspection side: a warm parent that forks workers, each reading one message at a time.

Runs as `python -m gateway.inspector`, started by `gateway.workers`. Everything hostile is parsed here and nowhere
else. A worker has no network, bounded memory, CPU time and wall clock, and dies with its parent.
"""

import contextlib
import ctypes
import gc
import logging
import os
import resource
import select
import signal
import socket
import time
from dataclasses import replace

from gateway.logs import start_logging
from gateway.wire import HEADER, MAX_REPLY, Preface, WireError, receive_content, receive_exactly, transaction_of
from gateway.workers import FORK, KILL, READY, WorkerSettings, canary
from rules.directory import Directory
from rules.directory_file import load_directory
from rules.document import from_json, to_json
from rules.envelope import wire_form
from rules.inspection import inspect
from rules.message import Message
from rules.policy import Policy, load_policy
from rules.verdict import Judgement

MEMORY_OCTETS = 768 * 1024 * 1024  # reliability section 4
CPU_SECONDS = 45
FILE_OCTETS = 1024 * 1024 * 1024
DESCRIPTORS = 64
PR_SET_PDEATHSIG = 1
PR_SET_NO_NEW_PRIVS = 38
CLONE_NEWNET = 0x40000000
CLONE_NEWUSER = 0x10000000

_log = logging.getLogger("mailward.inspector")


def main() -> None:
    """Load policy and directory, warm up, say ready on standard input's socket, then fork on demand."""
    start_logging(logging.WARNING)
    logging.getLogger("libarchive").setLevel(logging.CRITICAL)  # its warnings hold names of archive members
    control = socket.socket(fileno=0)
    size, _ = HEADER.unpack(receive_exactly(control, HEADER.size))
    settings = from_json(receive_exactly(control, size), WorkerSettings)
    policy = load_policy(settings.policy)
    directory = (
        load_directory(settings.directory, frozenset(settings.domains))
        if settings.directory
        else Directory(domains=frozenset(settings.domains))
    )
    _without_network()
    inspect(canary(), directory, policy)  # compiles every pattern once, for all workers to come
    if settings.rehearse:
        _rehearse(directory, policy)
    gc.collect()
    gc.freeze()
    control.sendall(READY)
    _serve(control, settings, directory, policy)


def _rehearse(directory: Directory, policy: Policy) -> None:
    """RE2 builds its automata on the text it meets; a worker forked afterwards has them, a fresh one would not."""
    for rule in policy.rules:
        for sample in rule.folder.glob("*.eml"):
            inspect(replace(canary(), message=Message(wire_form(sample.read_bytes()))), directory, policy)


def _serve(control: socket.socket, settings: WorkerSettings, directory: Directory, policy: Policy) -> None:
    """Fork a worker for each descriptor that arrives; end with the gateway."""
    children: set[int] = set()
    while True:
        readable, _, _ = select.select([control], [], [], 1.0)
        _reap(children)
        if not readable:
            continue
        message, descriptors, _, _ = socket.recv_fds(control, 1, 1)
        if message == FORK:
            with socket.socket(fileno=descriptors[0]) as sock:
                if (pid := os.fork()) == 0:
                    control.close()
                    _work(sock, settings, directory, policy)
                children.add(pid)
        elif message == KILL:
            pid = int.from_bytes(receive_exactly(control, 4), "big")
            if pid in children:  # our own, not yet reaped: the number cannot have been given to another process
                os.kill(pid, signal.SIGKILL)
        else:
            return


def _reap(children: set[int]) -> None:
    for pid in tuple(children):
        with contextlib.suppress(ChildProcessError):
            if os.waitpid(pid, os.WNOHANG)[0] == pid:
                children.discard(pid)


def _work(sock: socket.socket, settings: WorkerSettings, directory: Directory, policy: Policy) -> None:
    """The worker's life; never returns."""
    code = 1
    try:
        _confine()
        sock.sendall(os.getpid().to_bytes(4, "big"))
        while (received := receive_content(sock)) is not None:
            _limit_time(settings.seconds)
            transaction = transaction_of(from_json(received[0], Preface), received[1])
            reply = to_json(inspect(transaction, directory, policy), Judgement)
            if len(reply) > MAX_REPLY:
                raise WireError("judgement too large")
            sock.sendall(HEADER.pack(len(reply), 0) + reply)
        code = 0
    except Exception:
        _log.exception("inspection worker ends")
    finally:
        os._exit(code)


def _confine() -> None:
    """Take away what reading a message does not need; the limits hold for whatever the message makes of us."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_OCTETS, MEMORY_OCTETS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_OCTETS, FILE_OCTETS))
    resource.setrlimit(resource.RLIMIT_NOFILE, (DESCRIPTORS, DESCRIPTORS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would hold the message


def _without_network() -> None:
    """A network name space of our own, with nothing in it; where the kernel refuses, the log says so."""
    libc = ctypes.CDLL(None, use_errno=True)
    flags = CLONE_NEWNET if os.geteuid() == 0 else CLONE_NEWNET | CLONE_NEWUSER
    if libc.unshare(flags) != 0:
        _log.warning("inspection workers keep the network: %s", os.strerror(ctypes.get_errno()))


def _limit_time(seconds: float) -> None:
    """Wall clock by a signal that kills, CPU by a limit counted from what is used up already."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    limit = int(time.process_time()) + CPU_SECONDS
    resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))


if __name__ == "__main__":
    main()
