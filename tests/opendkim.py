"""Debian's OpenDKIM: installed, or unpacked by deploy/setup with the libraries it needs, for installing starts it."""

import os
import shutil
from collections.abc import Mapping

from tests.peers import UNPACKED

_UNPACKED = UNPACKED / "opendkim"


def program() -> str | None:
    """Its path; None where it is not at hand."""
    unpacked = _UNPACKED / "usr/sbin/opendkim"
    return shutil.which("opendkim", path=f"{os.environ.get('PATH', '')}:/usr/sbin") or (
        str(unpacked) if unpacked.is_file() else None
    )


def environment() -> Mapping[str, str]:
    """In which it finds its libraries; that of OpenDBX lies above the others'."""
    libraries = ":".join(sorted({str(path.parent) for path in _UNPACKED.glob("usr/lib/**/*.so*")}))
    return {**os.environ, "LD_LIBRARY_PATH": libraries} if libraries else os.environ
