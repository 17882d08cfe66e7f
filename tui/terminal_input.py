"""Cuts the bytes of a terminal into keys, sequences and pastes, and drops what the terminal says of itself.

A state machine over characters after Paul Williams' parser for DEC terminals (https://vt100.net/emu/dec_ansi_parser),
read from the other side: there a program speaks to a terminal, here a terminal speaks to a program. A sequence may
arrive in pieces; only a pause, a long time, or a great many bytes give it up.
"""

import codecs
import re
from collections.abc import Callable
from dataclasses import dataclass

PAUSE = 2.0
"""Seconds without a byte after which half of a sequence is given up."""
WHOLE = 5.0
"""Seconds that a sequence may take in all: a person who types after half of one is heard again then."""
LONGEST = 1 << 18
"""Characters of a sequence; what a paste has more of comes as a second paste."""
PASTE_PAUSE = 5.0
"""Seconds without a byte after which a paste has ended, though its end was not marked."""

_ESC = "\x1b"
_BEL = "\x07"
_CANCELS = "\x18\x1a"
"""CAN and SUB end any sequence."""
_STRINGS = "PX]^_"
"""DCS, SOS, OSC, PM, APC: a text follows, up to ST."""
_MOUSE = {"M": 3, "t": 2, "T": 6}
"""CSI and this letter alone, then so many characters: reports of X10 and 1005, and two of highlight tracking."""
_KEPT = 256
"""Characters of a sequence that are kept: what is longer is no key."""
_PASTE_BEGIN = "\x1b[200~"
_PASTE_ENDS = ("\x1b[201~", "\x9b201~")
_RXVT_KEY = re.compile(r"\x1b\[\d+\$")
"""rxvt ends its keys with Shift in a character that, by ECMA-48, ends nothing."""
_NO_TEXT = re.compile("[\ud800-\udfff\x00]")
"""Bytes that are no UTF-8, and NUL, which no field takes."""
_KEEPS_BYTES = "tui.terminal_input"


@dataclass(frozen=True, slots=True)
class Pasted:
    """What stood between the marks of a bracketed paste, or a part of it."""

    text: str


Unit = str | Pasted
"""One character; ESC alone, or with the character that was pressed together with Alt; a whole CSI or SS3 sequence in
its 7-bit form; or a paste. Whether a sequence is a key is not decided here."""


def _keep_bytes(error: UnicodeError) -> tuple[str, int]:
    """What is no UTF-8, byte by byte: a C1 control that stands alone as itself, anything else as a surrogate."""
    assert isinstance(error, UnicodeDecodeError)
    wrong = error.object[error.start : error.end]
    if len(wrong) == 1 and 0x80 <= wrong[0] < 0xA0:
        return chr(wrong[0]), error.end
    return "".join(chr(0xDC00 + byte) for byte in wrong), error.end


codecs.register_error(_KEEPS_BYTES, _keep_bytes)


