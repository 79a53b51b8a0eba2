"""`make run` as a newcomer meets it: what it shows, what it tells one to type, how it ends and begins again."""

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.ports import free_port
from tests.postfix import Postfix

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.timeout(300)  # on a busy machine each start takes long

LAST_LINE = "Ctrl-C ends the gateway."
SHOWN_SECONDS = 90.0
END_SECONDS = 30.0


class FirstRun:
    """deploy/first_run.py with ports and a state folder of its own. `output` is what it printed until it waits."""

    def __init__(self, state: Path, next_hop: str = "") -> None:
        self.state, self.edge, self.internal = state, free_port(), free_port()
        self.process = subprocess.Popen(
            [sys.executable, str(ROOT / "deploy" / "first_run.py")],
            cwd=ROOT,
            env={
                **{name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"},
                "STATE": str(state),
                "EDGE_PORT": str(self.edge),
                "INTERNAL_PORT": str(self.internal),
                "NEXT_HOP": next_hop,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.output = self._until_it_waits()

    def _until_it_waits(self) -> str:
        assert self.process.stdout is not None
        late = threading.Timer(SHOWN_SECONDS, self.process.terminate)
        late.start()
        lines: list[str] = []
        for line in self.process.stdout:
            lines.append(line)
            if line.rstrip() == LAST_LINE:
                break
        late.cancel()
        return "".join(lines)

    def of(self, sample: str) -> str:
        """The paragraph about one sample."""
        (paragraph,) = (text for text in self.output.strip().split("\n\n") if sample in text.partition("\n")[0])
        return paragraph

    def processes(self) -> list[int]:
        """Itself and everything below it."""
        found, waiting = [], [self.process.pid]
        while waiting:
            pid = waiting.pop()
            found.append(pid)
            try:
                waiting += map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
            except OSError:
                continue
        return found

    def end(self, number: int = signal.SIGTERM) -> int:
        """A signal to all that a terminal reaches, or to the one that a service manager knows."""
        if number == signal.SIGTERM:
            self.process.send_signal(number)
        else:
            os.killpg(self.process.pid, number)
        return self.process.wait(END_SECONDS)


def runs(pid: int) -> bool:
    """Whether it is still there; one that only waits for its parent's notice is not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture
def first_run(tmp_path: Path) -> Iterator[Callable[..., FirstRun]]:
    started: list[FirstRun] = []

    def start(next_hop: str = "") -> FirstRun:
        started.append(FirstRun(tmp_path / "state", next_hop))
        return started[-1]

    yield start
    for run in started:
        run.end()


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FirstRun]:
    """One that runs while several tests look at it."""
    run = FirstRun(tmp_path_factory.mktemp("shown") / "state")
    yield run
    run.end()


def test_it_shows_one_passed_one_tagged_and_one_held(shown: FirstRun) -> None:
    assert shown.of("1-resident-asks.eml").splitlines()[2:] == ["  PASSED   permits@city.example (inbound)"]
    assert "TAGGED   letters@gazette.example (outbound)" in shown.of("2-own-opinion.eml")
    held = shown.of("3-program-in-zip.eml").splitlines()
    assert "  HELD     finance@city.example (inbound)" in held
    for words in (
        "executable-attachment: quarantine",
        "ATU-C9 (clause C.9): Executable attachments from strangers are neither opened nor forwarded.",
        "invoice-4471.pdf.exe inside invoice-4471.zip",
        "2/invoice-4471.zip/invoice-4471.pdf.exe: .exe, MZ executable",
    ):
        assert any(line.strip() == words for line in held), words


def test_one_message_can_end_differently_for_two_recipients(shown: FirstRun) -> None:
    roster = shown.of("4-inside-and-outside.eml")
    assert "PASSED   marcus.lee@city.example" in roster
    assert "HELD     dispatch@contractor.example" in roster
    assert "536-22-8145" not in roster


@pytest.mark.real
def test_every_command_that_it_prints_works(shown: FirstRun) -> None:
    """Typed in the order in which they are printed, in another terminal."""
    if shutil.which("swaks") is None:
        pytest.skip("Debian's package swaks is not installed")
    _, _, next_steps = shown.output.partition("In another terminal")
    typed = "\n".join(line for line in next_steps.splitlines() if line.startswith("  "))
    assert typed.count("\n") >= 6
    done = subprocess.run(["bash", "-e", "-c", typed], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{typed}\n{done.stdout}\n{done.stderr}"
    for words in (
        "Overdue invoice 4471",
        "executable-attachment",
        ": accepted: 250",
        "By rule and clause",
        "250 2.0.0",
    ):
        assert words in done.stdout, words
    typed = f"export MAILWARD_CONFIG={shown.state}/mailward.yaml; .venv/bin/mailward quarantine list"
    listing = subprocess.run(["bash", "-c", typed], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert re.search("executable-attachment +you@elsewhere.example", listing)


@pytest.mark.parametrize(
    "number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=["ctrl-c", "sigterm", "terminal-closed"]
)
def test_it_ends_cleanly_and_leaves_nothing_running(first_run: Callable[..., FirstRun], number: int) -> None:
    run = first_run()
    assert LAST_LINE in run.output, run.output
    processes = run.processes()
    assert len(processes) > 3
    assert run.end(number) == 0
    assert not any(map(runs, processes))
    assert run.process.stdout is not None and run.process.stdout.read() == ""


def test_a_second_run_finds_the_state_of_the_first(first_run: Callable[..., FirstRun]) -> None:
    first = first_run()
    first.end()
    second = first_run()
    assert "HELD     finance@city.example" in second.of("3-program-in-zip.eml")
    items = [re.search(r"quarantine show (\S+)", run.output) for run in (first, second)]
    assert items[0] is not None and items[1] is not None
    assert items[0][1] == items[1][1]


@pytest.mark.real
def test_what_passes_goes_to_a_server_of_ones_own(first_run: Callable[..., FirstRun], postfix: Postfix) -> None:
    run = first_run(f"127.0.0.1:{postfix.port}")
    assert f"What passes goes to 127.0.0.1:{postfix.port}." in run.output
    arrived = {arrival.recipient for arrival in postfix.arrivals()} if postfix.wait_for(3) else set()
    assert arrived == {"permits@city.example", "letters@gazette.example", "marcus.lee@city.example"}


def test_a_server_that_is_away_is_told(first_run: Callable[..., FirstRun]) -> None:
    away = f"127.0.0.1:{free_port()}"
    run = first_run(away)
    assert "The gateway did not take 1-resident-asks.eml, and answered 451" in run.output
    assert f"Does the server at NEXT_HOP={away} run" in run.output
    assert run.process.wait(END_SECONDS) == 1


def test_a_port_in_use_is_named(shown: FirstRun, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "deploy" / "first_run.py")],
        cwd=ROOT,
        env={**os.environ, "STATE": str(tmp_path / "other"), "EDGE_PORT": str(shown.edge)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith(f"Port {shown.edge} is in use;") and "EDGE_PORT=" in done.stderr
    assert not (tmp_path / "other").exists()
