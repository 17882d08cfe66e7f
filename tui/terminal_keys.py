"""Translates the units of terminal input into Textual messages: keys, mouse events, reports, or nothing.

Textual reads an unknown sequence as one key for each of its characters. So only known sequences are passed to it.
"""

import re
from collections.abc import Iterable, Iterator

from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual._keyboard_protocol import FUNCTIONAL_KEYS
from textual._xterm_parser import XTermParser
from textual.events import Key, Paste
from textual.message import Message

from tui.terminal_input import Pasted, Unit

_ESC = "\x1b"
_KEY = re.compile(
    r"\x1b\[(?P<code>\d{0,7})(?::\d*){0,2}"
    r"(?:;(?P<modifiers>\d{0,5})(?::(?P<event>\d))?(?:;(?P<text>[\d:]{0,64}))?)?"
    r"(?P<end>[u~A-FHPQS])"
)
"""Keys of xterm and of kitty (https://sw.kovidgoyal.net/kitty/keyboard-protocol/)."""
_OTHER_KEY = re.compile(r"\x1b\[27;(?P<modifiers>\d{1,3});(?P<code>\d{1,7})~")
"""Keys of xterm with modifyOtherKeys."""
_CURSOR = re.compile(r"\x1b\[\d+;\d+R")
"""Cursor position reports. Textual takes some of them for F3 with modifiers."""
_MODIFIERS = range(57441, 57455)
"""Kitty's codes for Shift and other modifier keys pressed alone."""
_RELEASE = "3"
_MOUSE = re.compile(r"\x1b\[<\d{1,3};\d{1,5};\d{1,5}[Mm]")
"""SGR mouse reports, in cells (1006) or pixels (1016)."""
_MARKS = re.compile(
    r"\x1b\[(?:[IO]|\?(?:2026|2048);[0-4]\$y|48;[1-9]\d{0,4};[1-9]\d{0,4};[1-9]\d{0,5};[1-9]\d{0,5}t)"
)
"""Other reports that Textual asks for: focus in and out, supported modes, and the size in cells and pixels."""


class TerminalKeys:
    """The translator of one terminal. `mouse`: whether to pass on mouse reports, which may have been left enabled."""

    def __init__(self, *, mouse: bool) -> None:
        self._parser = XTermParser()
        self._mouse = mouse

    def messages(self, units: Iterable[Unit]) -> Iterator[Message]:
        """Yield the Textual messages for these units, in order."""
        for unit in units:
            if isinstance(unit, Pasted):
                yield Paste(unit.text)
            elif unit == _ESC:
                yield Key("escape", _ESC)
            elif not unit.startswith(_ESC):
                yield from self._parser.feed(unit)
            elif unit.startswith("\x1b[") and (known := self._known(unit)):
                yield from self._parser.feed(known)
            elif unit in ANSI_SEQUENCES_KEYS and not _CURSOR.fullmatch(unit):
                yield from self._listed(unit)
            elif len(unit) == 2:
                yield from map(_with_alt, self._parser.feed(unit[1]))

    def _known(self, sequence: str) -> str:
        """Return the sequence in a form that Textual reads; "" if there is none."""
        if other := _OTHER_KEY.fullmatch(sequence):
            sequence = f"\x1b[{other['code']};{other['modifiers']}u"
        if key := _KEY.fullmatch(sequence):
            return "" if key["event"] == _RELEASE else _plain(key)
        if _MARKS.fullmatch(sequence) or (self._mouse and _MOUSE.fullmatch(sequence)):
            return sequence
        return ""

    def _listed(self, sequence: str) -> Iterator[Message]:
        """Yield a key from Textual's list directly, because Textual's parser turns some of them into other keys."""
        keys = ANSI_SEQUENCES_KEYS[sequence]
        if isinstance(keys, str):
            yield from self._parser.feed(keys)
        elif (
            isinstance(keys, tuple) and len(keys) == 1
        ):  # a tuple of two begins with an Escape that nobody has pressed
            yield Key(keys[0].value, None)


def _plain(key: re.Match[str]) -> str:
    """Return the sequence without what Textual misreads: alternate key codes and the event type. "" if it is no key."""
    modifiers, end = key["modifiers"] or "", key["end"]
    code = int(key["code"] or 1)
    text = [int(part) for part in (key["text"] or "").split(":") if part]
    if not all(map(_is_character, text)) or int(modifiers or 1) > 256 or code in _MODIFIERS:
        return ""
    if end == "u" and modifiers in ("", "1", "2") and not text and _is_character(code):
        return chr(code).upper() if modifiers == "2" else chr(code)
    if f"{code}{end}" not in FUNCTIONAL_KEYS and not (end == "u" and (text or _is_character(code))):
        return ""
    return f"\x1b[{code};{modifiers};{':'.join(map(str, text))}{end}"


def _is_character(code: int) -> bool:
    """Whether this is the code of a character, not of a control or of one of kitty's keys without a character."""
    return 32 <= code < 127 or 160 <= code < 0xD800 or 0xF900 <= code <= 0x10FFFF


def _with_alt(message: Message) -> Message:
    """Return the same key with Alt, if Textual has a name for it."""
    if not isinstance(message, Key) or len(message.key) != 1:
        return message
    shift = "shift+" if message.key.isupper() else ""
    return Key(f"alt+{shift}{message.key.lower()}", message.character)
