"""Adapts the concurrency of one endpoint: lower after failures, single probes while it seems to be down."""

from dataclasses import dataclass

from core.clock import now_ms
from core.models import AttemptResult, Outcome
from core.store.paces import PaceState, PaceWord

PROBE_INTERVAL = 30.0
"""Seconds between two probes of an endpoint whose breaker is open."""
FAILURES_TO_DOUBT = 5
"""Consecutive failures after which attempts go out one at a time."""
DOUBT_INTERVAL = 0.5
"""Seconds from a failure to the next attempt, while attempts go out one at a time."""
FAILURES_TO_OPEN = 20
"""Consecutive failures that open the breaker."""
SHORTEST_OUTAGE = 1.0
"""Seconds that the failures must span to open the breaker. A shorter outage never opens it."""
LONGEST_QUIET = 10.0
"""Seconds without an attempt after which the count of failures starts again."""
HALVING_INTERVAL = 1.0
_PAUSING = (429, 503)
_NO_ANSWER = (Outcome.TIMEOUT, Outcome.CONNECTION)


@dataclass(slots=True)
class Pace:
    """The concurrency and the circuit breaker of one endpoint. Times are monotonic seconds.

    A failure halves the concurrency, at most once a second and never below one. An answer adds one. Consecutive
    failures decide whether the endpoint is down, with the same numbers at every concurrency. After 5 failures,
    attempts go out one at a time, half a second apart. The 20th failure opens the breaker. If an endpoint fails a
    tenth of its requests at random, 5 consecutive failures occur once in 100,000 attempts. If it fails half of them,
    20 consecutive failures occur once in two million.

    While the breaker is open, one probe at a time goes out, and the first answer closes the breaker. `Retry-After`
    with 429 or 503 pauses all attempts; while the breaker is open, it sets the time of the next probe.
    """

    cap: int
    limit: int
    is_open: bool = False
    not_before: float = 0.0
    state: PaceState | None = None
    """The state shown to people; None while nothing is wrong."""
    _failures: int = 0
    _failing_since: float = 0.0
    _failed_at: float = float("-inf")
    _halved_at: float = float("-inf")

    @classmethod
    def of(cls, cap: int) -> "Pace":
        """Return the pace of an endpoint without history."""
        return cls(cap, cap)

    @property
    def _is_in_doubt(self) -> bool:
        return self._failures >= FAILURES_TO_DOUBT

    @property
    def begins_at(self) -> float:
        """When the next attempt may begin."""
        return (
            max(self.not_before, self._failed_at + DOUBT_INTERVAL) if self._is_in_doubt else self.not_before
        )

    def room(self, in_flight: int, now: float) -> int:
        """Return how many more attempts may begin."""
        if now < self.begins_at:
            return 0
        return max(0, (1 if self.is_open or self._is_in_doubt else self.limit) - in_flight)

    def set_cap(self, cap: int) -> None:
        """Take over a changed concurrency setting. An open breaker stays open."""
        if not self.is_open:
            self.limit = cap if self.limit == self.cap else min(self.limit, cap)
        self.cap = cap

    def note(self, result: AttemptResult, now: float) -> None:
        """Update the pace with the result of an attempt."""
        if not result.outcome.concerns_endpoint:
            return
        hint = result.retry_after if result.status_code in _PAUSING else None
        if _is_trouble(result) or (self.is_open and result.status_code is None):
            self._count_failure(now - result.total_ms / 1000, now)
            self._halve(now)
            if self.is_open or self._is_down(now):
                self.is_open, self.limit = True, 1
                self._wait(PaceWord.OPEN, result.reason, now, hint or PROBE_INTERVAL)
        elif result.status_code is not None:
            self._note_answer()
        if hint and not self.is_open:
            self._wait(PaceWord.PAUSED, result.reason, now, hint)

    def probe(self) -> None:
        """Mark the attempt that begins now as a probe."""
        if self.state is not None:
            self.state = PaceState(PaceWord.HALF_OPEN, self.state.since, now_ms(), self.state.reason)

    def _count_failure(self, began: float, now: float) -> None:
        # A pause that the endpoint asked for does not count as time without an attempt.
        if began > max(self._failed_at, self.not_before) + LONGEST_QUIET:
            self._failures = 0
        if self._failures == 0:
            self._failing_since = now
        self._failures += 1
        self._failed_at = now

    def _is_down(self, now: float) -> bool:
        return self._failures >= FAILURES_TO_OPEN and now - self._failing_since >= SHORTEST_OUTAGE

    def _halve(self, now: float) -> None:
        if now - self._halved_at >= HALVING_INTERVAL:
            self.limit = max(1, self.limit // 2)
            self._halved_at = now

    def _note_answer(self) -> None:
        self._failures = 0
        if self.is_open:
            self.is_open, self.state = False, None
        else:
            self.limit = min(self.cap, self.limit + 1)

    def _wait(self, word: PaceWord, reason: str, now: float, seconds: float) -> None:
        """Begin no attempt for `seconds`, or longer if a longer wait is set already."""
        before = self.state
        since = (
            before.since if before is not None and before.is_breaker == (word is PaceWord.OPEN) else now_ms()
        )
        self.not_before = max(self.not_before, now + seconds)
        self.state = PaceState(word, since, now_ms() + round((self.not_before - now) * 1000), reason)


def _is_trouble(result: AttemptResult) -> bool:
    """Return whether a result is a 429, a 5xx, a timeout or a failed connection."""
    status = result.status_code or 0
    return status == 429 or status >= 500 or result.outcome in _NO_ANSWER
