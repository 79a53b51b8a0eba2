"""A configuration for checks, and what one check says as pairs of grade and sentence."""

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from gateway.config import Config, load_config
from gateway.doctor.note import Grade, Note


@pytest.fixture
def configured(config_file: Callable[..., Path]) -> Callable[..., Config]:
    """`configured(extra, next_hop=…)`: the configuration that `config_file` writes, read."""
    return lambda *arguments, **named: load_config(config_file(*arguments, **named))


@pytest.fixture
def grades() -> Callable[[Iterable[Note]], set[Grade]]:
    return lambda notes: {note.grade for note in notes}
