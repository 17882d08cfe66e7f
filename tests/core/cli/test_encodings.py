"""Files that are not text in UTF-8 are named as what they are."""

import bz2
import gzip
import json
import lzma
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.encoding import ENOUGH, NotUtf8, require_utf8
from tests.core.cli.command import hookkeeper
from tests.core.cli.conftest import Shell

_LINES = '{"type": "session-failed", "data": {"name": "Núñez"}}\n' * 2
_FILES = {
    "UTF-16": [_LINES.encode(name) for name in ("utf-16", "utf-16-le", "utf-16-be")]
    + [b"\xfe\xff" + _LINES.encode("utf-16-be")],
    "UTF-32": [_LINES.encode(name) for name in ("utf-32", "utf-32-le", "utf-32-be")]
    + [b"\0\0\xfe\xff" + _LINES.encode("utf-32-be")],
    "compressed with gzip": [gzip.compress(_LINES.encode())],
    "compressed with bzip2": [bz2.compress(_LINES.encode())],
    "compressed with xz": [lzma.compress(_LINES.encode())],
    "compressed with zstd": [b"\x28\xb5\x2f\xfd\x04\x58"],
    "a ZIP archive": [b"PK\x03\x04\x14\x00"],
}


@pytest.mark.parametrize("what", _FILES)
def test_each_is_named(what: str) -> None:
    """By its first bytes, with what to do about it."""
    then = "Save it as UTF-8." if what.startswith("UTF") else "Unpack it first."
    for data in _FILES[what]:
        with pytest.raises(NotUtf8) as found:
            require_utf8(data[:ENOUGH], "a.jsonl")
        assert str(found.value) == f"a.jsonl is {what}. {then}"


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_text_in_utf_8_passes(text: str) -> None:
    """Whatever it is, with and without the mark."""
    text = text.removeprefix("\ufeff")
    if not text.startswith(("PK\x03\x04", "BZh")):
        assert require_utf8(text.encode(), "a") == text.encode()
        assert require_utf8(text.encode("utf-8-sig"), "a") == text.encode()


@given(
    st.text(st.characters(max_codepoint=127, exclude_characters="\0"), min_size=1),
    st.sampled_from(["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"]),
)
def test_no_other_unicode_passes(text: str, encoding: str) -> None:
    """With and without its mark, if it begins with ASCII, as JSON does."""
    with pytest.raises(NotUtf8, match="UTF-16" if "16" in encoding else "UTF-32"):
        require_utf8(text.encode(encoding), "a")


def test_emit_batch_of_a_utf_16_file_is_one_sentence(database: Path, tmp_path: Path) -> None:
    """From a file and from standard input; nothing is stored, and no database is made for a file."""
    file = tmp_path / "lines.jsonl"
    file.write_bytes(_LINES.encode("utf-16"))
    done = hookkeeper("emit", "--batch", str(file))
    words = f"--batch: {file} is UTF-16. Save it as UTF-8.\n"
    assert (done.returncode, done.stdout, done.stderr.decode()) == (2, b"", words)
    assert not database.exists()
    piped = hookkeeper("emit", "--batch", "-", "--json", data=_LINES.encode("utf-16-be"))
    assert (piped.returncode, piped.stdout) == (2, b"")
    assert json.loads(piped.stderr) == {
        "error": "--batch: the input is UTF-16.",
        "field": "batch",
        "hint": "Save it as UTF-8.",
    }
    assert hookkeeper("events", "list", "--json").stdout == b""


def test_a_body_from_a_file(database: Path, tmp_path: Path) -> None:
    """`--data @FILE` and `--data -` alike; the mark of UTF-8 is no part of the body."""
    body = b'{"name":  "N\xc3\xba\xc3\xb1ez"}'
    file = tmp_path / "body.json"
    file.write_bytes(gzip.compress(body))
    done = hookkeeper("emit", "session-failed", "--data", f"@{file}")
    assert done.stderr.decode() == f"--data: {file} is compressed with gzip. Unpack it first.\n"
    piped = hookkeeper("emit", "session-failed", "--data", "-", data=body.decode().encode("utf-16-le"))
    assert piped.stderr == b"--data: standard input is UTF-16. Save it as UTF-8.\n"
    assert not database.exists()
    file.write_bytes(b"\xef\xbb\xbf" + body)
    event = hookkeeper("emit", "session-failed", "--data", f"@{file}").stdout.decode().strip()
    assert hookkeeper("events", "show", event, "--body").stdout == body


@pytest.mark.usefixtures("database")
def test_a_secret_key_from_a_file(tmp_path: Path) -> None:
    """Editors of Windows write such files; a mark would else be part of the secret."""
    file = tmp_path / "secret"
    given = ("--auth-url", "https://a.example/", "--client-id", "me", "--secret-key-file", str(file))
    file.write_bytes("s3cret\r\n".encode("utf-16"))
    done = hookkeeper("settings", "set", *given)
    words = f"--secret-key-file: {file} is UTF-16. Save it as UTF-8.\n"
    assert (done.returncode, done.stderr.decode()) == (2, words)
    file.write_bytes("s3cret\r\n".encode("utf-8-sig"))
    assert hookkeeper("settings", "set", *given).returncode == 0


@pytest.mark.usefixtures("database")
def test_a_key_file_that_an_editor_saved(shell: Shell, tmp_path: Path) -> None:
    """With the mark of UTF-8 it is read as before; as UTF-16 it is named."""
    assert shell("webhooks", "add", "--type", "session-failed", "--url", "https://a.example/") == 0
    keys = tmp_path / "config" / "keys"
    text = keys.read_text()
    keys.write_text(text, encoding="utf-8-sig")
    assert len(shell.json("keys", "list")) == 1
    assert shell("keys", "rotate", "--remove-old") == 0
    assert len(shell.json("keys", "list")) == 1
    keys.write_text(keys.read_text(), encoding="utf-16")
    assert shell("keys", "list") == 1
    assert shell.err == f"The key file {keys} is UTF-16. Save it as UTF-8.\n"
