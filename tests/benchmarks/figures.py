"""The figures that a benchmark measured, and the table that shows them."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One quantity, measured several times. `at_least` or `at_most` is its goal. If both are None, it has no goal."""

    name: str
    values: Sequence[float]
    unit: str = ""
    at_least: float | None = None
    at_most: float | None = None

    @property
    def median(self) -> float:
        """The median, which a single lucky or unlucky run does not move."""
        return statistics.median(self.values)

    @property
    def goal(self) -> str:
        """The goal and whether it is met, or an empty string."""
        if self.at_least is not None:
            return f"{'✓' if self.median >= self.at_least else '✗'} at least {self.at_least:,g}"
        if self.at_most is not None:
            return f"{'✓' if self.median <= self.at_most else '✗'} at most {self.at_most:,g}"
        return ""


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the value that is not exceeded by this percentage of all values."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def ratios(ours: Sequence[float], others: Sequence[float]) -> list[float]:
    """Return the ratio of each pair of runs. A machine that becomes slower affects both sides of a pair."""
    return [our / other for our, other in zip(ours, others, strict=True)]


def print_table(title: str, figures: Sequence[Figure]) -> None:
    """Print the figures of one benchmark, one per line: median, spread, goal."""
    print(f"\n{title}")
    for figure in figures:
        spread = f"{_number(min(figure.values))} – {_number(max(figure.values))}"
        value = f"{_number(figure.median)} {figure.unit}".rstrip()
        line = f"  {figure.name:<52} {value:>18}   {spread:<19} {figure.goal}"
        print(line.rstrip(), flush=True)


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
