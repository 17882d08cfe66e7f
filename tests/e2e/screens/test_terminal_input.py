"""Terminal input other than keys, in a real terminal. None of it acts as a key or becomes text in a field."""

import asyncio
import os
import signal

import pytest

from tests.support.terminal import Terminal
from tui.terminal_input import PAUSE

ANSWERS = {
    "X10 mouse": b"\x1b[M !!",
    "X10 mouse far right": b"\x1b[M#\xf0\xa1",
    "UTF-8 mouse (1005)": b"\x1b[M#\xc4\xa3\xc3\xa1",
    "SGR mouse (1006)": b"\x1b[<0;40;1M\x1b[<0;40;1m",
    "urxvt mouse (1015)": b"\x1b[32;2;3M",
    "DCS: DECRQSS": b"\x1bP1$r0m\x1b\\",
    "DCS: XTVERSION": b"\x1bP>|XTerm(370)\x1b\\",
    "DCS: XTGETTCAP": b"\x1bP1+r544e=787465726d\x1b\\",
    "DCS: DA3": b"\x1bP!|7E565445\x1b\\",
    "OSC: colour, BEL": b"\x1b]11;rgb:1212/1212/1212\x07",
    "OSC: colour, ST": b"\x1b]4;1;rgb:ff/00/00\x1b\\",
    "OSC: clipboard": b"\x1b]52;c;MjIyMw==\x1b\\",
    "APC": b"\x1b_Gi=31;OK\x1b\\",
    "PM": b"\x1b^323\x1b\\",
    "SOS": b"\x1bX323\x1b\\",
    "DA1": b"\x1b[?62;1;2;4c",
    "DA2": b"\x1b[>41;370;0c",
    "DSR": b"\x1b[0n",
    "CPR": b"\x1b[23;80R",
    "CPR like F3": b"\x1b[1;2R",
    "DECXCPR": b"\x1b[?23;80;1R",
    "DECRPM": b"\x1b[?2004;1$y",
    "DECRPM, ANSI": b"\x1b[4;2$y",
    "colour scheme": b"\x1b[?997;1n",
    "window size": b"\x1b[8;24;80t",
    "kitty flags": b"\x1b[?25u",
    "kitty key release": b"\x1b[51;1:3u",
    "kitty arrow release": b"\x1b[1;1:3B",
    "8-bit CSI": b"\x9b?62;22c",
    "8-bit DCS": b"\x901$r323m\x9c",
    "8-bit OSC": b"\x9d11;rgb:12/12/12\x9c",
    "C1 in UTF-8": "\x9b?62;22c\x90323\x9c".encode(),
    "focus": b"\x1b[O\x1b[I",
}


@pytest.mark.usefixtures("no_dispatcher_left", "database")
async def test_no_answer_of_a_terminal_is_a_key() -> None:
    """This holds on a screen, where "3" shows the Monitor, and in a field. Each is sent whole, then byte by byte.

    The mouse is off, but another program has left the terminal's mouse reports on.
    """
    terminal = Terminal(environment={"HOOKKEEPER_MOUSE": "off"})
    await terminal.shows("✓ delivering here")
    await terminal.shows("Dispatcher  started here;")
    await terminal.silent(0.5)
    before = terminal.text()
    for name, answer in ANSWERS.items():
        await _is_nothing(terminal, answer, before, name)
    terminal.keys("2")
    await terminal.shows("General webhook settings")
    terminal.keys("\tx")
    await terminal.shows("Settings*")
    await terminal.silent(0.5)
    before = terminal.text()
    for name, answer in ANSWERS.items():
        if name != "focus":
            await _is_nothing(terminal, answer, before, name)
    terminal.keys("y\tz")
    await terminal.shows("(Optional)      xy")
    await terminal.shows("Client ID (Optional)               z")
    await _ends(terminal)


async def _is_nothing(terminal: Terminal, answer: bytes, before: str, name: str) -> None:
    terminal.keys(answer)
    for byte in answer:
        terminal.keys(bytes([byte]))
    await terminal.silent(0.03)
    assert terminal.text() == before, name


@pytest.mark.usefixtures("no_dispatcher_left", "database")
async def test_an_answer_that_halts_at_any_byte() -> None:
    """It pauses longer than the Escape timeout. The rest still belongs to the answer, and later keys are keys."""
    terminal = Terminal(environment={"ESCDELAY": "20"})
    await terminal.shows("Dispatcher  started here;")
    await terminal.silent(0.5)
    before = terminal.text()
    for answer in (b"\x1b[M !!", b"\x1bP1$r3\x1b\\", b"\x1b[?3;2c", b"\x1b]3;2\x07"):
        for place in range(1, len(answer)):
            terminal.keys(answer[:place])
            await asyncio.sleep(0.06)
            terminal.keys(answer[place:])
            await terminal.silent(0.03)
            assert terminal.text() == before, (answer, place)
    terminal.keys("3")
    await terminal.shows("Nothing needs attention.")
    await _ends(terminal)


