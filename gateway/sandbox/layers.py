"""The names of the layers, and how the kernel's refusal of one is told."""

import ctypes
import os
from dataclasses import dataclass
from enum import StrEnum


class Layer(StrEnum):
    """What stands between a message and the machine; the values are words for an administrator."""

    NETWORK = "a network name space of their own"
    FILE_SYSTEM = "a read-only file system"
    LIMITS = "limits on memory, processor time and files"
    CAPABILITIES = "the loss of all privileges"
    LANDLOCK = "Landlock"
    SYSTEM_CALLS = "a filter of system calls"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A layer that workers go without, and why."""

    layer: Layer
    reason: str


class LayerRefused(Exception):
    """The kernel or the surroundings do not give this layer; the text says why."""


def kernel(number: int, *arguments: object) -> int:
    """A system call by number. Raises LayerRefused with the kernel's words."""
    return checked(ctypes.CDLL(None, use_errno=True).syscall(number, *arguments))


def checked(result: int) -> int:
    """The result of a call of the C library that reports failure by -1 and errno."""
    if result == -1:
        raise LayerRefused(os.strerror(ctypes.get_errno()))
    return result
