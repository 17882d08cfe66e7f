"""The colours, all of the fixed 256-colour palette and opaque, so that they look the same everywhere.

Without colour (NO_COLOR, or a terminal of 16) everything is the terminal's own two, and reverse or bold says the rest.
Decided when this is imported: Textual fixes its filters as the app is made.
"""

import os

from rich.console import Console
from rich.style import Style
from textual.theme import Theme

PLAIN = "NO_COLOR" in os.environ or Console(force_terminal=True).color_system == "standard"


def _colour(ink: str) -> str:
    """ "" is the terminal's own."""
    return "" if PLAIN else ink


def _css(colour: str) -> str:
    return colour or "ansi_default"


GROUND, SURFACE = _colour("#121212"), _colour("#1c1c1c")
TEXT, MUTED = _colour("#e4e4e4"), _colour("#a8a8a8")
ACCENT, RULE = _colour("#87afd7"), _colour("#444444")
SELECTION, SELECTION_TEXT = _colour("#005f87"), _colour("#ffffff")
OK, WARN, BAD = _colour("#87d787"), _colour("#d7af5f"), _colour("#ff8787")
ACTIVE_TAB = "bold reverse" if PLAIN else f"bold {SELECTION_TEXT} on {SELECTION}"


def style(colour: str, ground: str = GROUND) -> Style:
    """For what is drawn line by line."""
    return Style(color=colour or None, bgcolor=ground or None)


CURSOR_ROW = Style(reverse=True) if PLAIN else style(SELECTION_TEXT, SELECTION)

THEME = Theme(
    name="plain" if PLAIN else "ink",
    ansi=PLAIN,
    primary=_css(ACCENT),
    secondary=_css(ACCENT),
    accent=_css(ACCENT),
    foreground=_css(TEXT),
    background=_css(GROUND),
    surface=_css(SURFACE),
    panel=_css(SURFACE),
    success=_css(OK),
    warning=_css(WARN),
    error=_css(BAD),
    dark=True,
    variables={
        "ansi-background": _css(GROUND),
        "ansi-foreground": _css(TEXT),
        "ground": _css(GROUND),
        "field": _css(_colour("#262626")),
        "field-focus": _css(_colour("#303030")),
        "rule": _css(RULE),
        "plain": _css(TEXT),
        "muted": _css(MUTED),
        "selection": _css(SELECTION),
        "selection-text": _css(SELECTION_TEXT),
        "selection-style": "reverse" if PLAIN else "none",
        "scrollbar": _css(RULE),
        "scrollbar-background": _css(GROUND),
        "scrollbar-corner-color": _css(GROUND),
        "scrollbar-hover": _css(RULE),
        "scrollbar-active": _css(ACCENT),
        "scrollbar-background-hover": _css(GROUND),
        "scrollbar-background-active": _css(GROUND),
        "block-cursor-background": _css(SELECTION),
        "block-cursor-foreground": _css(SELECTION_TEXT),
        "block-cursor-text-style": "reverse" if PLAIN else "none",
        "input-cursor-background": _css(ACCENT),
        "input-cursor-foreground": _css(GROUND),
        "input-cursor-text-style": "reverse" if PLAIN else "none",
        "input-selection-background": _css(SELECTION),
        "input-selection-foreground": _css(SELECTION_TEXT),
    },
)
