"""What a start or a reload asks to bring into force: not a staff list that has lost most of its people, unless somebody
has said so, and no other policy that is not in the record.

Decides and records; who starts the processes, and copies the files, is others' business.
"""

import hashlib
import logging
import os
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.config import Config, load_config
from gateway.snapshot import FILE, FOLDER
from gateway.staff_list import Refused, check_loss
from quarantine.audit import GATEWAY, Audit, Record, folder_of
from quarantine.ports import StoreUnavailable
from rules.directory import Directory
from rules.directory_file import load_directory
from rules.shipped import find_policy
from rules.yaml_nodes import DocumentError

if TYPE_CHECKING:
    from rules.policy import Policy

POLICY_ACT, STAFF_ACT = "policy", "accept staff list"
POLICY_NOW = "policy-now"  # under the state folder: name and hash of the policy that was last recorded
STAFF_ACCEPTED = "staff-accepted"  # under the state folder: the SHA-256 of the list that may have lost most people

_log = logging.getLogger("mailward.taking")


def check_staff(config: Config, in_force: Path) -> None:
    """Raises Refused for a staff list with much fewer people than the one in force: others would be strangers."""
    before = load_config(in_force).directory
    if config.directory is None or before is None:
        return
    domains = frozenset(config.domains)
    try:
        check_loss(load_directory(config.directory, domains), load_directory(before, domains))
    except Refused as refused:
        if _read(config.state / STAFF_ACCEPTED) != _sha256(config.directory):
            really = "If they have really gone: mailward directory accept --reason …, then reload"
            raise Refused(f"{config.directory}: {refused}. {really}") from None


def staff_at_start(config: Config) -> Config:
    """With the staff list that was in force, where the one there has lost much: a machine may start again by itself."""
    in_force = config.state / FOLDER / FILE
    try:
        check_staff(config, in_force)
    except Refused as refused:
        _log.error("the staff list of before stays in force: %s", refused)
        return replace(config, directory=load_config(in_force).directory)
    except (DocumentError, OSError):  # nothing was in force, or what an earlier version wrote otherwise
        pass
    return config


def is_in_force(config: Config) -> bool:
    """Whether the service has ever started on this state folder."""
    return (config.state / FOLDER / FILE).exists()


def accept_staff(config: Config, directory: Directory, *, by: str, reason: str) -> None:
    """The list that lies there may come into force, whoever is missing from it. Raises StoreUnavailable, OSError."""
    assert config.directory is not None, "there is a list"
    sha256 = _sha256(config.directory)
    detail = f"{len(directory.people)} people, SHA-256 {sha256}"
    _append(config, Record(at=datetime.now(UTC), act=STAFF_ACT, by=by, reason=reason, detail=detail))
    _write(config.state / STAFF_ACCEPTED, sha256)


def record_policy(config: Config) -> None:
    """One record where the policy is another than the last time. Raises StoreUnavailable, DocumentError, OSError."""
    from rules.policy import load_policy  # and all detectors: commands that take a staff list spare them

    now, before = _named(load_policy(find_policy(config.policy))), _read(config.state / POLICY_NOW)
    if now == before:
        return
    reason = f"{now}, before: {before or 'none'}"
    _append(config, Record(at=datetime.now(UTC), act=POLICY_ACT, by=GATEWAY, reason=reason))
    _write(config.state / POLICY_NOW, now)


def record_policy_at_start(config: Config) -> None:
    """The same where mail is worth more: a start without the record is told, and recorded by the next."""
    try:
        record_policy(config)
    except (StoreUnavailable, OSError) as error:
        _log.error("the policy is not in the record: %s", error)


def _named(policy: "Policy") -> str:
    return f"{policy.name} {policy.hash}"


def _append(config: Config, record: Record) -> None:
    audit = Audit(folder=folder_of(config.state))
    with closing(audit):
        audit.append(record)


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _read(path: Path) -> str:
    try:
        return path.read_text().strip()
    except (OSError, UnicodeError):
        return ""


def _write(path: Path, text: str) -> None:
    """As the account whose folder it is, for a command of root's must not close it to the service."""
    new = path.with_name(f".{path.name}-new")
    new.write_text(f"{text}\n")
    if os.geteuid() == 0:
        owner = path.parent.stat()
        os.chown(new, owner.st_uid, owner.st_gid)
    new.replace(path)
