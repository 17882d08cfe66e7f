"""A heading with a rule behind it, and what it is about at the right."""

from textual.content import Content

from core.text import one_line
from tui.theme import MUTED, RULE


def rule(left: str, right: str, width: int) -> Content:
    """One line of exactly `width` cells, where there is room; it ends with a line break."""
    right = one_line(right)
    most = max(0, width - len(left) - 6)
    if len(right) > most:
        right = right[: max(0, most - 1)] + "…"
    line = "─" * max(3, width - len(left) - len(right) - 2)
    return Content.assemble((left, "bold"), " ", (line, RULE), " ", (right, MUTED), "\n")
