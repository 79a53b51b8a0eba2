"""A process of the service, as the supervisor starts it: what it loads, what it says, how it ends."""

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gateway.processes import CONFIG_EXIT, KEEPER

GATEWAY = "gateway-0"
SECONDS = 60.0  # for a machine that is busy


@contextmanager
def started(role: str, path: Path) -> Iterator[tuple[subprocess.Popen[bytes], socket.socket]]:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.settimeout(SECONDS)
    with ours, theirs:
        command = [sys.executable, "-m", "gateway.service", role, str(path), str(theirs.fileno())]
        process = subprocess.Popen(command, pass_fds=(theirs.fileno(),), stderr=subprocess.PIPE)
        theirs.close()
        try:
            yield process, ours
        finally:
            process.kill()
            process.wait()
            assert process.stderr is not None
            process.stderr.close()


@pytest.mark.parametrize("role", [GATEWAY, KEEPER])
def test_it_reports_that_it_is_ready_and_ends_when_it_is_told_to(role: str, config_file: Callable[..., Path]) -> None:
    with started(role, config_file()) as (process, control):
        assert json.loads(control.recv(1 << 20))["ready"] is True
        process.send_signal(signal.SIGTERM)
        assert process.wait(SECONDS) == 0


@pytest.mark.parametrize("role", [GATEWAY, KEEPER])
def test_what_cannot_start_says_why_and_that_another_try_would_not_help(
    role: str, config_file: Callable[..., Path]
) -> None:
    with started(role, config_file("unknown_key: 1\n")) as (process, control):
        assert process.wait(SECONDS) == CONFIG_EXIT
        assert process.stderr is not None and b"unknown_key" in process.stderr.read()
        assert control.recv(1) == b""


@pytest.mark.parametrize(
    ("role", "spared"),
    [
        (GATEWAY, {"gateway.keeper", "quarantine.digest_mail", "jinja2"}),
        (KEEPER, {"gateway.serving", "gateway.smtp.session", "gateway.milter.session", "rules.engine"}),
    ],
)
def test_a_role_does_not_load_what_only_the_other_needs(role: str, spared: set[str]) -> None:
    program = f"import sys, gateway.service; gateway.service._loaded({role!r}); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True).stdout.split()
    assert spared & set(loaded) == set()
    assert "gateway.config" in loaded
