"""The size of a benchmark run: full, or a quick run with small numbers."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scale:
    """The numbers of deliveries and repetitions, and durations in seconds."""

    repetitions: int
    deliveries: int
    stored: int
    due: int
    seconds: float
    emits: int
    webhooks: int


WHOLE = Scale(
    repetitions=5, deliveries=20_000, stored=1_000_000, due=100_000, seconds=60.0, emits=500, webhooks=10_000
)
QUICK = Scale(
    repetitions=3, deliveries=4_000, stored=50_000, due=20_000, seconds=10.0, emits=100, webhooks=1000
)