@pytest.mark.usefixtures("no_dispatcher_left", "database")
async def test_half_of_an_answer_does_not_swallow_keys_for_ever() -> None:
    """An unfinished answer is dropped after a pause."""
    terminal = Terminal()
    await terminal.shows("✓ delivering here")
    terminal.keys(b"\x1bP1$r")
    await asyncio.sleep(PAUSE + 0.5)
    terminal.keys("3")
    await terminal.shows("Nothing needs attention.")
    await _ends(terminal)


@pytest.mark.usefixtures("no_dispatcher_left", "database")
async def test_an_endless_answer_does_not_swallow_keys_for_ever() -> None:
    """However many keys are pressed during it, one of them takes effect once the answer has taken too long."""
    terminal = Terminal()
    await terminal.shows("✓ delivering here")
    terminal.keys(b"\x1bP1$r")
    while "Nothing needs attention." not in terminal.text():
        terminal.keys("3")
        await asyncio.sleep(0.2)
    await _ends(terminal)


@pytest.mark.usefixtures("no_dispatcher_left", "database")
async def test_keys_in_one_burst_go_where_they_would_go_one_at_a_time() -> None:
    """One write to Settings contains a URL, Tab, an ID, Tab, and a secret. The secret is never readable."""
    terminal = Terminal()
    await terminal.shows("✓ delivering here")
    terminal.keys("2\thttps://idp.example/token\tmy-id\tt0p\t\tone\x1b[Z\x1b[Z-secret")
    await terminal.shows("Scopes (Optional)                  one")
    await terminal.shows("▌Secret Key (Optional)              ••••••••••")
    await terminal.shows("Authentication URL (Optional)      https://idp.example/token ")
    await terminal.shows("Client ID (Optional)               my-id ")
    assert b"t0p" not in terminal.raw
    assert b"secret" not in terminal.raw
    await _ends(terminal)


@pytest.mark.usefixtures("no_dispatcher_left", "database")
async def test_a_burst_through_a_dialog() -> None:
    """Before the first screen is ready, keys open a dialog, choose a type, enter a URL, and save by Enter."""
    terminal = Terminal()
    await terminal.shows("Opening the database")
    terminal.keys("n\r\x1b[B\rhttps://hooks.acme.example/x\r")
    await terminal.shows("Secret  whsec_")
    await terminal.shows("Onboarding Status Webhook URL")
    await terminal.shows("https://hooks.acme.example/x")
    await _ends(terminal)


@pytest.mark.usefixtures("no_dispatcher_left", "database")
async def test_a_paste_in_pieces_is_one_paste() -> None:
    """A paste with line ends and key sequences goes to the field, which refuses it. No part of it acts as a key."""
    terminal = Terminal(environment={"ESCDELAY": "20"})
    await terminal.shows("✓ delivering here")
    terminal.keys("2\t")
    await terminal.shows("▌Authentication URL")
    paste = b"\x1b[200~https://idp.example/\r\tx\x1b[B\x1b\x1b[Zq\x03\x1b[201~"
    for place in range(0, len(paste), 3):
        terminal.keys(paste[place : place + 3])
        await asyncio.sleep(0.04)
    terminal.keys("token\tid")
    await terminal.shows("Authentication URL (Optional)      https://idp.example/ ␉x␛[B␛␛[Zq␃token ")
    await terminal.shows("One URL only")
    await terminal.shows("▌Client ID (Optional)               id ")
    await _ends(terminal)


@pytest.mark.usefixtures("no_dispatcher_left", "database")
async def test_escape_and_alt_are_keys() -> None:
    """Escape alone leaves a field. Followed at once by another key, it means Alt."""
    terminal = Terminal()
    await terminal.shows("✓ delivering here")
    terminal.keys("2\t")
    await terminal.shows("▌Authentication URL")
    terminal.keys("\x1b\x7f")  # alt+backspace deletes a word
    terminal.keys("ab cd\x1b\x7f")
    await terminal.shows("Authentication URL (Optional)      ab ")
    terminal.keys("\x1b")
    await terminal.hides("▌")
    terminal.keys("3")
    await terminal.shows("Nothing needs attention.")
    await _ends(terminal)


@pytest.mark.usefixtures("no_dispatcher_left", "database")
async def test_the_mouse_drags() -> None:
    """Dragging over a screen or a dialog selects text, and the program does not crash."""
    terminal = Terminal(environment={"HOOKKEEPER_MOUSE": "on"})
    await terminal.shows("✓ delivering here")
    for keys, words in (("", "No webhook yet."), ("n", "Choose a type")):
        terminal.keys(keys)
        await terminal.shows(words)
        before = terminal.written
        terminal.keys("\x1b[<0;5;3M\x1b[<32;20;9M\x1b[<32;60;12M\x1b[<0;60;12m")
        await terminal.writes(before)
        await terminal.silent(0.3)
    terminal.keys("\x1b")
    await terminal.hides("Choose a type")
    terminal.keys("3")
    await terminal.shows("Nothing needs attention.")
    await _ends(terminal)


async def _ends(terminal: Terminal) -> None:
    os.kill(terminal.pid, signal.SIGTERM)
    assert await terminal.exit_code() == 0
