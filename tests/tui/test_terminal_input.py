"""How a terminal's bytes are split, and which of them reach Textual. The tests control the clock."""

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual._keyboard_protocol import FUNCTIONAL_KEYS
from textual.events import AppBlur, AppFocus, Key, MouseDown, Paste, Resize
from textual.keys import Keys
from textual.message import Message
from textual.messages import InBandWindowResize, TerminalSupportsSynchronizedOutput

from tui.terminal_input import LONGEST, PASTE_PAUSE, PAUSE, WHOLE, Pasted, TerminalInput, Unit
from tui.terminal_keys import TerminalKeys

ESCAPE_DELAY = 0.1
_SAID = st.text(st.characters(min_codepoint=32, exclude_characters="\x7f", exclude_categories=["Cs", "Cc"]))
_NUMBERS = st.lists(st.integers(0, 99999), max_size=6).map(lambda them: ";".join(map(str, them)))
_COORDINATE = st.integers(33, 2047).map(chr)

strings = st.builds(
    lambda introducer, text, end: f"\x1b{introducer}{text}{end}".encode(),
    st.sampled_from("PX]^_"),
    _SAID,
    st.sampled_from(["\x1b\\", "\x9c"]),
) | _SAID.map(lambda text: f"\x1b]{text}\x07".encode())
reports = st.builds(
    lambda mark, numbers, middle, end: f"\x1b[{mark}{numbers}{middle}{end}".encode(),
    st.sampled_from("?>="),
    _NUMBERS,
    st.sampled_from(["", "$", "'", " ", "+"]),
    st.characters(min_codepoint=0x40, max_codepoint=0x7E),
).filter(lambda sent: not sent.startswith((b"\x1b[?2026;", b"\x1b[?2048;")))
cursors = st.builds(
    lambda row, column: b"\x1b[%d;%dR" % (row, column), st.integers(1, 999), st.integers(1, 999)
)
mice = (
    st.binary(min_size=3, max_size=3)
    .filter(lambda sent: min(sent) >= 33 and max(sent) < 128)
    .map(lambda sent: b"\x1b[M" + sent)
    | st.tuples(_COORDINATE, _COORDINATE, _COORDINATE).map(lambda sent: f"\x1b[M{''.join(sent)}".encode())
    | st.tuples(st.sampled_from("Mm"), st.integers(0, 255), st.integers(1, 9999), st.integers(1, 9999)).map(
        lambda sent: f"\x1b[<{sent[1]};{sent[2]};{sent[3]}{sent[0]}".encode()
    )
    | _NUMBERS.filter(lambda numbers: numbers.count(";") == 2).map(
        lambda numbers: f"\x1b[{numbers}M".encode()
    )
)
releases = st.builds(
    lambda code, modifiers, end: f"\x1b[{code};{modifiers}:3{end}".encode(),
    st.integers(0, 0x10FFFF),
    st.integers(1, 256),
    st.sampled_from("u~ABCDEFHPQS"),
)
answers = strings | reports | cursors | mice | releases
eight_bit = answers.map(
    lambda sent: (
        bytes([sent[1] + 0x40]) + sent[2:].replace(b"\x1b\\", b"\x9c") if sent[1:2] in b"[P]^_X" else sent
    )
)
typed = st.text(st.sampled_from("abc 123é漢🙂[O?;\\"), max_size=5)
anything = st.lists(
    st.binary(max_size=6)
    | answers
    | typed.map(str.encode)
    | st.sampled_from(sorted(ANSI_SEQUENCES_KEYS)).map(str.encode),
    max_size=6,
).map(b"".join)


def cut(data: bytes, places: Sequence[int]) -> list[bytes]:
    """The same bytes in pieces."""
    marks = sorted({0, len(data), *(place % (len(data) + 1) for place in places)})
    return [data[begin:end] for begin, end in pairwise(marks)]


def read(*pieces: bytes, apart: float = 0.0) -> list[Unit]:
    """What pieces that come so many seconds apart are cut into."""
    terminal = TerminalInput(ESCAPE_DELAY)
    units, now = [], 0.0
    for piece in pieces:
        units += terminal.feed(piece, now)
        now += apart
        units += terminal.expire(now)
    for _ in range(2):  # Escape, then what it could still have begun
        now += PASTE_PAUSE
        units += terminal.expire(now)
    return units


def heard(data: bytes, *, mouse: bool = True) -> list[Message]:
    """What Textual hears."""
    return list(TerminalKeys(mouse=mouse).messages(read(data)))


