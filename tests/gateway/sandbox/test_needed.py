"""What a confined reader may still open: libraries, and neither tests nor state nor configuration beside them."""

import sys
from pathlib import Path

from gateway.sandbox.needed import needed


def within(path: Path) -> bool:
    return any(path.resolve().is_relative_to(place.resolve()) for place in needed())


def test_the_interpreter_and_our_own_code_are_among_it() -> None:
    assert within(Path(sys.executable)) and within(Path(needed.__code__.co_filename))


def test_the_city_s_files_are_not() -> None:
    root = Path(__file__).parents[3]
    for path in ("/etc/shadow", "/etc/mailward/mailward.yaml", "/var/lib/mailward", "/proc/1", root / ".state"):
        assert not within(Path(path)), path
