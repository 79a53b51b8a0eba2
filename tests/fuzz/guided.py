"""The long search, guided by coverage: `make fuzz`, or `python -m tests.fuzz.guided SECONDS [TARGET…]`.

Starts from the kept seeds, keeps what it finds of interest in `.fuzz`, and ends with an error when a target fails;
the input that did it lies there, made as small as could be.
"""

import gc
import os
import subprocess
import sys
from pathlib import Path
from types import FunctionType

from tests.fuzz.targets import BY_NAME, SEEDS

FOUND = Path(__file__).parents[2] / ".fuzz"
MAX_OCTETS = 64 * 1024  # of an input
SECONDS_EACH = 20  # for one input: instrumented code is slower than ours
MEBIBYTES = 3_000  # of memory, with what the instrumentation needs
MINIMISE_SECONDS = 60
OURS = ("rules.", "quarantine.", "gateway.")


def main() -> int:
    if len(sys.argv) == 3 and sys.argv[1] == "--target":
        return _fuzz(sys.argv[2])
    seconds = int(sys.argv[1])
    failed = [name for name in sys.argv[2:] or BY_NAME if not _search(name, seconds)]
    print(f"failed: {', '.join(failed)}" if failed else "nothing found", file=sys.stderr)
    return 1 if failed else 0


def _search(name: str, seconds: int) -> bool:
    """One target in a process of its own, which a crash of a library ends."""
    crashes, corpus = FOUND / name / "crashes", FOUND / name / "corpus"
    crashes.mkdir(parents=True, exist_ok=True)
    corpus.mkdir(parents=True, exist_ok=True)
    for kept, octets in BY_NAME[name].seeds().items():
        (corpus / kept).write_bytes(octets)
    words = FOUND / name / "words"
    words.write_text("".join(f'"{_escaped(word)}"\n' for word in BY_NAME[name].words))
    before = set(crashes.iterdir())
    print(f"{name}: {seconds} s", file=sys.stderr)
    log = (FOUND / name / "log").open("wb")
    done = _run(
        name, [f"-max_total_time={seconds}", f"-dict={words}", f"-artifact_prefix={crashes}/", str(corpus)], log
    )
    new = sorted(set(crashes.iterdir()) - before)
    for crash in new:
        _minimise(name, crash)
    if done != 0 and not new:
        print(f"{name}: ended with {done}, see {FOUND / name / 'log'}", file=sys.stderr)
    return done == 0 and not new


def _minimise(name: str, crash: Path) -> None:
    small = crash.with_name(f"small-{crash.name}")
    options = ["-minimize_crash=1", f"-max_total_time={MINIMISE_SECONDS}", f"-exact_artifact_path={small}", str(crash)]
    _run(name, options, subprocess.DEVNULL)
    smallest = small if small.exists() else crash
    print(f"{name}: {smallest}", file=sys.stderr)
    print(f"  once it is mended, keep it: cp {smallest} {SEEDS / name}/", file=sys.stderr)


def _run(name: str, options: list[str], log: object) -> int:
    limits = [f"-max_len={MAX_OCTETS}", f"-timeout={SECONDS_EACH}", f"-rss_limit_mb={MEBIBYTES}"]
    command = [sys.executable, "-m", "tests.fuzz.guided", "--target", name]
    environment = os.environ | {"FUZZ_OPTIONS": "\n".join([*limits, *options])}
    return subprocess.run(command, stdout=log, stderr=subprocess.STDOUT, env=environment, check=False).returncode


def _escaped(word: bytes) -> str:
    return "".join(f"\\x{octet:02x}" for octet in word)


def _is_ours(found: object) -> bool:
    return isinstance(found, FunctionType) and (found.__module__ or "").startswith(OURS)


def _fuzz(name: str) -> int:
    import logging

    import atheris

    logging.disable(logging.CRITICAL)
    run = BY_NAME[name].run
    # Not `instrument_all`: with all that our libraries import it takes minutes, and what guides is our code.
    for function in filter(_is_ours, gc.get_objects()):
        atheris.instrument_func(function)
    atheris.Setup([sys.argv[0], *os.environ["FUZZ_OPTIONS"].split("\n")], run)
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main())
