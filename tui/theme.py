"""The themes. All colours are opaque and from the fixed 256-colour palette, so that they look the same everywhere.

Widgets name roles (`MUTED`), never colours, and so follow the chosen theme. Without colour (NO_COLOR, or a terminal
with 16 colours) everything has the terminal's default colours, and reverse and bold mark what colours would.
"""

import os
from dataclasses import dataclass, fields
from functools import cache

from rich.console import Console
from rich.style import Style
from textual.theme import Theme

PLAIN = "NO_COLOR" in os.environ or Console(force_terminal=True).color_system == "standard"
"""Whether themes cannot be used. Decided at import, because Textual sets its colour filters when the app is created."""

GROUND, SURFACE = "$ground", "$surface"
TEXT, MUTED = "$plain", "$muted"
ACCENT, RULE = "$primary", "$rule"
FIELD_FOCUS = "$field-focus"
SELECTION, SELECTION_TEXT = "$selection", "$selection-text"
OK, WARN, BAD = "$success", "$warning", "$error"


@dataclass(frozen=True, slots=True)
class Palette:
    """A colour for each role; "" is the terminal's default colour."""

    title: str = "ANSI: the terminal's own colours"
    dark: bool = True
    ground: str = ""
    surface: str = ""
    field: str = ""
    field_focus: str = ""
    rule: str = ""
    plain: str = ""
    muted: str = ""
    primary: str = ""
    selection: str = ""
    selection_text: str = ""
    success: str = ""
    warning: str = ""
    error: str = ""

    @property
    def colours(self) -> dict[str, str]:
        """The colours by the role's name in the style sheet."""
        names = [entry.name for entry in fields(self) if entry.name not in ("title", "dark")]
        return {name.replace("_", "-"): getattr(self, name) for name in names}

    @property
    def has_colours(self) -> bool:
        """Whether the palette has colours of its own."""
        return bool(self.ground)


INK = "ink"
ANSI = "ansi"
PALETTES = {
    INK: Palette(
        title="ink, dark",
        ground="#121212", surface="#1c1c1c", field="#262626", field_focus="#303030", rule="#444444",
        plain="#e4e4e4", muted="#a8a8a8", primary="#87afd7", selection="#005f87", selection_text="#ffffff",
        success="#87d787", warning="#d7af5f", error="#ff8787",
    ),
    "paper": Palette(
        title="paper, light", dark=False,
        ground="#ffffff", surface="#eeeeee", field="#e4e4e4", field_focus="#dadada", rule="#b2b2b2",
        plain="#1c1c1c", muted="#4e4e4e", primary="#005f87", selection="#005f87", selection_text="#ffffff",
        success="#005f00", warning="#5f5f00", error="#af0000",
    ),
    "contrast": Palette(
        title="high contrast",
        ground="#000000", surface="#000000", field="#303030", field_focus="#444444", rule="#ffffff",
        plain="#ffffff", muted="#dadada", primary="#5fd7ff", selection="#ffff5f", selection_text="#000000",
        success="#5fff5f", warning="#ffd75f", error="#ff8787",
    ),
    ANSI: Palette(),
}  # fmt: skip


def known(name: str) -> str:
    """Return the name of the theme to use: this one if it exists, else ink; always ANSI if the terminal is `PLAIN`."""
    return ANSI if PLAIN else name if name in PALETTES else INK


_used = known(INK)
"""The theme of widgets that draw line by line, without a style sheet. Global, because a process shows one app."""


def use(name: str) -> None:
    """Set the theme of widgets that draw line by line."""
    global _used
    _used = name


def style(colour: str, ground: str = GROUND) -> Style:
    """Return the style for drawing line by line: one role's colour on another's; "" keeps the colour beneath."""
    return _style(_used, colour.removeprefix("$"), ground.removeprefix("$"))


@cache
def _style(theme: str, colour: str, ground: str) -> Style:
    colours = PALETTES[theme].colours
    return Style(color=colours[colour] or None, bgcolor=colours.get(ground) or None)


def cursor_row() -> Style:
    """Return the style of the row under the cursor."""
    return style(SELECTION_TEXT, SELECTION) if PALETTES[_used].has_colours else Style(reverse=True)


def cursor_words() -> str:
    """Return the style of the row under the cursor for a Content."""
    return f"{SELECTION_TEXT} on {SELECTION}" if PALETTES[_used].has_colours else "reverse"


def active_tab() -> str:
    """Return the style of the current screen's tab in the top bar."""
    return f"bold {cursor_words()}"


def theme(name: str) -> Theme:
    """Return the Textual theme made from the palette of this name."""
    palette = PALETTES[name]
    colours = {role: colour or "ansi_default" for role, colour in palette.colours.items()}
    reverse = "none" if palette.has_colours else "reverse"
    ground, selection, selection_text = colours["ground"], colours["selection"], colours["selection-text"]
    return Theme(
        name=name,
        ansi=not palette.has_colours,
        primary=colours["primary"],
        secondary=colours["primary"],
        accent=colours["primary"],
        foreground=colours["plain"],
        background=ground,
        surface=colours["surface"],
        panel=colours["surface"],
        success=colours["success"],
        warning=colours["warning"],
        error=colours["error"],
        dark=palette.dark,
        variables=colours
        | {
            "ansi-background": ground,
            "ansi-foreground": colours["plain"],
            "selection-style": reverse,
            # Textual ignores reverse when it draws the options of a list.
            "option-style": "none" if palette.has_colours else "bold underline",
            "scrollbar": colours["rule"],
            "scrollbar-background": ground,
            "scrollbar-corner-color": ground,
            "scrollbar-hover": colours["rule"],
            "scrollbar-active": colours["primary"],
            "scrollbar-background-hover": ground,
            "scrollbar-background-active": ground,
            "block-cursor-background": selection,
            "block-cursor-foreground": selection_text,
            "block-cursor-text-style": reverse,
            "input-cursor-background": colours["primary"],
            "input-cursor-foreground": ground,
            "input-cursor-text-style": reverse,
            "input-selection-background": selection,
            "input-selection-foreground": selection_text,
        },
    )
