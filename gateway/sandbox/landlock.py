"""Landlock (landlock(7)): which files a worker may read, that it writes only to its private folder, and nothing else.

It works without privileges, and where name spaces are refused it is what keeps the quarantine out of reach.
"""

import ctypes
import os
import struct
from pathlib import Path

from gateway.sandbox.layers import LayerRefused, checked, kernel
from gateway.sandbox.needed import needed

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same numbers on every architecture
_VERSION = 1  # flag of landlock_create_ruleset: tell the ABI
_PATH_BENEATH = 1
_PR_SET_NO_NEW_PRIVS = 38

# Rights over files by the ABI that brought them (linux/landlock.h)
_WRITE_FILE, _READ_FILE, _READ_DIR, _REMOVE_FILE, _MAKE_REG, _TRUNCATE = 1 << 1, 1 << 2, 1 << 3, 1 << 5, 1 << 8, 1 << 14
_RIGHTS_OF_ABI = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}
_TCP_OF_ABI, _TCP = 4, 0x3  # bind and connect
_SCOPES_OF_ABI, _SCOPES = 6, 0x3  # abstract Unix sockets, signals: only among ourselves
_FOR_FILES = _WRITE_FILE | _READ_FILE | _TRUNCATE  # a rule on a file may name no right over a folder
# Ordinary files alone: what is in folders inside folders, or has no name that can be read, is not easily removed again.
_IN_PRIVATE = _FOR_FILES | _READ_DIR | _REMOVE_FILE | _MAKE_REG


def confine_files(private: Path) -> None:
    """Nothing can be executed; libraries can be read; `private` alone can be written. Raises LayerRefused."""
    version = kernel(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(_VERSION))
    handled = _RIGHTS_OF_ABI[max(abi for abi in _RIGHTS_OF_ABI if abi <= version)]
    ruleset = struct.pack(
        "=QQQ", handled, _TCP if version >= _TCP_OF_ABI else 0, _SCOPES if version >= _SCOPES_OF_ABI else 0
    )
    descriptor = kernel(_CREATE_RULESET, ruleset, ctypes.c_size_t(len(ruleset)), ctypes.c_uint32(0))
    try:
        for path in needed():
            _allow(descriptor, path, (_READ_FILE | _READ_DIR) & handled)
        _allow(descriptor, private, _IN_PRIVATE & handled)
        checked(ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
        kernel(_RESTRICT_SELF, descriptor, ctypes.c_uint32(0))
    finally:
        os.close(descriptor)


def _allow(ruleset: int, path: Path, rights: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except (FileNotFoundError, PermissionError):
        return  # what does not exist, or is closed to us anyway
    try:
        within = rights if path.is_dir() else rights & _FOR_FILES
        rule = struct.pack("=Qi", within, descriptor)
        kernel(_ADD_RULE, ruleset, _PATH_BENEATH, rule, ctypes.c_uint32(0))
    finally:
        os.close(descriptor)


def abi() -> int:
    """The kernel's version of Landlock; 0 where it has none or it is switched off."""
    try:
        return kernel(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(_VERSION))
    except LayerRefused:
        return 0
