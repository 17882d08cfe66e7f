"""A heading line: title, rule, and details at the right."""

from textual.content import Content

from core.text import one_line
from tui.theme import MUTED, RULE


def rule(left: str, right: str, width: int) -> Content:
    """Return one line of exactly `width` cells, if there is room. It ends with a line break."""
    right = one_line(right)
    most = max(0, width - len(left) - 6)
    if len(right) > most:
        right = right[: max(0, most - 1)] + "…"
    line = "─" * max(3, width - len(left) - len(right) - 2)
    return Content.assemble((left, "bold"), " ", (line, RULE), " ", (right, MUTED), "\n")
