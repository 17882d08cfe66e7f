"""Notices when the wall clock is set, so that due times can be moved along with it."""

import time

_LEAST_STEP = 5.0
"""Seconds. A smaller difference is an ordinary adjustment, for example by NTP."""


class WallClock:
    """Compares the wall clock with the monotonic clock."""

    def __init__(self) -> None:
        self._ahead = time.time() - time.monotonic()

    @property
    def step(self) -> float:
        """By how many seconds the clock was set since the last `follow`, 0 if it was not."""
        step = time.time() - time.monotonic() - self._ahead
        return step if abs(step) > _LEAST_STEP else 0.0

    def follow(self, step: float) -> None:
        """Note that the due times have been moved by this step, in seconds."""
        self._ahead += step
