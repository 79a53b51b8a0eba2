"""The long run: `python -m tests.differential.campaign SEED MESSAGES`. Keeps what is missed, with how it was made.

Ends with an error when any reference parser sees a program that Mailward neither reports nor holds.
"""

import sys
import tempfile
from collections import defaultdict
from pathlib import Path

from tests.differential.comparison import compare
from tests.differential.grammar import message
from tests.differential.references import presence

KEPT = Path(__file__).parents[2] / ".fuzz" / "differential"
BATCH = 1_000  # messages in the folder at a time


def main() -> int:
    seed, count = int(sys.argv[1]), int(sys.argv[2])
    here = presence()
    print(f"absent: {', '.join(name for name, present in here.items() if not present) or 'none'}")
    parsers = [name for name, present in here.items() if present]
    seen: dict[str, int] = defaultdict(int)
    missed = 0
    for first in range(0, count, BATCH):
        missed += _batch(seed, range(first, min(first + BATCH, count)), parsers, seen)
    print(f"{count} messages; programs seen: {', '.join(f'{name} {number}' for name, number in seen.items())}")
    print(f"missed: {missed}" + (f", kept in {KEPT}" if missed else ""))
    return 1 if missed else 0


def _batch(seed: int, numbers: range, parsers: list[str], seen: dict[str, int]) -> int:
    with tempfile.TemporaryDirectory() as folder:
        made = {number: message(seed, number) for number in numbers}
        paths = {Path(folder) / f"{number}.eml": number for number in numbers}
        for path, number in paths.items():
            path.write_bytes(made[number].octets)
        missed, counts = compare(list(paths), parsers)
    for name, number in counts.items():
        seen[name] += number
    by_message = defaultdict(list)
    for entry in missed:
        by_message[paths[entry.message]].append(entry.parser)
    for number, names in by_message.items():
        KEPT.mkdir(parents=True, exist_ok=True)
        (KEPT / f"{seed}-{number}.eml").write_bytes(made[number].octets)
        print(f"{seed}/{number}: {', '.join(names)}: {'; '.join(made[number].told)}")
    return len(by_message)


if __name__ == "__main__":
    sys.exit(main())