def keys(data: bytes) -> list[tuple[str, str | None]]:
    """Names and characters of the keys that are pressed."""
    return [(message.key, message.character) for message in heard(data) if isinstance(message, Key)]


@given(st.lists(answers | eight_bit, min_size=1, max_size=4), typed, typed)
def test_an_answer_is_no_key(said: list[bytes], before: str, after: str) -> None:
    """Whatever is typed around it arrives, and nothing else."""
    data = before.encode() + b"".join(said) + after.encode()
    assert "".join(character or "?" for _, character in keys(data)) == before + after


@given(anything, st.lists(st.integers(0), max_size=8))
def test_pieces_are_read_as_the_whole(data: bytes, places: list[int]) -> None:
    """Wherever a line cuts them."""
    assert read(*cut(data, places)) == read(data)


@given(answers | eight_bit, st.lists(st.integers(0), max_size=3))
def test_an_answer_that_halts_is_no_key(said: bytes, places: list[int]) -> None:
    """Escape, where the halt is after its first byte; never what follows it."""
    pieces = cut(said, places)
    units = read(*pieces, b"j", apart=3 * ESCAPE_DELAY)
    heard = list(TerminalKeys(mouse=False).messages(units))
    names = [message.key for message in heard if isinstance(message, Key)]
    assert names == ["escape"] * (pieces[0] == b"\x1b") + ["j"]


@given(anything, st.booleans())
def test_anything_can_be_read(data: bytes, mouse: bool) -> None:
    """Nothing that a noisy line makes of it is an error, or keeps what is typed later."""
    last = heard(data + b"\x18\x1b\\x", mouse=mouse)[-1:] if b"\x1b[200~" not in data else []
    assert all(isinstance(message, Key) and message.key == "x" for message in last)


@given(
    st.lists(st.text() | st.sampled_from(["\x1b[A", "\r", "\t", "\x1b", "\x9b", "~"])).map("".join),
    st.lists(st.integers(0)),
)
def test_a_paste_is_text(text: str, places: list[int]) -> None:
    """Also where it holds keys and sequences, in however many pieces it comes."""
    if "201~" in text:
        return
    pieces = cut(f"\x1b[200~{text}\x1b[201~q".encode("utf-8", "replace"), places)
    pasted = text.encode("utf-8", "replace").decode().replace("\0", "")
    assert read(*pieces, apart=0.9 * ESCAPE_DELAY) == [*([Pasted(pasted)] if pasted else []), "q"]


@pytest.mark.parametrize("mark", [b"\x1b[201~", b"\x9b201~"])
def test_a_long_paste_comes_in_parts(mark: bytes) -> None:
    """None of which holds a piece of the mark at its end."""
    text = "é\x1b[" * LONGEST
    units = read(b"\x1b[200~" + text.encode() + mark + b"q")
    assert "".join(unit.text for unit in units if isinstance(unit, Pasted)) == text
    assert (len(units), units[-1]) == (4, "q")


def test_a_paste_whose_end_is_lost_ends_after_a_while() -> None:
    terminal = TerminalInput(ESCAPE_DELAY)
    assert terminal.feed(b"\x1b[200~a", 0) + terminal.expire(PASTE_PAUSE - 0.01) == []
    assert terminal.feed(b"b", 0) == []
    assert terminal.expire(PASTE_PAUSE) == [Pasted("ab")]
    assert terminal.feed(b"q", PASTE_PAUSE) == ["q"]


@pytest.mark.parametrize(
    "half",
    [b"\x1bP1$r", b"\x1b]11;rgb:", b"\x1b_G", b"\x1b[1;", b"\x1b[M ", b"\x1bO", b"\x90", b"\x1bPx\x1b"],
)
def test_half_of_a_sequence_is_given_up(half: bytes) -> None:
    """After a pause; or, where somebody goes on typing, after so long in all."""
    terminal = TerminalInput(ESCAPE_DELAY)
    assert terminal.feed(half, 0) + terminal.expire(PAUSE - 0.01) == []
    assert terminal.expire(PAUSE) + terminal.feed(b"3", PAUSE) == ["3"]


def test_an_endless_text_is_given_up() -> None:
    terminal = TerminalInput(ESCAPE_DELAY)
    times = [each / 4 for each in range(40)]
    heard = [now for now in times for _ in terminal.feed(b"\x1bP3" if not now else b"3", now)]
    assert heard == [now for now in times if now >= WHOLE]
    assert read(b"\x1bP" + b"3" * (LONGEST + 5)) == ["3"] * 5


