"""Stand-ins for marks, in whatever encoding."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.marks import ENCODE_ERRORS, STAND_INS, is_utf8, output_encoding
from core.text import DOTS, one_line

_MARKS = "".join(map(chr, STAND_INS))


def test_each_mark_has_one_character_of_ascii() -> None:
    """As wide as itself, printable, and no question mark, which would read as a doubt."""
    stands = _MARKS.encode("ascii", ENCODE_ERRORS).decode()
    assert len(stands) == len(_MARKS)
    assert stands.isprintable()
    assert "?" not in stands


def test_what_sanitize_writes_has_a_stand_in() -> None:
    """Pictures of control characters, and what stands for marks that turn the direction of text."""
    shown = one_line("".join(map(chr, (*range(0x20), 0x7F, 0x85, 0x202E)))) + DOTS
    assert shown.encode("ascii", ENCODE_ERRORS).decode() == "^" * 33 + "##" + "****"


@given(
    st.text(st.characters(exclude_categories=["Cs"])),
    st.sampled_from(["ascii", "latin-1", "cp1252", "koi8-r"]),
)
def test_no_letter_is_lost(text: str, encoding: str) -> None:
    """What the encoding lacks is written as JSON writes it, so a body stays the same body."""
    plain = "".join(each for each in text if ord(each) not in STAND_INS)
    body = json.dumps(plain, ensure_ascii=False)
    assert json.loads(body.encode(encoding, ENCODE_ERRORS).decode(encoding)) == plain


@pytest.mark.parametrize(
    ("environment", "encoding", "expected"),
    [
        ({"LC_ALL": "C"}, "utf-8", "ascii"),
        ({"LC_ALL": "POSIX"}, "UTF8", "ascii"),
        ({"LC_ALL": "de_DE.ISO-8859-1"}, "utf-8", "ascii"),
        ({"LC_ALL": "C"}, "iso8859-1", "iso8859-1"),
        ({"LC_ALL": "xx_XX.UTF-8"}, "utf-8", "utf-8"),
        ({"LC_ALL": "C", "PYTHONIOENCODING": "utf-8"}, "utf-8", "utf-8"),
        ({"LC_ALL": "C", "PYTHONUTF8": "1"}, "utf-8", "utf-8"),
    ],
)
def test_output_encoding(
    environment: dict[str, str], encoding: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Python's choice, but not its UTF-8 for the locale C, unless that was asked for."""
    monkeypatch.setattr("core.marks.locale.nl_langinfo", lambda item: "ANSI_X3.4-1968")
    for name in ("PYTHONIOENCODING", "PYTHONUTF8"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert output_encoding(encoding) == expected


def test_names_of_utf_8() -> None:
    """Python and locales spell it in several ways."""
    assert all(map(is_utf8, ("utf-8", "UTF8", "utf_8", "UTF-8")))
    assert not any(map(is_utf8, ("", "utf-16", "ascii")))
