"""Transaction ids: 48 bits of time, then 80 random bits, so that they sort by time and cannot be guessed."""

import secrets
import time

_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: no I, L, O, U to misread over the telephone
_PAIRS = [first + second for first in _DIGITS for second in _DIGITS]  # half the steps of one digit at a time
_LENGTH = 26  # 128 bits at 5 a digit
_RANDOM_BITS = 80


def new_identifier() -> str:
    """A fresh id of 26 letters and digits. Ids of one millisecond sort in no order."""
    number = (time.time_ns() // 1_000_000) << _RANDOM_BITS | secrets.randbits(_RANDOM_BITS)
    return "".join([_PAIRS[number >> shift & 1023] for shift in range(5 * (_LENGTH - 2), -1, -10)])
