"""Random choices that are remembered in words, so that a message can be told by how it was made."""

import random
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")
# Of all choices in one message. Few oddities tell the most: any other that is held would hide what is missed.
SHARES = (0.02, 0.04, 0.08, 0.16)


class Choices:
    """The same number always makes the same choices."""

    def __init__(self, seed: int, number: int) -> None:
        self.random = random.Random(f"{seed}/{number}")
        self.share = self.random.choice(SHARES)
        self.told: list[str] = []

    def usual_or(self, what: str, usual: T, odd: Sequence[tuple[str, T]]) -> T:
        """`usual`, or now and then one of the odd forms, which is told."""
        if self.random.random() >= self.share:
            return usual
        return self.one(what, odd)

    def one(self, what: str, forms: Sequence[tuple[str, T]]) -> T:
        """One of these forms."""
        word, form = self.random.choice(forms)
        self.told.append(f"{what}: {word}")
        return form

    def sometimes(self, what: str, times: float = 1.0) -> bool:
        """Yes in as many messages as have any one oddity, or so many times as often."""
        chosen = self.random.random() < times * self.share
        if chosen:
            self.told.append(what)
        return chosen
