"""Output for terminals without UTF-8: one ASCII character for each cell."""

import sys

from rich.cells import cell_len

from core import marks
from tui.driver import TerminalDriver


def speaks_utf8() -> bool:
    """Whether the locale uses UTF-8 and stderr, on which Textual draws, does too (see PYTHONIOENCODING)."""
    encoding = sys.__stderr__.encoding if sys.__stderr__ is not None else "utf-8"
    return marks.speaks_utf8() and marks.is_utf8(encoding)


def ascii_only(text: str) -> str:
    """Return the text in ASCII, with its width unchanged."""
    if text.isascii():
        return text
    return "".join(
        character if character.isascii() else "?" * cell_len(character)
        for character in text.translate(marks.STAND_INS)
    )


class AsciiDriver(TerminalDriver):
    """A driver that writes ASCII only."""

    def write(self, data: str) -> None:
        super().write(ascii_only(data))
