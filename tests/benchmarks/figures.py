"""What a benchmark measured, and the table it is printed as."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One quantity, measured several times. `at_least` or `at_most` is its goal; both None: there is none."""

    name: str
    values: Sequence[float]
    unit: str = ""
    at_least: float | None = None
    at_most: float | None = None

    @property
    def median(self) -> float:
        """The value that counts: one lucky or unlucky run must not move it."""
        return statistics.median(self.values)

    @property
    def goal(self) -> str:
        """The goal and whether it is met, or nothing."""
        if self.at_least is not None:
            return f"{'✓' if self.median >= self.at_least else '✗'} at least {self.at_least:,g}"
        if self.at_most is not None:
            return f"{'✓' if self.median <= self.at_most else '✗'} at most {self.at_most:,g}"
        return ""


def percentile(values: Sequence[float], percent: float) -> float:
    """The value that so many percent of all stay at or under."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def ratios(ours: Sequence[float], others: Sequence[float]) -> list[float]:
    """Run by run, so that a machine that gets slower moves both."""
    return [our / other for our, other in zip(ours, others, strict=True)]


def print_table(title: str, figures: Sequence[Figure]) -> None:
    """The figures of one benchmark, one a line: median, spread, goal."""
    print(f"\n{title}")
    for figure in figures:
        spread = f"{_number(min(figure.values))} – {_number(max(figure.values))}"
        value = f"{_number(figure.median)} {figure.unit}".rstrip()
        line = f"  {figure.name:<52} {value:>18}   {spread:<19} {figure.goal}"
        print(line.rstrip(), flush=True)


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
