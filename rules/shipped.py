"""Where what ships with the program lies: the library's rules and the policies, by their names.

Reads none of them: whoever only looks for one spares the compiler of policies and the detectors that it knows.
"""

from pathlib import Path

LIBRARY = Path(__file__).parent / "library"
POLICIES = Path(__file__).parent / "policies"


def library_rules() -> tuple[str, ...]:
    """The names of the library's rules, sorted."""
    return tuple(sorted(path.parent.name for path in LIBRARY.glob("*/rule.yaml")))


def find_policy(name_or_folder: str, base: Path | None = None) -> Path:
    """The policy.yaml of a shipped policy's name, or of a folder or file (relative ones from `base`)."""
    shipped = POLICIES / name_or_folder / "policy.yaml"
    if "/" not in name_or_folder and shipped.is_file():
        return shipped
    path = (base or Path()) / name_or_folder
    return path / "policy.yaml" if path.is_dir() else path


def shipped_policies() -> tuple[str, ...]:
    """The names of the policies that ship, sorted."""
    return tuple(sorted(path.parent.name for path in POLICIES.glob("*/policy.yaml")))
