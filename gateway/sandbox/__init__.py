"""What an inspection worker gives up before it reads its first message: network, files, system calls, memory, time.

Every layer holds alone; one that this kernel refuses is told, and the others still stand.
"""

import os
from collections.abc import Callable
from pathlib import Path

from gateway.sandbox.landlock import confine_files
from gateway.sandbox.layers import Layer, LayerRefused, Refusal
from gateway.sandbox.limits import end_first, limit_resources
from gateway.sandbox.namespaces import drop_capabilities, leave_files, leave_network
from gateway.sandbox.system_calls import filter_system_calls

__all__ = ["Layer", "Refusal", "confine_parent", "confine_worker"]


def confine_parent() -> tuple[Refusal, ...]:
    """For the warm parent, before it forks: network and file system of its own. Returns what it goes without."""
    end_first()
    return _without({Layer.NETWORK: leave_network, Layer.FILE_SYSTEM: leave_files})


def confine_worker(private: Path) -> tuple[Refusal, ...]:
    """For a worker, after its fork: what reading a message does not need is taken away for good.

    `private` is the one folder it may write to. Returns what it goes without. The order matters: the filter of system
    calls forbids to set up the others.
    """
    os.chdir(private)
    return _without(
        {
            Layer.LIMITS: limit_resources,
            Layer.CAPABILITIES: drop_capabilities,
            Layer.LANDLOCK: lambda: confine_files(private),
            Layer.SYSTEM_CALLS: filter_system_calls,
        }
    )


def _without(wanted: dict[Layer, Callable[[], None]]) -> tuple[Refusal, ...]:
    refused = []
    for layer, take in wanted.items():
        try:
            take()
        except (LayerRefused, OSError) as error:
            refused.append(Refusal(layer=layer, reason=str(error)))
    return tuple(refused)
