"""The colours, all of the fixed 256-colour palette and opaque, so that they look the same everywhere."""

from textual.theme import Theme

GROUND, SURFACE = "#121212", "#1c1c1c"
TEXT, MUTED = "#e4e4e4", "#a8a8a8"
ACCENT, RULE = "#87afd7", "#444444"
SELECTION = "#005f87"
OK, WARN, BAD = "#87d787", "#d7af5f", "#ff8787"

INK = Theme(
    name="ink",
    primary=ACCENT,
    secondary=ACCENT,
    accent=ACCENT,
    foreground=TEXT,
    background=GROUND,
    surface=SURFACE,
    panel=SURFACE,
    success=OK,
    warning=WARN,
    error=BAD,
    dark=True,
    variables={
        "ground": GROUND,
        "field": "#262626",
        "field-focus": "#303030",
        "rule": RULE,
        "plain": TEXT,
        "muted": MUTED,
        "selection": SELECTION,
        "scrollbar": RULE,
        "scrollbar-background": GROUND,
        "scrollbar-corner-color": GROUND,
        "scrollbar-hover": RULE,
        "scrollbar-active": ACCENT,
        "scrollbar-background-hover": GROUND,
        "scrollbar-background-active": GROUND,
        "block-cursor-background": SELECTION,
        "block-cursor-foreground": "#ffffff",
        "block-cursor-text-style": "none",
        "input-cursor-background": ACCENT,
        "input-selection-background": SELECTION,
    },
)
