"""Formats a body for reading: coloured JSON names, and long bodies cut."""

import re

from textual.content import Content

from core.text import masked_json, readable_json
from tui.theme import ACCENT, WARN

MOST_CHARACTERS = 8_000
MOST_LINES = 200
_NAME = re.compile(r'^ *("(?:[^"\\\n]|\\.)*")(?=: )', re.MULTILINE)


def body_text(body: bytes, masked_fields: tuple[str, ...], *, unmasked: bool) -> Content:
    """Return the body, sanitized and indented by two. A long one is cut after a few screens."""
    text = readable_json(body) if unmasked else masked_json(body, masked_fields)
    shown = "\n".join(text[:MOST_CHARACTERS].split("\n")[:MOST_LINES])
    content = _coloured(shown.expandtabs(4))
    if len(shown) < len(text):
        content = Content.assemble(content, ("\n…, o opens all of it", WARN))
    return Content("\n").join(Content("  ") + line for line in content.split("\n", allow_blank=True))


def _coloured(text: str) -> Content:
    content = Content(text)
    for name in _NAME.finditer(text):
        content = content.stylize(ACCENT, *name.span(1))
    return content
