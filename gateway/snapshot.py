"""What the service runs on: configuration, policy and staff list as they were last accepted, apart from the files.

A process that is started again, and inspection that is, read it, so that what an administrator has half written stops
nothing. Keys, certificates and secrets are not copied.
"""

import shutil
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from gateway.config import Config, load_config
from rules.document import to_json
from rules.policy import POLICIES, find_policy

FOLDER = "in-force"  # under the state folder
KEPT = 5  # sets: messages in hand, and processes that are just starting, may still read an earlier one
# What a running process cannot change: it listens, holds connections and writes its state by these.
AT_START = ("domains", "listeners", "next_hops", "hostname", "state", "subject_tag", "processes", "limits")


def at_reload(old: Config, new: Config) -> Config:
    """The new configuration with everything of the old that only a restart changes."""
    limits = replace(old.limits, inspection_seconds=new.limits.inspection_seconds)  # inspection takes this one over
    return replace(new, **{name: getattr(old, name) for name in AT_START} | {"limits": limits})


def needs_restart(old: Config, new: Config) -> tuple[str, ...]:
    """The keys that differ and that a reload does not bring into force."""
    applied = at_reload(old, new)
    return tuple(name for name in AT_START if getattr(applied, name) != getattr(new, name))


def take(config: Config) -> Path:
    """Copy the set and put it in the place of the last one; returns the file to load, the same each time.

    The set loads, or nothing changes. Raises OSError, DocumentError.
    """
    base = config.state / FOLDER
    base.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f"{time.time_ns()}-", dir=base))
    kept = replace(config, policy=_copied_policy(config, folder), directory=_copied_directory(config, folder))
    (folder / "mailward.yaml").write_bytes(to_json(kept, Config))  # JSON is YAML too
    load_config(folder / "mailward.yaml")
    _point(base, folder)
    for earlier in sorted(path for path in base.iterdir() if path.is_dir() and not path.is_symlink())[:-KEPT]:
        shutil.rmtree(earlier, ignore_errors=True)
    return base / "now" / "mailward.yaml"


def _copied_policy(config: Config, folder: Path) -> str:
    """A shipped policy stays where it is; of one's own, the file and the rules beside it are all that is read."""
    path = find_policy(config.policy)
    if path.is_relative_to(POLICIES):
        return config.policy
    (folder / "policy").mkdir()
    if (path.parent / "rules").is_dir():
        shutil.copytree(path.parent / "rules", folder / "policy" / "rules")
    return str(shutil.copy(path, folder / "policy" / path.name))


def _copied_directory(config: Config, folder: Path) -> Path | None:
    if config.directory is None:
        return None
    return Path(shutil.copy(config.directory, folder / f"directory{config.directory.suffix}"))


def _point(base: Path, folder: Path) -> None:
    """`now` leads to the folder; replaced in one step, so that nobody finds it missing."""
    link = folder / "link"
    link.symlink_to(folder.name)
    link.replace(base / "now")
