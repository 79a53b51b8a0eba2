"""The registry of detectors agrees with the files, the rules and the policies."""

from pathlib import Path

import pytest

from rules.detectors import BY_NAME, DETECTORS
from rules.policy import load_policy, load_rule
from rules.shipped import LIBRARY, find_policy, library_rules, shipped_policies

ROOT = Path(__file__).parents[2]


def test_every_detector_file_is_registered_and_every_name_is_its_files() -> None:
    files = {path.stem for path in (ROOT / "rules" / "detectors").glob("*.py")} - {"__init__"}
    assert set(BY_NAME) == files
    assert len(DETECTORS) == len(BY_NAME)


def test_every_detector_serves_a_rule() -> None:
    rules = [load_rule(LIBRARY / name) for name in library_rules()]
    used = {probe.detector for rule in rules for probe in rule.probes}
    assert set(BY_NAME) - used == set()


def test_every_folder_of_the_library_is_a_rule() -> None:
    assert {path.name for path in LIBRARY.iterdir() if path.is_dir()} == set(library_rules())


def test_every_rule_of_the_library_is_used_by_a_shipped_policy() -> None:
    used = {rule.name for name in shipped_policies() for rule in load_policy(find_policy(name)).rules}
    assert set(library_rules()) - used == set()


@pytest.mark.parametrize("detector", DETECTORS, ids=lambda detector: detector.name)
def test_parameters_are_the_same_in_every_process(detector: object) -> None:
    """A policy's hash is made of how they print; sets print in an order of their own in each process."""
    parameters = detector.parameters()  # type: ignore[attr-defined]
    assert "frozenset(" not in repr(parameters) and "{" not in repr(parameters)
    assert parameters == type(parameters)()
