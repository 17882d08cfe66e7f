"""A terminal without UTF-8 gets one ASCII character for each cell."""

import locale
import os

from rich.cells import cell_len

from tui.driver import TerminalDriver

_ASCII = str.maketrans("✓✗○»–─│┌┐└┘▌•…▼▲←→↑↓▄▀█▁▂▃▅▆▇", "+xo>--|++++|*~v^<>^v###_.-=%@")


def speaks_utf8() -> bool:
    """Whether the locale says so, or its name does where it is not installed."""
    name = next(filter(None, map(os.environ.get, ("LC_ALL", "LC_CTYPE", "LANG"))), "")
    codesets = (name.partition(".")[2], locale.nl_langinfo(locale.CODESET))
    return any(codeset.lower().replace("-", "") == "utf8" for codeset in codesets)


def ascii_only(text: str) -> str:
    """The same text, as wide as before."""
    if text.isascii():
        return text
    return "".join(
        character if character.isascii() else "?" * cell_len(character)
        for character in text.translate(_ASCII)
    )


class AsciiDriver(TerminalDriver):
    """Writes what Textual draws."""

    def write(self, data: str) -> None:
        super().write(ascii_only(data))