def test_what_cannot_belong_to_a_sequence_ends_it() -> None:
    """A person pressed Enter, or typed a letter of another script, after half of one."""
    assert read(b"\x1b[1;\r") == ["\r"]
    assert read("\x1b[é".encode()) == ["é"]
    assert read(b"\x1bP1$r\x1b[A") == ["\x1b[A"]
    assert read(b"\x1b[1;\x18a") == ["a"]


def test_escape() -> None:
    """A key of its own after its delay, which the process's own slowness does not count to."""
    terminal = TerminalInput(ESCAPE_DELAY)
    assert terminal.feed(b"\x1b", 0) == []
    assert terminal.deadline == ESCAPE_DELAY
    assert terminal.expire(ESCAPE_DELAY - 0.01) == []
    assert terminal.expire(ESCAPE_DELAY) == ["\x1b"]
    assert terminal.feed(b"j", 1) == ["j"]
    assert terminal.deadline is None
    assert terminal.feed(b"\x1b", 2) + terminal.feed(b"[A", 9) == ["\x1b[A"]


@pytest.mark.parametrize(
    ("sent", "pressed"),
    [
        (b"\x1bj", [("alt+j", "j")]),
        (b"\x1bJ", [("alt+shift+j", "J")]),
        ("\x1bé".encode(), [("alt+é", "é")]),
        (b"\x1b\x7f", [("ctrl+w", None)]),
        (b"\x1b\r", [("enter", "\r")]),
        (b"\x1b\x1b", [("escape", "\x1b"), ("escape", "\x1b")]),
        (b"\x1b\x1b[A", [("escape", "\x1b"), ("up", None)]),
        (b"\x1bOA\x8fB", [("up", None), ("down", None)]),
        (b"\x9bA", [("up", None)]),
        (b"\x1b[[A", [("f1", None)]),
        (b"\x1b[7$\x1b[7^", [("shift+home", None), ("ctrl+end", None)]),
        (b"\x1b[25~", [("f13", None)]),
        (b"\x1b[3~\x1b[1;5A\x1b[Z", [("delete", None), ("ctrl+up", None), ("shift+tab", None)]),
        (b"\x1b[97u\x1b[97;;97u\x1b[97;1:2;97u", [("a", "a")] * 3),
        (b"\x1b[97:65;2:1;65u", [("A", "A")]),
        (b"\x1b[97;5u\x1b[13u\x1b[27u", [("ctrl+a", None), ("enter", "\r"), ("escape", None)]),
        (b"\x1b[27;5;9~\x1b[27;2;65~", [("ctrl+tab", None), ("A", "A")]),
        (b"\x1b[0;;229u", [("å", "å")]),
        (b"\x1b[57441;2u\x1b[9999999u\x1b[55296u\x1b[99~\x1b[5u", []),
        (b"a\xff\xc3b\xe2\x82", [("a", "a"), ("b", "b")]),
    ],
)  # fmt: skip
def test_keys(sent: bytes, pressed: list[tuple[str, str | None]]) -> None:
    assert keys(sent) == pressed


def test_every_key_that_textual_lists() -> None:
    """But for those that a terminal also says something else with, and two keys for one."""
    left_out = {"\x1b", "\x9b", "\x1b\x1b", "\x1b[1;2R", "\x1b[1;5R", "\x1b[1;6R"}
    unheard = [
        sequence
        for sequence, named in ANSI_SEQUENCES_KEYS.items()
        if sequence not in left_out
        and (isinstance(named, str) or (isinstance(named, tuple) and len(named) == 1))
        and len(keys(sequence.encode())) != 1
    ]
    assert unheard == []


def test_what_else_textual_asks_for() -> None:
    """Marks of focus and paste, modes, sizes, and the mouse where it is wanted."""
    sent = b"\x1b[O\x1b[I\x1b[?2026;2$y\x1b[?2048;2$y\x1b[48;24;80;480;800t\x1b[<0;3;4M\x1b[200~a\x1b[201~"
    kinds = [
        AppBlur,
        AppFocus,
        TerminalSupportsSynchronizedOutput,
        InBandWindowResize,
        Resize,
        MouseDown,
        Paste,
    ]
    assert [type(message) for message in heard(sent)] == kinds
    assert [type(message) for message in heard(sent, mouse=False)] == [*kinds[:5], Paste]


def test_what_is_used_of_textuals_private_parts() -> None:
    """Its lists of keys, by their sequences, and a parser that is done with each whole sequence at once."""
    assert ANSI_SEQUENCES_KEYS["\x1b[A"] == (Keys.Up,)
    assert FUNCTIONAL_KEYS["13u"] == "enter"
    assert keys(b"\x1b[1;5Bx") == [("ctrl+down", None), ("x", "x")]
