"""How much one message may ask of the reader, counted while it is read. Knows no format."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

MEBIBYTE = 1024 * 1024
# Characters of text of one message, and so of one part of it. A city's list of all parcels has ten million, of which a
# million is judged in a twentieth of a second; of prose, in which more is sought, a million takes about one.
MAX_TEXT = 16 * MEBIBYTE
_UNPACKED = "containers unpack to more than {} MiB"


class LimitExceeded(ValueError):
    """A limit was met; the text tells an administrator which, and where it stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Per message. Mail of people at work stays far below each of these; peers' limits are in the same range."""

    container_depth: int = 6  # a zip in a message in a zip is three
    members: int = 5_000  # files in all containers together
    unpacked: int = 500 * MEBIBYTE  # octets taken out of all containers together
    ratio: int = 200  # unpacked octets for one packed octet: no ordinary file compresses so well
    ratio_from: int = 10 * MEBIBYTE  # octets of one container below which the ratio is not asked
    # Places in zip archives that begin as local headers which no directory lists, each some microseconds; the limit on
    # members ends those that are, and data of any size holds the four octets by chance once in four GiB.
    places: int = 20_000
    parts: int = 1_000  # MIME entities
    part_depth: int = 30  # multiparts and messages inside each other
    pictures: int = 20  # whose words are read, where that is switched on
    picture_seconds: float = 15.0  # of processor time for the words of all pictures together


class Budget:
    """What is left for one message; every reader of that message draws on the same one."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self.members = 0
        self.unpacked = 0
        self.places = 0
        self.parts = 0
        self.pictures = 0
        self._picture_seconds = self.limits.picture_seconds
        self._container_depth = 0
        self._part_depth = 0

    def count_part(self) -> None:
        """One more MIME entity."""
        self.parts += 1
        if self.parts > self.limits.parts:
            raise LimitExceeded(f"more than {self.limits.parts:,} MIME parts")

    @contextmanager
    def inside_part(self) -> Iterator[None]:
        """Held while the parts of a multipart or of a nested message are walked."""
        if self._part_depth >= self.limits.part_depth:
            raise LimitExceeded(f"MIME parts nested more than {self.limits.part_depth:,} deep")
        self._part_depth += 1
        try:
            yield
        finally:
            self._part_depth -= 1

    @contextmanager
    def inside_container(self) -> Iterator[None]:
        """Held while the members of one container are taken out and walked."""
        if self._container_depth >= self.limits.container_depth:
            raise LimitExceeded(f"containers nested more than {self.limits.container_depth:,} deep")
        self._container_depth += 1
        try:
            yield
        finally:
            self._container_depth -= 1

    @contextmanager
    def picture(self) -> Iterator[float]:
        """Held while the words of one picture are read; gives the seconds it may take."""
        self.pictures += 1
        if self.pictures > self.limits.pictures:
            raise LimitExceeded(f"more than {self.limits.pictures:,} pictures")
        if self._picture_seconds <= 0:
            raise LimitExceeded(f"reading the words of pictures took longer than {self.limits.picture_seconds:.0f} s")
        began = time.process_time()
        try:
            yield self._picture_seconds
        finally:
            self._picture_seconds -= time.process_time() - began

    def open(self, packed: int) -> "Meter":
        """A meter for one container of `packed` octets."""
        return Meter(self, packed)


class Meter:
    """Counts what comes out of one container, member by member and octet by octet."""

    def __init__(self, budget: Budget, packed: int) -> None:
        self._budget = budget
        self.limits = budget.limits
        self._packed = max(packed, 1)
        self._unpacked = 0

    def member(self) -> None:
        """One more file, directory or link, read or not."""
        limits = self._budget.limits
        if self._budget.unpacked > limits.unpacked:  # met before: nothing more is begun
            raise LimitExceeded(_UNPACKED.format(limits.unpacked // MEBIBYTE))
        self._budget.members += 1
        if self._budget.members > limits.members:
            raise LimitExceeded(f"more than {limits.members:,} files in containers")

    def place(self) -> None:
        """One more place that may be the beginning of a member."""
        limits = self._budget.limits
        self._budget.places += 1
        if self._budget.places > limits.places:
            raise LimitExceeded(f"zip archives with more than {limits.places:,} marks of local headers")

    def octets(self, count: int) -> None:
        """`count` more octets came out; call it before keeping them."""
        limits = self._budget.limits
        self._unpacked += count
        self._budget.unpacked += count
        if self._budget.unpacked > limits.unpacked:
            raise LimitExceeded(_UNPACKED.format(limits.unpacked // MEBIBYTE))
        if self._unpacked > limits.ratio_from and self._unpacked > self._packed * limits.ratio:
            raise LimitExceeded(f"a container unpacks to more than {limits.ratio:,} times its size")
