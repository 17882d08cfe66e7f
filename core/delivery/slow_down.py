"""How much all webhooks together may have in flight: what this machine bears, and less after it refused."""

from dataclasses import dataclass, field

from core.models import AttemptResult, Outcome

FIRST_WAIT = 0.5
"""Seconds without an attempt after a limit of this machine was reached; twice as long each time, until one gets through."""
LONGEST_WAIT = 5.0
_TOLD_FOR = 10.0
_ROUNDING = 0.001


@dataclass(slots=True)
class SlowDown:
    """The backoff that all webhooks share when too many files are open, or memory or ports are short.

    `most` may be in flight at best. Times are seconds, monotonic.
    """

    most: int
    limit: int = field(init=False)
    not_before: float = float("-inf")
    _wait: float = 0.0
    _reached_at: float = float("-inf")
    _slowed_at: float = float("-inf")
    _reason: str = ""

    def __post_init__(self) -> None:
        self.limit = self.most

    def room(self, in_flight: int, now: float) -> int:
        """How many more attempts may begin: never none for long, even if all that are in flight hang."""
        if now < self.not_before:
            return 0
        return min(self.most - in_flight, max(1, self.limit - in_flight))

    def begin(self, in_flight: int, now: float) -> None:
        """With those that begin now so many are in flight; above the limit one only tries whether there is room."""
        if in_flight > self.limit:
            self.not_before = max(self.not_before, now + FIRST_WAIT)

    def note(self, result: AttemptResult, in_flight: int, now: float) -> None:
        """Learn from an attempt that has ended; so many others are in flight."""
        reached = result.outcome is Outcome.LOCAL_LIMIT
        if reached:
            self._reason, self._reached_at = result.reason.partition(";")[0], now
            self.limit = max(1, min(self.limit, in_flight))
        if now - result.total_ms / 1000 < self._slowed_at - _ROUNDING:
            return  # it began before, and tells nothing new
        if reached:
            self._wait = min(max(FIRST_WAIT, self._wait * 2), LONGEST_WAIT)
            self._slowed_at = self.not_before = now + self._wait
        elif result.outcome.concerns_endpoint:
            self._wait = 0.0
            self.limit = min(self.most, self.limit + 1)

    def reason(self, now: float) -> str:
        """Which limit was reached in the last seconds; "" if none was."""
        return self._reason if now - self._reached_at < _TOLD_FOR else ""
