"""Limits the attempts per second of a webhook."""

from dataclasses import dataclass, field

_BURST = 0.1
"""The size of a burst: as many attempts at once as the rate allows in these seconds."""


@dataclass(slots=True)
class Rate:
    """A token bucket that refills at `per_second` and holds one burst. Times are monotonic seconds."""

    per_second: float
    _level: float = field(init=False)
    _seen: float = float("-inf")

    def __post_init__(self) -> None:
        self._level = self._size

    @property
    def _size(self) -> float:
        return max(1.0, self.per_second * _BURST)

    def room(self, now: float) -> int:
        """Return how many attempts may begin now."""
        if self._seen > float("-inf"):
            self._level = min(self._size, self._level + (now - self._seen) * self.per_second)
        self._seen = now
        return int(self._level + 1e-9)

    def take(self) -> None:
        """Count an attempt that begins."""
        self._level -= 1

    def next_at(self, now: float) -> float:
        """Return when the next attempt may begin."""
        return now if self.room(now) else now + (1 - self._level) / self.per_second
