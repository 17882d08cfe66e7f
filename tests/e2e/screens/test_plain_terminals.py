"""Terminals without colour, with 16 colours, and without UTF-8."""

import os
import re
import signal
from pathlib import Path

import pytest

from tests.support.books import nothing_is_due, write_books
from tests.support.terminal import Terminal

_COLOUR = re.compile(rb"\x1b\[[0-9;]*\b(3[0-7]|4[0-7]|9[0-7]|10[0-7]|[34]8;[25];[0-9;]+)\b[0-9;]*m")


@pytest.mark.usefixtures("no_dispatcher_left")
@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"TERM": "xterm", "COLORTERM": ""}])
async def test_the_focus_is_seen_without_colour(database: Path, environment: dict[str, str]) -> None:
    """Cursor row, tab and button are reversed, keys are bold; no colour is sent at all."""
    await write_books(database)
    await nothing_is_due(database)
    terminal = Terminal(environment=environment)
    await terminal.shows("wh_…1007")
    terminal.keys("d")
    await terminal.shows("Confirm")
    await terminal.silent(1)
    tab, button = terminal.text().index("1 Webhooks"), terminal.text().index("Cancel ")
    for place in (tab, button):
        line, column = divmod(place, 81)
        assert terminal.screen.buffer[line][column].reverse
    terminal.keys("\x1b")
    await terminal.hides("Confirm")
    line = terminal.text().index("wh_…1007") // 81
    assert all(terminal.screen.buffer[line][column].reverse for column in (1, 40, 70))
    assert terminal.screen.buffer[23][1].bold
    terminal.keys("\r")
    await terminal.shows("Send test event")
    line, column = divmod(terminal.text().index("Edit "), 81)
    assert terminal.screen.buffer[line][column].underscore
    assert not terminal.screen.buffer[line + 1][column].underscore
    terminal.keys("\x1b")
    await terminal.hides("Send test event")
    terminal.keys("3")
    await terminal.shows("Attempts")
    assert _COLOUR.search(terminal.raw) is None
    os.kill(terminal.pid, signal.SIGTERM)
    assert await terminal.exit_code() == 0


@pytest.mark.usefixtures("no_dispatcher_left")
@pytest.mark.parametrize("environment", [{"LC_ALL": "C"}, {"PYTHONIOENCODING": "latin-1"}])
async def test_a_terminal_without_utf_8(database: Path, environment: dict[str, str]) -> None:
    """Symbols, rules and bars have a form in ASCII, and each takes one cell."""
    await write_books(database)
    await nothing_is_due(database)
    terminal = Terminal(environment=environment)
    await terminal.shows("wh_~1007")
    await terminal.shows("x 200 unaccepted")
    await terminal.shows("= disabled")
    await terminal.shows("-" * 78)
    terminal.keys("e")
    await terminal.shows("+- Edit webhook -")
    await terminal.shows("|URL")
    assert terminal.raw.isascii()
    os.kill(terminal.pid, signal.SIGTERM)
    assert await terminal.exit_code() == 0
