"""The size of the long tests: the full promised load if HOOKKEEPER_TESTS is `full`, else a part of it."""

import os
from typing import TypeVar

T = TypeVar("T")


def extent(*, full: T, otherwise: T) -> T:
    """Return `full` or `otherwise`, such as a number of events, examples or seconds."""
    return full if os.environ.get("HOOKKEEPER_TESTS") == "full" else otherwise
