"""A layer that the kernel refuses is told with the kernel's words, and does not stop the others."""

import pytest

from gateway.sandbox import _without
from gateway.sandbox.layers import Layer, LayerRefused, Refusal, kernel


def test_the_kernel_s_words_are_kept():
    with pytest.raises(LayerRefused, match="Function not implemented"):
        kernel(100_000)


def test_the_other_layers_are_still_taken():
    taken = []

    def refuse() -> None:
        raise LayerRefused("not here")

    def fail() -> None:
        raise PermissionError("nor here")

    refused = _without(
        {Layer.LANDLOCK: refuse, Layer.NETWORK: fail, Layer.LIMITS: lambda: taken.append("limits")},
    )
    assert refused == (
        Refusal(layer=Layer.LANDLOCK, reason="not here"),
        Refusal(layer=Layer.NETWORK, reason="nor here"),
    )
    assert taken == ["limits"]
