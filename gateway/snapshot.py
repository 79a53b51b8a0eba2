"""What the service runs on: configuration, policy and staff list as they were last accepted, apart from the files.

A process that is started again, and inspection that is, read it, so that what an administrator has half written stops
nothing. Certificates, keys and secrets are copied too, for the service alone to read.
"""

import os
import shutil
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from gateway.config import Certificate, Config, IdentitySettings, Listener, load_config
from rules.document import to_json
from rules.shipped import POLICIES, find_policy

FOLDER = "in-force"  # under the state folder
FILE = Path("now") / "mailward.yaml"  # within it: what the processes load
KEPT = 5  # sets: messages in hand, and processes that are just starting, may still read an earlier one
# What a running process cannot change: it listens, holds connections and writes its state by these.
AT_START = (
    "domains",
    "listeners",
    "milters",
    "next_hops",
    "routes",
    "hostname",
    "state",
    "subject_tag",
    "disclaimer",
    "processes",
    "limits",
    "monitor",
    "stored_facts_megabytes",
)


def at_reload(old: Config, new: Config) -> Config:
    """The new configuration with everything of the old that only a restart changes."""
    limits = replace(old.limits, inspection_seconds=new.limits.inspection_seconds)  # inspection takes this one over
    certificates = {listener.name: listener for listener in new.listeners}
    listeners = tuple(_recertified(listener, certificates.get(listener.name, listener)) for listener in old.listeners)
    kept = {name: getattr(old, name) for name in AT_START}
    return replace(new, **kept | {"limits": limits, "listeners": listeners})


def _recertified(old: Listener, new: Listener) -> Listener:
    """Everything as it was but what STARTTLS is offered with, which a running listener can change."""
    return replace(old, certificate=new.certificate, client_authorities=new.client_authorities)


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
    kept = replace(
        config,
        policy=_copied_policy(config, folder),
        directory=_copied(config.directory, folder / "directory"),
        listeners=tuple(
            _copied_listener(listener, folder / f"listener-{number}")
            for number, listener in enumerate(config.listeners)
        ),
        next_hops=tuple(
            replace(hop, tls_ca=_copied(hop.tls_ca, folder / f"next-hop-{number}"))
            for number, hop in enumerate(config.next_hops)
        ),
        identity=_copied_identity(config.identity, folder),
    )
    (folder / "mailward.yaml").write_bytes(to_json(kept, Config))  # JSON is YAML too
    load_config(folder / "mailward.yaml")
    _point(base, folder)
    for earlier in sorted(path for path in base.iterdir() if path.is_dir() and not path.is_symlink())[:-KEPT]:
        shutil.rmtree(earlier, ignore_errors=True)
    return base / FILE


def _copied_policy(config: Config, folder: Path) -> str:
    """A shipped policy stays where it is; of one's own, the file and the rules beside it are all that is read."""
    path = find_policy(config.policy)
    if path.is_relative_to(POLICIES):
        return config.policy
    (folder / "policy").mkdir()
    if (path.parent / "rules").is_dir():
        shutil.copytree(path.parent / "rules", folder / "policy" / "rules")
    return str(shutil.copy(path, folder / "policy" / path.name))


def _copied(path: Path | None, to: Path) -> Path | None:
    """A copy under that name, with the suffix it had."""
    return None if path is None else _copy(path, to)


def _copy(path: Path, to: Path) -> Path:
    """For the service alone, whoever may read the original: some of them are keys.

    As old as the original: monitors are told how old the staff list is.
    """
    copy = to.with_name(to.name + path.suffix)
    copy.touch(mode=0o600, exist_ok=False)
    written = path.stat()
    shutil.copyfile(path, copy)
    os.utime(copy, ns=(written.st_atime_ns, written.st_mtime_ns))
    return copy


def _copied_listener(listener: Listener, to: Path) -> Listener:
    certificate = listener.certificate
    if certificate is None:
        return listener
    chain, key, authorities = (to.with_name(f"{to.name}-{what}") for what in ("chain", "key", "authorities"))
    return replace(
        listener,
        certificate=Certificate(chain=_copy(certificate.chain, chain), key=_copy(certificate.key, key)),
        client_authorities=_copied(listener.client_authorities, authorities),
    )


def _copied_identity(settings: IdentitySettings, folder: Path) -> IdentitySettings:
    """With the modes they had: whoever loads them refuses what others may read."""
    sign = settings.sign
    return replace(
        settings,
        stamp_files=tuple(
            Path(shutil.copy(path, folder / f"stamp-{number}")) for number, path in enumerate(settings.stamp_files)
        ),
        sign=None if sign is None else replace(sign, key=Path(shutil.copy(sign.key, folder / "signing-key"))),
    )


def _point(base: Path, folder: Path) -> None:
    """`now` leads to the folder; replaced in one step, so that nobody finds it missing."""
    link = folder / "link"
    link.symlink_to(folder.name)
    link.replace(base / "now")
