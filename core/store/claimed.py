"""A delivery that a dispatcher has claimed."""

from typing import NamedTuple


class Claim(NamedTuple):
    """A delivery that this epoch may attempt now. `step` is the number of earlier tries in this run of the schedule."""

    seq: int
    id: str
    webhook: int
    type: str
    body: bytes
    is_test: bool
    number: int
    step: int
    lane: int
