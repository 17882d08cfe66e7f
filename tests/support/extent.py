"""How much the long tests take on: the whole of what is promised where HOOKKEEPER_TESTS says `full`, else a part of it."""

import os
from typing import TypeVar

T = TypeVar("T")


def extent(*, full: T, otherwise: T) -> T:
    """A number of events, examples or seconds."""
    return full if os.environ.get("HOOKKEEPER_TESTS") == "full" else otherwise
