"""What waits, in numbers, and whether the file is sound."""

from collections.abc import Callable
from pathlib import Path

import pytest

from quarantine.adapters.stock import DATABASE, Waiting, soundness, waiting
from quarantine.ports import StoreUnavailable
from quarantine.quarantine import open_store


def test_an_empty_database_is_sound_and_nothing_waits(tmp_path: Path) -> None:
    open_store(tmp_path)
    assert waiting(tmp_path / DATABASE) == Waiting(items=0, oldest=None)
    assert soundness(tmp_path / DATABASE) == ("delete", "")


@pytest.mark.parametrize("look", [waiting, soundness])
def test_looking_makes_no_database(look: Callable[[Path], object], tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable):
        look(tmp_path / DATABASE)
    assert list(tmp_path.iterdir()) == []


def test_what_is_not_a_database_is_told(tmp_path: Path) -> None:
    (tmp_path / DATABASE).write_bytes(b"not a database, " * 1000)
    with pytest.raises(StoreUnavailable, match="not a database"):
        soundness(tmp_path / DATABASE)
