"""Notices when the wall clock is set: what waits for a time of day must not come early or late for it."""

import time

_LEAST_STEP = 5.0
"""Seconds; less is the clock being disciplined."""


class WallClock:
    """The wall clock beside the monotonic one."""

    def __init__(self) -> None:
        self._ahead = time.time() - time.monotonic()

    @property
    def step(self) -> float:
        """By how many seconds it was set since it was last followed; 0 if it was not."""
        step = time.time() - time.monotonic() - self._ahead
        return step if abs(step) > _LEAST_STEP else 0.0

    def follow(self, step: float) -> None:
        """What waits has been moved by this step."""
        self._ahead += step
