"""IDs that the system assigns: a prefix, then Crockford base32, sortable by time."""

import os
import time

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_TIME_CHARACTERS = 10
_RANDOM_BYTES = 5
_LENGTH = _TIME_CHARACTERS + _RANDOM_BYTES * 8 // 5


def new_id(prefix: str) -> str:
    """A new ID such as `wh_01jd2h0p5vw36n2cx0`: milliseconds since 1970, then 40 random bits.

    IDs are names, not an order: the order of rows is their `seq`.
    """
    number = time.time_ns() // 1_000_000 << _RANDOM_BYTES * 8 | int.from_bytes(
        os.urandom(_RANDOM_BYTES), "big"
    )
    return f"{prefix}_" + "".join(ALPHABET[number >> shift & 31] for shift in range(5 * _LENGTH - 5, -1, -5))


def tail(identity: str) -> str:
    """The short form for columns: `wh_…n2cx`. Beginnings are times and look alike, tails do not."""
    prefix, _, rest = identity.partition("_")
    return f"{prefix}_…{rest[-4:]}"
