"""The process that lives are forked from: it has imported everything, so that each begins within milliseconds.

Speaks JSON lines with the harness. What a life says goes over a socket, for its other system calls to be the disk's.
"""

import json
import os
import signal
import socket
import sys
import traceback
from pathlib import Path

from gateway.service import end_with_parent
from quarantine import ledger
from tests.crash.bad_builds import Build, break_build
from tests.crash.scenario import Play

POSTFIX_GROUP = "postfix"  # whose milter it may be


def main() -> None:
    end_with_parent()
    ledger.FLUSH_SECONDS = 3_600  # no second thread at a moment of its own
    voice = socket.socket(fileno=int(sys.argv[1]))
    for line in sys.stdin:
        order = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _live(order, voice)
        if order["stop"]:
            os.waitpid(pid, os.WUNTRACED)
        _tell(pid)
        _, status = os.waitpid(pid, 0)
        _tell(os.waitstatus_to_exitcode(status))


def _tell(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


def _live(order: dict[str, object], voice: socket.socket) -> None:
    code = 0
    end_with_parent()
    try:
        holding = break_build(Build(str(order["build"])))
        if order["stop"]:
            os.kill(os.getpid(), signal.SIGSTOP)
        play = Play(Path(str(order["state"])), int(str(order["port"])), lambda text: _say(voice, text), holding)
        first = bool(order["stop"])
        if order.get("milter"):
            play.serve_mta(Path(str(order["milter"])), POSTFIX_GROUP, first=first)
        elif order.get("clients"):
            play.serve_clients(int(str(order["clients"])), first=first)
        else:
            play.run(order["done"], first=first)  # type: ignore[arg-type]
    except BaseException:
        traceback.print_exc()
        code = 1
    os._exit(code)


def _say(voice: socket.socket, text: str) -> None:
    voice.send(text.encode())


if __name__ == "__main__":
    main()
