"""What ships is found by its name, and one's own by its place."""

import subprocess
import sys
from pathlib import Path

from rules.shipped import POLICIES, find_policy, library_rules, shipped_policies

BASELINE = POLICIES / "city-baseline" / "policy.yaml"


def test_a_shipped_policy_is_found_by_its_name() -> None:
    assert find_policy("city-baseline") == BASELINE
    assert "city-baseline" in shipped_policies()


def test_a_name_with_a_folder_before_it_is_a_place(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    assert find_policy("mine", tmp_path) == tmp_path / "mine" / "policy.yaml"
    assert find_policy("./city-baseline", tmp_path) == tmp_path / "city-baseline"
    assert find_policy(str(BASELINE)) == BASELINE


def test_the_library_is_told_in_order() -> None:
    assert "barred-link" in library_rules()
    assert list(library_rules()) == sorted(library_rules())


def test_who_only_looks_for_a_policy_spares_the_detectors() -> None:
    program = "import sys, rules.shipped, gateway.config; print('rules.detectors' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True).stdout == "False\n"
