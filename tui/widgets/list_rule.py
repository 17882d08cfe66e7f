"""The rule above the list, with the view, the cursor's position, the filter and the number of new rows."""

from dataclasses import dataclass

from textual.content import Content

from core.text import one_line
from tui.widgets.lines import Line, spread


@dataclass(frozen=True, slots=True)
class Listed:
    """The content of the rule. `position` counts from 1. None means unknown."""

    name: str
    position: int | None = None
    total: int | None = None
    held: int = 0
    sort: str = ""
    filter: str = ""
    searched: str = ""
    news: str = ""


class ListRule(Line):
    """The rule above the list."""

    def __init__(self) -> None:
        super().__init__(id="list-rule")
        self._listed = Listed("")

    def show(self, listed: Listed) -> None:
        """Show this content."""
        self._listed = listed
        self.redraw()

    def content_for(self, width: int) -> Content:
        listed = self._listed
        left = Content.assemble(" ", (listed.name, "bold"), (_count(listed), "$muted"), " ")
        right = _right(listed, width - left.cell_length - 3)
        return spread(left, Content.assemble(" " if right.cell_length else "", right, " "), width, "─")


def _count(listed: Listed) -> str:
    words = ""
    if listed.position is not None:
        words += f"  {listed.position:>3,}"
    if listed.total is not None:
        of = " of " if listed.position is not None else "  "
        words += f"{of}{listed.total:,}"
    if listed.held:
        words += f", {listed.held:,} held"
    if listed.sort:
        words += f", by {listed.sort}"
    return words


def _right(listed: Listed, room: int) -> Content:
    """Return the right part. If there is too little room, the filter is cut, because / shows all of it."""
    parts: list[str | tuple[str, str]] = []
    if listed.searched:
        parts += [(listed.searched, "$muted"), "   "]
    if listed.news:
        parts += [(listed.news, "$primary"), "   "]
    kept = Content.assemble(*parts[:-1]) if parts else Content("")
    text = one_line(listed.filter)
    if not text:
        return kept
    space = room - kept.cell_length - (3 if parts else 0) - 2
    if len(text) > space:
        text = text[: max(0, space - 1)] + "…"
    return Content.assemble(("/", "bold $primary"), f" {text}", "   " if parts else "", kept)
