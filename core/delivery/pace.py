"""How much an endpoint can take now: less after trouble, nothing but a probe once it seems to be down."""

from dataclasses import dataclass

from core.clock import now_ms
from core.models import AttemptResult, Outcome
from core.store.paces import PaceState, PaceWord

PROBE_INTERVAL = 30.0
"""Seconds between two probes of an endpoint whose breaker is open."""
HALVING_INTERVAL = 1.0
_PAUSING = (429, 503)
_NO_ANSWER = (Outcome.TIMEOUT, Outcome.CONNECTION)
_NOT_THE_ENDPOINT = (Outcome.TOKEN_ERROR, Outcome.INTERRUPTED, Outcome.SHUTDOWN)


@dataclass(slots=True)
class Pace:
    """The concurrency that an endpoint bears, between nothing and `cap`. Times are seconds, monotonic.

    Trouble halves it, at most once a second, and until that second is over nothing begins: an endpoint that refuses
    at once would else use up hundreds of attempts. An answer adds one and ends that rest. At zero the breaker is open:
    one attempt at a time is a probe, and the first answer closes it. `Retry-After` with 429 or 503 pauses everything,
    and says when to probe.
    """

    cap: int
    limit: int
    not_before: float = 0.0
    halved_at: float = float("-inf")
    rests_until: float = float("-inf")
    state: PaceState | None = None
    """What people are told; None while all is as always."""

    @classmethod
    def of(cls, cap: int) -> "Pace":
        """The pace of an endpoint that nothing is known of."""
        return cls(cap, cap)

    @property
    def is_open(self) -> bool:
        """Whether the breaker is open."""
        return self.limit == 0

    @property
    def begins_at(self) -> float:
        """When the next attempt may begin."""
        return max(self.not_before, self.rests_until)

    def room(self, in_flight: int, now: float) -> int:
        """How many more attempts may begin."""
        if now < self.begins_at:
            return 0
        return (1 if in_flight == 0 else 0) if self.is_open else max(0, self.limit - in_flight)

    def set_cap(self, cap: int) -> None:
        """Follow a changed setting; an open breaker stays open."""
        if not self.is_open:
            self.limit = cap if self.limit == self.cap else min(self.limit, cap)
        self.cap = cap

    def note(self, result: AttemptResult, now: float) -> None:
        """Learn from an attempt that has ended."""
        if result.outcome in _NOT_THE_ENDPOINT:
            return
        hint = result.retry_after if result.status_code in _PAUSING else None
        if _is_trouble(result) or (self.is_open and result.status_code is None):
            self._halve(result.reason, now, hint or PROBE_INTERVAL)
        elif result.status_code is not None:
            self._grow()
        if hint and not self.is_open:
            self._wait(PaceWord.PAUSED, result.reason, now, hint)

    def probe(self) -> None:
        """The attempt that begins now is a probe."""
        if self.state is not None:
            self.state = PaceState(PaceWord.HALF_OPEN, self.state.since, now_ms(), self.state.reason)

    def _halve(self, reason: str, now: float, until_probe: float) -> None:
        if not self.is_open:
            if now - self.halved_at < HALVING_INTERVAL:
                return
            self.limit //= 2
            self.halved_at = now
            self.rests_until = now + HALVING_INTERVAL
        if self.is_open:
            self._wait(PaceWord.OPEN, reason, now, until_probe)

    def _grow(self) -> None:
        if self.state is not None and self.state.is_breaker:
            self.state = None
        self.limit = min(self.cap, self.limit + 1)
        self.rests_until = float("-inf")

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
