"""How much an endpoint can take now: less after trouble, nothing but a probe once it seems to be down."""

from dataclasses import dataclass

from core.clock import now_ms
from core.models import AttemptResult, Outcome
from core.store.paces import PaceState, PaceWord

PROBE_INTERVAL = 30.0
"""Seconds between two probes of an endpoint whose breaker is open."""
FAILURES_TO_DOUBT = 5
"""Failures in a row after which attempts go out one at a time."""
DOUBT_INTERVAL = 0.5
"""Seconds from a failure to the next attempt while they do."""
FAILURES_TO_OPEN = 20
"""Failures in a row that open the breaker."""
SHORTEST_OUTAGE = 1.0
"""Seconds that they last at least: what is over sooner stops nothing, however many were in flight."""
LONGEST_QUIET = 10.0
"""Seconds without an attempt after which a failure is the first of a new row."""
HALVING_INTERVAL = 1.0
_PAUSING = (429, 503)
_NO_ANSWER = (Outcome.TIMEOUT, Outcome.CONNECTION)


@dataclass(slots=True)
class Pace:
    """How many attempts an endpoint bears at once, and whether it seems to be down. Times are seconds, monotonic.

    Trouble halves the concurrency, at most once a second and never below one; an answer adds one. Whether the endpoint
    is down is judged by failures in a row, the same number at every concurrency: after 5 attempts go out one at a time,
    half a second apart, and the 20th opens the breaker. Of an endpoint that fails a tenth of all requests at random,
    5 in a row come once in 100,000 attempts; of one that fails half of them, 20 in a row once in two million.

    While the breaker is open one attempt at a time is a probe, and the first answer closes it. `Retry-After` with 429
    or 503 pauses everything, and says when to probe.
    """

    cap: int
    limit: int
    is_open: bool = False
    not_before: float = 0.0
    state: PaceState | None = None
    """What people are told; None while all is as always."""
    _failures: int = 0
    _failing_since: float = 0.0
    _failed_at: float = float("-inf")
    _halved_at: float = float("-inf")

    @classmethod
    def of(cls, cap: int) -> "Pace":
        """The pace of an endpoint that nothing is known of."""
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
        """How many more attempts may begin."""
        if now < self.begins_at:
            return 0
        return max(0, (1 if self.is_open or self._is_in_doubt else self.limit) - in_flight)

    def set_cap(self, cap: int) -> None:
        """Follow a changed setting; an open breaker stays open."""
        if not self.is_open:
            self.limit = cap if self.limit == self.cap else min(self.limit, cap)
        self.cap = cap

    def note(self, result: AttemptResult, now: float) -> None:
        """Learn from an attempt that has ended."""
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
        """The attempt that begins now is a probe."""
        if self.state is not None:
            self.state = PaceState(PaceWord.HALF_OPEN, self.state.since, now_ms(), self.state.reason)

    def _count_failure(self, began: float, now: float) -> None:
        # A pause that the endpoint asked for is not its quiet.
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
        """Nothing begins for so long, unless it has to wait for longer already."""
        before = self.state
        since = (
            before.since if before is not None and before.is_breaker == (word is PaceWord.OPEN) else now_ms()
        )
        self.not_before = max(self.not_before, now + seconds)
        self.state = PaceState(word, since, now_ms() + round((self.not_before - now) * 1000), reason)


def _is_trouble(result: AttemptResult) -> bool:
    """429, 5xx, no answer in time, no connection."""
    status = result.status_code or 0
    return status == 429 or status >= 500 or result.outcome in _NO_ANSWER
