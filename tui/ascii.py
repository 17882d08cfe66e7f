"""A terminal without UTF-8 gets one ASCII character for each cell."""

import sys

from rich.cells import cell_len

from core import marks
from tui.driver import TerminalDriver


def speaks_utf8() -> bool:
    """Whether the locale is one of UTF-8, and PYTHONIOENCODING asks for nothing else: Textual draws on stderr."""
    encoding = sys.__stderr__.encoding if sys.__stderr__ is not None else "utf-8"
    return marks.speaks_utf8() and marks.is_utf8(encoding)


def ascii_only(text: str) -> str:
    """The same text, as wide as before."""
    if text.isascii():
        return text
    return "".join(
        character if character.isascii() else "?" * cell_len(character)
        for character in text.translate(marks.STAND_INS)
    )


class AsciiDriver(TerminalDriver):
    """Writes what Textual draws."""

    def write(self, data: str) -> None:
        super().write(ascii_only(data))
