"""Damage that can be repeated: the same seeds and number always give the same octets."""

import random
from collections.abc import Mapping, Sequence

MAX_OCTETS = 1024 * 1024  # of a mutant; the smallest UDF disc has half


def mutant(seeds: Mapping[str, bytes], words: Sequence[bytes], number: int) -> bytes:
    """Number 0, 1, 2 … are the seeds themselves, the rest are damaged by one to eight changes."""
    names = sorted(seeds)
    if number < len(names):
        return seeds[names[number]]
    chance = random.Random(number)
    octets = bytearray(seeds[chance.choice(names)])
    for _ in range(chance.choice((1, 1, 1, 2, 3, 8))):
        _change(octets, seeds[chance.choice(names)], words, chance)
    return bytes(octets[:MAX_OCTETS])


def _change(octets: bytearray, other: bytes, words: Sequence[bytes], chance: random.Random) -> None:
    at = _place(len(octets), chance)
    match chance.randrange(9):
        case 0:
            del octets[at:]
        case 1:
            del octets[at : at + chance.choice((1, 4, 40, 1_000))]
        case 2 | 3:
            if at < len(octets):
                octets[at] ^= 1 << chance.randrange(8)
        case 4:
            octets[at : at + chance.choice((1, 2, 4, 8))] = chance.choice((b"\0", b"\xff")) * chance.choice(
                (1, 2, 4, 8)
            )
        case 5:
            octets[at:at] = chance.choice(words)
        case 6:
            word = chance.choice(words)
            octets[at : at + len(word)] = word
        case 7:
            begin = _place(len(other), chance)
            octets[at:] = other[begin:]
        case _:
            octets[at:at] = octets[at : at + chance.choice((1, 16, 500))] * chance.choice((1, 2, 50))


def _place(size: int, chance: random.Random) -> int:
    """Anywhere, but half of the time near the beginning or the end, where formats keep what they say of themselves."""
    where = chance.randrange(4)
    if where == 0:
        return chance.randrange(min(size, 600) + 1)
    if where == 1:
        return max(size - chance.randrange(300), 0)
    return chance.randrange(size + 1)
