"""The secrets of Exchange's stamp, from files or the environment. Never logs or shows one."""

import os
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path

from gateway.identity.ladder import LEAST_SECRET, MAX_SECRETS

VARIABLE = "MAILWARD_EXCHANGE_STAMP"  # one secret, or two with a blank between them


class UnusableSecret(ValueError):
    """Why, in words that hold nothing of the secret."""


def load_secrets(files: Sequence[Path], environment: Mapping[str, str] = os.environ) -> tuple[bytes, ...]:
    """The live secrets, at most two; none at all switches the stamp off. Raises UnusableSecret."""
    found = [*map(_read, files), *(text.encode() for text in environment.get(VARIABLE, "").split())]
    if len(found) > MAX_SECRETS:
        raise UnusableSecret(f"at most {MAX_SECRETS} secrets of the stamp live at once, not {len(found)}")
    if any(len(secret) < LEAST_SECRET or not secret.isascii() for secret in found):
        raise UnusableSecret(f"a secret of the stamp has {LEAST_SECRET} or more ASCII characters")
    return tuple(found)


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_mode & (stat.S_IRWXO | stat.S_IWGRP):
            raise UnusableSecret(f"{path}: others can read or change it; chmod 0640 or less")
        return path.read_bytes().strip()
    except OSError as error:
        raise UnusableSecret(f"{path}: {error.strerror}") from None
