"""A process that confines itself as an inspection worker does, and then tries things."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

IMPORTS = """
import ctypes, encodings.idna, errno, fcntl, json, mmap, os, resource, signal, socket, tempfile, termios
from pathlib import Path
from gateway.sandbox import confine_parent, confine_worker
from gateway.sandbox.landlock import confine_files
from gateway.sandbox.limits import MEMORY_OCTETS, limit_time
from gateway.sandbox.namespaces import drop_capabilities
"""
ORDINARY = """
os.setgroups([])
os.setresgid(65534, 65534, 65534)
os.setresuid(65534, 65534, 65534)
ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)  # PR_SET_DUMPABLE, as a program has it that the account started itself
"""
CONFINED = """
refused = confine_parent()
private = Path(tempfile.mkdtemp())
refused += confine_worker(private)

def tried(act):
    try:
        act()
    except OSError as error:
        return errno.errorcode[error.errno]
    return "done"

"""


@pytest.fixture
def common() -> Iterator[Path]:
    """A folder in which everybody may read and write."""
    yield from _open_folder()


@pytest.fixture
def room() -> Iterator[Path]:
    """Where the confined process keeps its private folder."""
    yield from _open_folder()


def _open_folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o777)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(params=["as we are", "an ordinary user"])
def confined(request: pytest.FixtureRequest, room: Path) -> Callable[..., object]:
    """Run statements in a confined process; returns what the last one, an expression, comes to."""

    def run(statements: str, before: str = "") -> object:
        *first, last = textwrap.dedent(statements).strip().splitlines()
        account = ORDINARY if request.param == "an ordinary user" and os.geteuid() == 0 else ""
        program = [IMPORTS, account, before, CONFINED, *first, f"print(json.dumps({last}))"]
        done = subprocess.run(
            [sys.executable, "-c", "\n".join(program)],
            env={**os.environ, "TMPDIR": str(room)},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, (done.returncode, done.stderr)
        return json.loads(done.stdout)

    return run