class TerminalInput:
    """One terminal's input. `escape_delay`: seconds after which an ESC alone is the Escape key.

    Times are of one monotonic clock, in seconds.
    """

    def __init__(self, escape_delay: float) -> None:
        self._escape_delay = escape_delay
        self._decode = codecs.getincrementaldecoder("utf-8")(_KEEPS_BYTES).decode
        self._units: list[Unit] = []
        self._state: Callable[[str], None] = self._ground
        self._sequence = ""
        """What has come of it."""
        self._pasted: list[str] = []
        self._length = 0
        self._missing = 0
        """Characters that a mouse report still has."""
        self._began = 0.0
        self._last = 0.0

    def feed(self, data: bytes, now: float) -> list[Unit]:
        """What these bytes complete."""
        if self._state not in (self._ground, self._escape, self._paste) and now - self._began >= WHOLE:
            self._end()
        self._last = now
        for character in self._decode(data):
            self._length += 1
            if self._length > LONGEST and self._state != self._paste:
                self._end()
            self._state(character)
        return self._taken()

    @property
    def deadline(self) -> float | None:
        """When `expire` has something to do if nothing arrives until then."""
        if self._state == self._ground:
            return None
        if self._state == self._escape:
            return self._last + self._escape_delay
        return self._last + (PASTE_PAUSE if self._state == self._paste else PAUSE)

    def expire(self, now: float) -> list[Unit]:
        """What follows from nothing having arrived until now."""
        if self.deadline is not None and now >= self.deadline:
            if self._state == self._escape:
                self._units.append(_ESC)
                self._state = self._late_escape
            elif self._state == self._paste:
                self._tell_pasted("")
                self._end()
            else:
                self._end()
        return self._taken()

    def _taken(self) -> list[Unit]:
        units, self._units = self._units, []
        return units

    def _end(self) -> None:
        self._state, self._sequence, self._length = self._ground, "", 0

    def _begin(self, introducer: str) -> bool:
        """Begin the sequence that ESC and this character introduce; whether they introduce one."""
        if introducer in _STRINGS:
            self._state = self._string
        elif introducer == "[":
            self._state = self._csi
        elif introducer == "O":
            self._state = self._ss3
        else:
            return False
        self._sequence, self._length, self._began = _ESC + introducer, 0, self._last
        return True

    def _complete(self) -> None:
        if self._sequence == _PASTE_BEGIN:
            self._state = self._paste
        else:
            self._units.append(self._sequence)
            self._end()

    def _ground(self, character: str) -> None:
        self._end()
        if character == _ESC:
            self._state, self._began = self._escape, self._last
        elif "\x80" <= character < "\xa0":
            # An 8-bit control is ESC and the character 64 before it. SS2 takes one character, as SS3 does.
            self._begin("O" if character == "\x8e" else chr(ord(character) - 0x40))
        elif not _is_no_text(character):
            self._units.append(character)

    def _escape(self, character: str) -> None:
        if self._begin(character):
            return
        if character == _ESC or "\x80" <= character < "\xa0":
            self._units.append(_ESC)
            self._ground(character)
        else:
            self._end()
            if character != "\\" and not _is_no_text(character):  # ST, of a string that was given up
                self._units.append(_ESC + character)

    def _late_escape(self, character: str) -> None:
        """The Escape key was told. On a line that halts, the rest of a sequence comes nevertheless."""
        if not self._begin(character):
            self._ground(character)

    def _csi(self, character: str) -> None:
        if not " " <= character <= "\x7e":
            self._break_off(character)
            return
        self._grow(character)
        if self._sequence == "\x1b[[":
            self._state = self._console_key
        elif self._sequence[2:] in _MOUSE:
            self._missing, self._state = _MOUSE[character], self._mouse
        elif character >= "@" or (character == "$" and _RXVT_KEY.fullmatch(self._sequence)):
            self._complete()

    def _ss3(self, character: str) -> None:
        if not " " <= character <= "\x7e":
            self._break_off(character)
            return
        self._grow(character)
        if character not in "0123456789;":
            self._complete()

    def _console_key(self, character: str) -> None:
        """F1 to F5 of the Linux console are CSI, `[` and a letter."""
        if character in "ABCDE":
            self._grow(character)
            self._complete()
        else:
            self._break_off(character)

    def _mouse(self, character: str) -> None:
        if character < " " and character != "\0":  # a coordinate is "!" or later; NUL is one too large to say
            self._break_off(character)
            return
        self._missing -= 1
        if not self._missing:
            self._end()

    def _string(self, character: str) -> None:
        if character == _ESC:
            self._state = self._string_end
        elif (
            character == "\x9c" or character in _CANCELS or (character == _BEL and self._sequence == "\x1b]")
        ):
            self._end()

    def _string_end(self, character: str) -> None:
        """ESC ends a string: with a backslash it is ST, otherwise what follows begins anew."""
        if character == "\\":
            self._end()
        else:
            self._late_escape(character)

    def _break_off(self, character: str) -> None:
        """This cannot belong to the sequence: half of one was left behind."""
        self._end()
        if character not in _CANCELS:
            self._ground(character)

    def _grow(self, character: str) -> None:
        if len(self._sequence) < _KEPT:
            self._sequence += character

    def _paste(self, character: str) -> None:
        self._pasted.append(character)
        if character == "~":
            tail = "".join(self._pasted[-6:])
            end = next(filter(tail.endswith, _PASTE_ENDS), "")
            if end:
                self._tell_pasted(end)
                self._end()
        elif self._length >= LONGEST and character not in _PASTE_ENDS[0] + _PASTE_ENDS[1]:
            self._tell_pasted("")
            self._length = 0

    def _tell_pasted(self, end: str) -> None:
        text = _NO_TEXT.sub("", "".join(self._pasted).removesuffix(end))
        self._pasted.clear()
        if text:
            self._units.append(Pasted(text))


def _is_no_text(character: str) -> bool:
    return "\ud800" <= character < "\ue000"
