"""A process apart in which targets meet damaged input, so that a crash of a library is told with its input.

`python -m tests.fuzz.child FIRST LAST TARGET…` prints one line of JSON for each target that went wrong.
"""

import json
import logging
import mmap
import os
import resource
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path

from tests.fuzz.mutation import mutant
from tests.fuzz.reading_targets import policy
from tests.fuzz.targets import BY_NAME

CPU_SECONDS = 10.0  # for one input of at most 1 MiB; a slow machine takes a tenth of it for the worst
MEMORY_OCTETS = 1_536 * 1024 * 1024  # of address space, libraries counted
_DONE = b"\xff" * 8  # in place of a number: all inputs were tried


def main() -> None:
    first, last, names = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:] or list(BY_NAME)
    logging.disable(logging.CRITICAL)
    policy()  # read once, for all that are forked from here
    for name in names:
        target = BY_NAME[name]
        seeds = target.seeds()
        wrong = tried(target.run, lambda number: mutant(seeds, target.words, number), range(first, last))  # noqa: B023
        if wrong is not None:
            print(json.dumps({"target": name, **wrong}), flush=True)


def tried(run: Callable[[bytes], None], octets_of: Callable[[int], bytes], numbers: range) -> dict[str, object] | None:
    """Try inputs in a fork with limits; None, or the number of the input that ended it, and how."""
    at = mmap.mmap(-1, 8)
    with tempfile.TemporaryDirectory() as folder:
        said = Path(folder) / "said"
        pid = os.fork()
        if pid == 0:
            _try(run, octets_of, numbers, at, said)
        _, status = os.waitpid(pid, 0)
        if at[:8] == _DONE:
            return None
        how = said.read_text() if said.exists() else _end(os.waitstatus_to_exitcode(status))
        return {"number": int.from_bytes(at[:8], "big"), "how": how}


def _end(code: int) -> str:
    return f"signal {-code}: {signal.strsignal(-code)}" if code < 0 else f"ended with {code}"


def _try(
    run: Callable[[bytes], None], octets_of: Callable[[int], bytes], numbers: range, at: mmap.mmap, said: Path
) -> None:
    """Never returns."""
    try:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_OCTETS, MEMORY_OCTETS))
        for number in numbers:
            at[:8] = number.to_bytes(8, "big")
            octets = octets_of(number)
            signal.setitimer(signal.ITIMER_PROF, CPU_SECONDS)  # SIGPROF ends the process, inside of C code too
            run(octets)
        at[:8] = _DONE
    except BaseException:
        said.write_text(traceback.format_exc())
    finally:
        os._exit(0)


if __name__ == "__main__":
    main()
