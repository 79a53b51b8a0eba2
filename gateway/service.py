"""The program of each process that the supervisor starts: a gateway process that talks SMTP, or the keeper.

Owns what they have in common before either begins.
"""

import ctypes
import gc
import logging
import resource
import signal
import socket
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path

from gateway.logs import start_logging
from gateway.loop import run
from gateway.processes import CONFIG_EXIT, KEEPER, CannotStart

PR_SET_PDEATHSIG = 1  # prctl(2)

_log = logging.getLogger("mailward.service")


def main() -> None:
    """`python -m gateway.service ROLE FILE DESCRIPTOR`, as the supervisor starts it; it reports over the last."""
    role, path, control = sys.argv[1], Path(sys.argv[2]), socket.socket(fileno=int(sys.argv[3]))
    control.set_inheritable(False)  # whoever we start has nothing to report
    start_logging()
    end_with_parent()
    _raise_descriptors()
    serve = _loaded(role)
    try:
        run(serve(path, role, control))
    except CannotStart as error:
        _log.error("%s", error)
        sys.exit(CONFIG_EXIT)


def _loaded(role: str) -> Callable[[Path, str, socket.socket], Coroutine[object, object, None]]:
    """What a process of this role runs. Both roles need little of one another: with it, each start took half as long
    again; and as much as a tenth of it Python looked for garbage, where there is none.
    """
    gc.disable()
    try:
        if role == KEEPER:
            from gateway.keeper import serve_keeper

            return serve_keeper
        from gateway.serving import serve_gateway

        return serve_gateway
    finally:
        gc.enable()


def end_with_parent() -> None:
    """Nothing of us stays behind on the port when the supervisor is killed."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)


def _raise_descriptors() -> None:
    """As many open files as we are allowed: a shell's usual 1,024 are fewer than the connections we take."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


if __name__ == "__main__":
    main()
