"""Splits the bytes of a terminal into keys, sequences and pastes, and drops control strings such as DCS and OSC.

A state machine over characters after Paul Williams' parser for DEC terminals (https://vt100.net/emu/dec_ansi_parser).
His parser is for a terminal that reads a program's output; this one is for a program that reads a terminal's input.
A sequence may arrive in pieces. It is dropped after a pause (`PAUSE`), a total time (`WHOLE`) or a length (`LONGEST`).
"""

import codecs
import re
from collections.abc import Callable
from dataclasses import dataclass

PAUSE = 2.0
"""Seconds without a byte after which an incomplete sequence is dropped."""
WHOLE = 5.0
"""Most seconds for a whole sequence, so that typing after an incomplete one is not swallowed for longer."""
LONGEST = 1 << 18
"""Most characters of a sequence. A longer paste is split into several."""
PASTE_PAUSE = 5.0
"""Seconds without a byte after which a paste ends, even without its end mark."""

_ESC = "\x1b"
_BEL = "\x07"
_CANCELS = "\x18\x1a"
"""CAN and SUB end any sequence."""
_STRINGS = "PX]^_"
"""DCS, SOS, OSC, PM and APC, which begin a string that ends with ST."""
_MOUSE = {"M": 3, "t": 2, "T": 6}
"""How many characters follow CSI and this letter: mouse reports of X10 and 1005, and two of highlight tracking."""
_KEPT = 256
"""Most characters of a sequence that are kept. No key has more."""
_PASTE_BEGIN = "\x1b[200~"
_PASTE_ENDS = ("\x1b[201~", "\x9b201~")
_RXVT_KEY = re.compile(r"\x1b\[\d+\$")
"""rxvt ends Shift+key sequences with `$`, which is not a final byte in ECMA-48."""
_NO_TEXT = re.compile("[\ud800-\udfff\x00]")
"""Bytes that are not UTF-8, and NUL, which no field accepts."""
_KEEPS_BYTES = "tui.terminal_input"


@dataclass(frozen=True, slots=True)
class Pasted:
    """The text of a bracketed paste, or a part of it."""

    text: str


Unit = str | Pasted
"""One of: a character; ESC alone; ESC and the character that was pressed with Alt; a whole CSI or SS3 sequence in its
7-bit form; a paste. `TerminalKeys` decides whether a sequence is a key."""


def _keep_bytes(error: UnicodeError) -> tuple[str, int]:
    """Decode bytes that are not UTF-8: a single C1 control to itself, any other byte to a surrogate."""
    assert isinstance(error, UnicodeDecodeError)
    wrong = error.object[error.start : error.end]
    if len(wrong) == 1 and 0x80 <= wrong[0] < 0xA0:
        return chr(wrong[0]), error.end
    return "".join(chr(0xDC00 + byte) for byte in wrong), error.end


codecs.register_error(_KEEPS_BYTES, _keep_bytes)


class TerminalInput:
    """The input parser of one terminal. `escape_delay`: seconds after which a lone ESC is the Escape key.

    All times are in seconds of the same monotonic clock.
    """

    def __init__(self, escape_delay: float) -> None:
        self._escape_delay = escape_delay
        self._decode = codecs.getincrementaldecoder("utf-8")(_KEEPS_BYTES).decode
        self._units: list[Unit] = []
        self._state: Callable[[str], None] = self._ground
        self._sequence = ""
        """The part of the current sequence that has arrived."""
        self._pasted: list[str] = []
        self._length = 0
        self._missing = 0
        """Characters of a mouse report that have not arrived yet."""
        self._began = 0.0
        self._last = 0.0

    def feed(self, data: bytes, now: float) -> list[Unit]:
        """Parse these bytes and return the units that they complete."""
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
        """When `expire` must be called if nothing arrives before; None for never."""
        if self._state == self._ground:
            return None
        if self._state == self._escape:
            return self._last + self._escape_delay
        return self._last + (PASTE_PAUSE if self._state == self._paste else PAUSE)

    def expire(self, now: float) -> list[Unit]:
        """Return the units that are complete because nothing has arrived until now."""
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
        """Begin the sequence that ESC and this character introduce. Return False if they introduce none."""
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
            # An 8-bit control equals ESC and the character 64 below it. SS2 takes one character, like SS3.
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
            if character != "\\" and not _is_no_text(character):  # a backslash is the ST of a dropped string
                self._units.append(_ESC + character)

    def _late_escape(self, character: str) -> None:
        """Handle what follows a reported Escape key. On a stalling line this may be the rest of a sequence."""
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
        """Read F1 to F5 of the Linux console, which are CSI, `[` and a letter."""
        if character in "ABCDE":
            self._grow(character)
            self._complete()
        else:
            self._break_off(character)

    def _mouse(self, character: str) -> None:
        if character < " " and character != "\0":  # coordinates start at "!"; NUL is one that is too large
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
        """End the string at ESC. With a backslash it is ST; any other character starts something new."""
        if character == "\\":
            self._end()
        else:
            self._late_escape(character)

    def _break_off(self, character: str) -> None:
        """Drop the incomplete sequence, because this character cannot belong to it."""
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
