"""The two rows of figures above the Monitor's list. Each figure is redrawn separately, when it changes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import accumulate

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content

from core.store.stats import Stats
from tui.widgets.delivery_row import seconds
from tui.widgets.lines import Line

WIDE = 120
_BARS = "▁▂▃▄▅▆▇█"
Words = str | tuple[str, str]


@dataclass(frozen=True, slots=True)
class Figure:
    """A label and a value. The value is right-aligned in the width that the label leaves."""

    label: str
    width: int
    value: Callable[[Stats], Words]
    gap: int = 3


class Cell(Line):
    """The widget of one figure."""

    def __init__(self, figure: Figure) -> None:
        super().__init__()
        self._figure = figure
        self._stats: Stats | None = None
        self.styles.width = figure.width + figure.gap

    def show(self, stats: Stats) -> None:
        """Show the figure, and redraw only if it differs."""
        self._stats = stats
        self.redraw()

    def content_for(self, width: int) -> Content:
        figure = self._figure
        value = figure.value(self._stats) if self._stats is not None else ""
        words, colour = value if isinstance(value, tuple) else (value, "")
        space = figure.width - len(figure.label)
        return Content.assemble((figure.label, "$muted"), (words.rjust(space)[:space], colour))


class MonitorHead(Vertical):
    """The rows of figures. From 120 columns they include bars for the last 15 minutes."""

    DEFAULT_CSS = """
    MonitorHead { height: 2; padding: 0 0 0 1; }
    MonitorHead Horizontal { height: 1; }
    """

    def __init__(self) -> None:
        super().__init__(id="head")
        self._figures: tuple[tuple[Figure, ...], ...] = ()
        self._stats: Stats | None = None

    def compose(self) -> ComposeResult:
        self._figures = _fitting(self.app.size.width)
        for name, row_figures in zip(("rates", "open"), self._figures, strict=True):
            with Horizontal(id=name):
                yield from (Cell(figure) for figure in row_figures)

    async def lay_out(self, width: int) -> None:
        """Choose the narrow or wide rows, with as many figures as fit completely."""
        figures = _fitting(width)
        if figures == self._figures:
            return
        self._figures = figures
        for name, row_figures in zip(("rates", "open"), figures, strict=True):
            row = self.query_one(f"#{name}", Horizontal)
            await row.remove_children()
            await row.mount(*(Cell(figure) for figure in row_figures))
        if self._stats is not None:
            self.show(self._stats)

    def show(self, stats: Stats) -> None:
        """Show these figures, and redraw those that differ."""
        self._stats = stats
        for cell in self.query(Cell):
            cell.show(stats)


def _fitting(width: int) -> tuple[tuple[Figure, ...], ...]:
    """Return the rows of figures for a screen of this width."""
    return tuple(_beginning(row, width - 2) for row in (_WIDE if width >= WIDE else _NARROW))


def _beginning(figures: Sequence[Figure], space: int) -> tuple[Figure, ...]:
    ends = accumulate(figure.width + figure.gap for figure in figures)
    return tuple(figure for figure, end in zip(figures, ends, strict=True) if end - figure.gap <= space)


def short(number: int, width: int) -> str:
    """Return `12,480`, or `124k` from 100,000 on. If that does not fit, return `12480`, and else `12k`."""
    if number < 100_000 and len(f"{number:,}") <= width:
        return f"{number:,}"
    if number < 100_000 and len(str(number)) <= width:
        return str(number)
    return f"{number // 1000:,}k" if number < 1_000_000 else f"{number / 1_000_000:.1f}M"


def percent(share: float | None) -> str:
    """Return a share such as `97.9 %`, rounded down, so that only 1 is `100 %`."""
    if share is None:
        return "–"
    return f"{int(share * 1000) / 10:.1f} %" if share < 1 else "100 %"


def bars(numbers: Sequence[int]) -> str:
    """Return one bar for each number. The lowest bar stands for 0."""
    highest = max(numbers, default=0) or 1
    return "".join(_BARS[min(7, -(-number * 7 // highest))] for number in numbers)


def _oldest(stats: Stats, with_seconds: bool) -> str:
    if stats.oldest is None:
        return "–"
    local = stats.oldest.astimezone()
    if local.date() != datetime.now(UTC).astimezone().date():
        return f"{local.day} {local:%b}"
    return f"{local:%H:%M:%S}" if with_seconds else f"{local:%H:%M}"


def _failed(stats: Stats, width: int) -> Words:
    words = f"{short(stats.failed_per_minute, width)}/min"
    return (words, "$error") if stats.failed_per_minute else words


def _breakers(stats: Stats) -> Words:
    return (f"! {stats.open_breakers}", "$warning") if stats.open_breakers else "0"


def _token(stats: Stats) -> Words:
    if not stats.authorized:
        return "–"
    return ("✓", "$success") if stats.token_waits_until is None else ("!", "$warning")


def _token_in_words(stats: Stats) -> Words:
    if not stats.authorized:
        return "none asked for"
    if stats.token_waits_until is None:
        return ("✓ valid       ", "$success")
    return (f"! next {stats.token_waits_until.astimezone():%H:%M:%S}", "$warning")


_SPAN = "15 min"
"""The period of success, durations and bars, shown as a label before them."""
_NARROW = (
    (
        Figure("Delivered", 17, lambda stats: f"{short(stats.delivered_per_minute, 4)}/min", gap=2),
        Figure("Failed", 14, lambda stats: _failed(stats, 4), gap=2),
        Figure(_SPAN, len(_SPAN), lambda stats: "", gap=1),
        Figure("Success", 14, lambda stats: percent(stats.success), gap=1),
        Figure("p50", 10, lambda stats: seconds(stats.p50_ms), gap=1),
        Figure("p95", 10, lambda stats: seconds(stats.p95_ms), gap=0),
    ),
    (
        Figure("Undelivered", 17, lambda stats: short(stats.undelivered, 5), gap=2),
        Figure("Held", 14, lambda stats: short(stats.held, 6), gap=2),
        Figure("Oldest", 14, lambda stats: _oldest(stats, False)),
        Figure("Token", 7, _token),
        Figure("Breakers", 13, _breakers, gap=0),
    ),
)
_WIDE = (
    (
        Figure("Delivered", 18, lambda stats: f"{short(stats.delivered_per_minute, 5)}/min"),
        Figure("Failed", 15, lambda stats: _failed(stats, 5)),
        Figure(_SPAN, len(_SPAN), lambda stats: "", gap=2),
        Figure("Success", 15, lambda stats: percent(stats.success)),
        Figure("p50", 12, lambda stats: seconds(stats.p50_ms)),
        Figure("p95", 12, lambda stats: seconds(stats.p95_ms)),
        Figure("Token", 20, _token_in_words, gap=0),
    ),
    (
        Figure("Undelivered", 18, lambda stats: short(stats.undelivered, 7)),
        Figure("Held", 15, lambda stats: short(stats.held, 7)),
        Figure("Oldest", 15, lambda stats: _oldest(stats, True)),
        Figure("Breakers", 12, _breakers),
        Figure(_SPAN, 22, lambda stats: (bars(stats.delivered_by_minute), "$primary"), gap=2),
        Figure(
            "failed",
            22,
            lambda stats: (
                bars(stats.failed_by_minute),
                "$error" if any(stats.failed_by_minute) else "$muted",
            ),
            gap=0,
        ),
    ),
)
