"""A webhook's limit of attempts a second."""

from dataclasses import dataclass, field

_BURST = 0.1
"""Seconds whose worth of attempts may begin at once."""


@dataclass(slots=True)
class Rate:
    """A bucket that fills with `per_second` and holds what may begin at once. Times are seconds, monotonic."""

    per_second: float
    _level: float = field(init=False)
    _seen: float = float("-inf")

    def __post_init__(self) -> None:
        self._level = self._size

    @property
    def _size(self) -> float:
        return max(1.0, self.per_second * _BURST)

    def room(self, now: float) -> int:
        """How many attempts may begin now."""
        if self._seen > float("-inf"):
            self._level = min(self._size, self._level + (now - self._seen) * self.per_second)
        self._seen = now
        return int(self._level + 1e-9)

    def take(self) -> None:
        """One attempt begins."""
        self._level -= 1

    def next_at(self, now: float) -> float:
        """When the next attempt may begin."""
        return now if self.room(now) else now + (1 - self._level) / self.per_second
