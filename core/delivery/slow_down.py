"""Limits the attempts in flight to all webhooks together, and lowers the limit after local resource errors."""

from dataclasses import dataclass, field

from core.models import AttemptResult, Outcome

FIRST_WAIT = 0.5
"""Seconds without an attempt after a limit of this machine was reached. It doubles each time until one gets through."""
LONGEST_WAIT = 5.0
_TOLD_FOR = 10.0
_ROUNDING = 0.001


@dataclass(slots=True)
class SlowDown:
    """The backoff that all webhooks share when this machine runs out of open files, memory or ports.

    `most` is the highest number of attempts in flight. Times are monotonic seconds.
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
        """Return how many more attempts may begin.

        Outside the backoff it is at least one while fewer than `most` are in flight, even if all of those hang.
        """
        if now < self.not_before:
            return 0
        return min(self.most - in_flight, max(1, self.limit - in_flight))

    def begin(self, in_flight: int, now: float) -> None:
        """Note that attempts begin. `in_flight` includes them.

        Above the limit, an attempt only tests whether there is room, so the next one has to wait.
        """
        if in_flight > self.limit:
            self.not_before = max(self.not_before, now + FIRST_WAIT)

    def note(self, result: AttemptResult, in_flight: int, now: float) -> None:
        """Update the limit with the result of an attempt. `in_flight` is the number of other attempts in flight."""
        reached = result.outcome is Outcome.LOCAL_LIMIT
        if reached:
            self._reason, self._reached_at = result.reason.partition(";")[0], now
            self.limit = max(1, min(self.limit, in_flight))
        if now - result.total_ms / 1000 < self._slowed_at - _ROUNDING:
            return  # it began before the limit was reached
        if reached:
            self._wait = min(max(FIRST_WAIT, self._wait * 2), LONGEST_WAIT)
            self._slowed_at = self.not_before = now + self._wait
        elif result.outcome.concerns_endpoint:
            self._wait = 0.0
            self.limit = min(self.most, self.limit + 1)

    def reason(self, now: float) -> str:
        """Return which limit was reached in the last 10 seconds, "" if none was."""
        return self._reason if now - self._reached_at < _TOLD_FOR else ""
