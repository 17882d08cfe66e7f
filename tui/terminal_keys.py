"""What the units of a terminal's input mean to Textual: a key, the mouse, a mark, or nothing.

Textual takes what it does not know for the keys that its characters are. So it is given only what it knows.
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
"""Where the cursor is. Textual has F3 with modifiers for some of these places."""
_MODIFIERS = range(57441, 57455)
"""Kitty's numbers for Shift and the like, pressed by themselves."""
_RELEASE = "3"
_MOUSE = re.compile(r"\x1b\[<\d{1,3};\d{1,5};\d{1,5}[Mm]")
"""SGR reports, in cells (1006) or pixels (1016)."""
_MARKS = re.compile(
    r"\x1b\[(?:[IO]|\?(?:2026|2048);[0-4]\$y|48;[1-9]\d{0,4};[1-9]\d{0,4};[1-9]\d{0,5};[1-9]\d{0,5}t)"
)
"""What Textual asks for besides: focus in and out, which modes there are, and the size in cells and pixels."""


class TerminalKeys:
    """One terminal's. `mouse`: whether its reports are wanted; another program may have left them on."""

    def __init__(self, *, mouse: bool) -> None:
        self._parser = XTermParser()
        self._mouse = mouse

    def messages(self, units: Iterable[Unit]) -> Iterator[Message]:
        """What Textual is to hear, in this order."""
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
        """The sequence as Textual reads it; "" if it does not."""
        if other := _OTHER_KEY.fullmatch(sequence):
            sequence = f"\x1b[{other['code']};{other['modifiers']}u"
        if key := _KEY.fullmatch(sequence):
            return "" if key["event"] == _RELEASE else _plain(key)
        if _MARKS.fullmatch(sequence) or (self._mouse and _MOUSE.fullmatch(sequence)):
            return sequence
        return ""

    def _listed(self, sequence: str) -> Iterator[Message]:
        """Keys that Textual has in a list. Of some it makes another key when it meets them in its input."""
        keys = ANSI_SEQUENCES_KEYS[sequence]
        if isinstance(keys, str):
            yield from self._parser.feed(keys)
        elif (
            isinstance(keys, tuple) and len(keys) == 1
        ):  # two: nobody has pressed the Escape before the other
            yield Key(keys[0].value, None)


def _plain(key: re.Match[str]) -> str:
    """The same without what Textual stumbles over: other keys of the place, and whether it was pressed or repeats."""
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
    """Whether this is a character that can be typed: no control, none of kitty's numbers for keys without one."""
    return 32 <= code < 127 or 160 <= code < 0xD800 or 0xF900 <= code <= 0x10FFFF


def _with_alt(message: Message) -> Message:
    """The same key with Alt, where Textual has a name for that."""
    if not isinstance(message, Key) or len(message.key) != 1:
        return message
    shift = "shift+" if message.key.isupper() else ""
    return Key(f"alt+{shift}{message.key.lower()}", message.character)
