"""Postfix alone and with milters, in one run: messages a second, and the CPU of the milter for each message.

Load is Postfix's smtp-source, the end its smtp-sink. Systems take turns within each round; medians are printed. Read
ratios: everything shares the machine's cores. rspamd is measured where Debian's package is installed.

    python tests/benchmarks/milters.py [--rounds 3] [--messages 500] [--sessions 10]
"""

import argparse
import contextlib
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.benchmarks.ending import end_with_parent  # noqa: E402
from tests.benchmarks.systems import family, seconds_of_cpu  # noqa: E402
from tests.ports import free_port  # noqa: E402
from tests.postfix import Postfix  # noqa: E402

SOURCE, SINK = (shutil.which(name) or f"/usr/sbin/{name}" for name in ("smtp-source", "smtp-sink"))
SIZES = {"2 kB": 2_048, "50 kB": 51_200, "5 MB": 5 * 1024 * 1024}
START_SECONDS = 60.0
CONFIGURATION = """\
domains: [city.example]
hostname: gw.city.example
state: {folder}/state
next_hops: [{{name: onward, host: 127.0.0.1, port: {sink}, tls: "off"}}]
milters:
  - {{name: tcp, kind: edge, direction: inbound, port: {port}, next_hop: onward, inside: []}}
  - {{name: unix, kind: edge, direction: inbound, socket: {socket}, socket_group: postfix, next_hop: onward,
     inside: []}}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    name: str
    postfix: Postfix
    milter: int | None  # heads the milter's processes

    def cpu(self) -> float:
        return 0.0 if self.milter is None else sum(seconds_of_cpu(pid) for pid in family(self.milter))


def wait(connect: Callable[[], object]) -> None:
    end = time.monotonic() + START_SECONDS
    while True:
        try:
            connect()
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)
        else:
            return


def to_port(port: int) -> None:
    socket.create_connection(("127.0.0.1", port), 5).close()


def to_path(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as one:
        one.connect(str(path))


@contextlib.contextmanager
def child(*command: str, log: Path) -> Iterator[int]:
    with log.open("wb") as out:
        running = subprocess.Popen(
            command, stdout=out, stderr=out, stdin=subprocess.DEVNULL, preexec_fn=end_with_parent, cwd=ROOT
        )
    try:
        yield running.pid
    finally:
        running.terminate()
        running.wait(30)


@contextlib.contextmanager
def systems(folder: Path) -> Iterator[list[System]]:
    with contextlib.ExitStack() as stack:
        sink = free_port()
        stack.enter_context(child(SINK, "-u", "nobody", f"127.0.0.1:{sink}", "1000", log=folder / "sink.log"))

        def beside(name: str, milters: str, pid: int | None) -> System:
            settings = {"smtpd_milters": milters, "fsync_disabled": "no"} if milters else {}
            postfix = Postfix(sink, settings)
            stack.callback(postfix.stop)
            return System(name=name, postfix=postfix, milter=pid)

        found = [beside("Postfix alone", "", None)]
        python = "/usr/bin/python3"
        if subprocess.run([python, "-c", "import Milter"], capture_output=True, check=False).returncode == 0:
            port = free_port()
            pid = stack.enter_context(
                child(
                    python,
                    str(Path(__file__).with_name("trivial_milter.py")),
                    f"inet:{port}@127.0.0.1",
                    log=folder / "trivial.log",
                )
            )
            wait(lambda: to_port(port))
            found.append(beside("trivial milter, TCP", f"inet:127.0.0.1:{port}", pid))
        else:
            print("left out: python3-milter is not installed", file=sys.stderr)
        port, path, file = free_port(), folder / "milter.sock", folder / "mailward.yaml"
        file.write_text(CONFIGURATION.format(folder=folder, sink=sink, port=port, socket=path))
        serve = "from gateway.cli import main; main()"
        pid = stack.enter_context(
            child(sys.executable, "-c", serve, "serve", "-c", str(file), log=folder / "mailward.log")
        )
        wait(lambda: to_path(path))
        found.append(beside("Mailward, TCP", f"inet:127.0.0.1:{port}", pid))
        found.append(beside("Mailward, Unix socket", f"unix:{path}", pid))
        if (rspamd := shutil.which("rspamd")) is not None:
            print(f"{rspamd} is here; measure it by its own configuration with --milter", file=sys.stderr)
        yield found


def measure(system: System, octets: int, messages: int, sessions: int) -> tuple[float, float]:
    """Messages a second as smtp-source sees them, and milliseconds of the milter's CPU for each."""
    before, begin = system.cpu(), time.perf_counter()
    command = [SOURCE, "-s", str(sessions), "-m", str(messages), "-l", str(octets), "-f", "a@elsewhere.example"]
    subprocess.run(
        [*command, "-t", "b@city.example", f"127.0.0.1:{system.postfix.port}"], check=True, capture_output=True
    )
    seconds = time.perf_counter() - begin
    time.sleep(0.3)
    cpu = 1_000 * (system.cpu() - before) / messages
    end = time.monotonic() + 60
    while system.postfix.queue() and time.monotonic() < end:  # another system's turn comes with an empty queue
        time.sleep(0.2)
    return messages / seconds, cpu


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--messages", type=int, default=500)
    parser.add_argument("--sessions", type=int, default=10)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mailward-milters-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        with systems(folder) as running:
            results: dict[tuple[str, str], list[tuple[float, float]]] = {}
            for number in range(options.rounds + 1):  # round 0 warms up
                for size, octets in SIZES.items():
                    messages = max(5, min(options.messages, options.messages * 8_192 // octets))
                    for system in running:
                        one = measure(system, octets, messages, options.sessions)
                        print(
                            f"{number} {size} {system.name}: {one[0]:.1f}/s {one[1]:.2f} ms",
                            file=sys.stderr,
                            flush=True,
                        )
                        if number:
                            results.setdefault((system.name, size), []).append(one)
            print("| | " + " | ".join(SIZES) + " |\n|---|" + "---|" * len(SIZES))
            for system in running:
                cells = (
                    " / ".join(
                        f"{statistics.median(column):.2f}" for column in zip(*results[system.name, size], strict=True)
                    )
                    for size in SIZES
                )
                print(f"| {system.name} (messages a second / ms CPU of the milter) | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
