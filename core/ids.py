"""IDs that the system assigns: a prefix, then Crockford base32, sortable by time."""

import random
import time
from functools import lru_cache

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_TIME_CHARACTERS = 10
_RANDOM_BITS = 40
_PAIRS = [first + second for first in ALPHABET for second in ALPHABET]


def new_id(prefix: str) -> str:
    """A new ID such as `wh_01jd2h0p5vw36n2cx0`: milliseconds since 1970, then 40 random bits.

    IDs do not define an order; use `seq` to order rows.
    """
    number = random.getrandbits(_RANDOM_BITS)
    return (
        f"{prefix}_{_time_characters(time.time_ns() // 1_000_000)}"
        f"{_PAIRS[number >> 30]}{_PAIRS[number >> 20 & 1023]}{_PAIRS[number >> 10 & 1023]}{_PAIRS[number & 1023]}"
    )


@lru_cache(1)
def _time_characters(milliseconds: int) -> str:
    shifts = range(5 * _TIME_CHARACTERS - 5, -1, -5)
    return "".join(ALPHABET[milliseconds >> shift & 31] for shift in shifts)


def tail(identity: str) -> str:
    """The short form for columns: `wh_…n2cx`. It shows the end, because IDs begin with a time and look alike there."""
    prefix, _, rest = identity.partition("_")
    return f"{prefix}_…{rest[-4:]}"
