"""A delivery as a curl command, which sends the same bytes when run in a shell."""

import os
import shlex
import subprocess
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.delivery.curl import curl

URL = "https://a.example/in?x=1&y=2"


def _run(command: str, folder: Path, **variables: str) -> tuple[list[bytes], bytes]:
    """Run a command with a stand-in for curl in a real shell. Return the arguments and input that it gets."""
    stub = folder / "curl"
    stub.write_text('#!/bin/sh\nprintf "%s\\0" "$@" > "$OUT/arguments"\ncat > "$OUT/input"\n')
    stub.chmod(0o755)
    environment = {"PATH": f"{folder}:{os.environ['PATH']}", "OUT": str(folder)} | variables
    script = folder / "script"
    script.write_text(command)
    subprocess.run(["sh", script], env=environment, check=True, stdin=subprocess.DEVNULL)
    arguments = (folder / "arguments").read_bytes().split(b"\0")[:-1]
    return arguments, (folder / "input").read_bytes()


def test_it_reads_well() -> None:
    """A command as a person would write it, with variables for what is not known."""
    headers = [("content-type", "application/json"), ("authorization", None), ("x-tenant", None)]
    assert curl(URL, headers, b'{"it\'s": 1}') == (
        "# Secrets are left out. Set TOKEN HEADER_X_TENANT or delete their lines.\n"
        "curl 'https://a.example/in?x=1&y=2' \\\n"
        "  -H 'content-type: application/json' \\\n"
        "  -H 'authorization: Bearer '\"$TOKEN\" \\\n"
        "  -H 'x-tenant: '\"$HEADER_X_TENANT\" \\\n"
        "  --data-raw '{\"it'\"'\"'s\": 1}'"
    )


@settings(max_examples=300)
@given(st.text().map(str.encode) | st.binary())
@example(b'{\n\t"a": 1\n}')
def test_the_body_comes_back(body: bytes) -> None:
    """After shell splitting the text is exact, and the command has no control characters for the terminal."""
    command = curl(URL, [("webhook-id", "dlv_1")], body)
    assert all(character == "\n" or ord(character) >= 32 for character in command)
    assert not any(127 <= ord(character) < 160 or character in "\u202e\u2066\ufeff" for character in command)
    words = shlex.split(command)
    if "--data-raw" in words:
        assert words[words.index("--data-raw") + 1].encode() == body
    else:
        assert words[:2] == ["printf", "%b"]
        assert command.isascii()


@pytest.mark.parametrize(
    "body",
    [
        b'{"a": "it\'s $HOME `id` \\\\n !x"}',
        b"@/etc/passwd",
        b"line\r\nline\n\n",
        b"\x00\x01\xff\xfe0123 \\0101 '%s'",
        "\x9b2J \u202e ü 🚀".encode(),
        b'{"a": "' + b"x" * 1_000_000 + b"'\"}",
    ],
    ids=["quotes", "at", "newlines", "bytes", "controls", "long"],
)
def test_a_real_shell_sends_the_same_bytes(tmp_path: Path, body: bytes) -> None:
    """sh hands curl exactly the body, as an argument or by its input."""
    arguments, given_input = _run(curl(URL, [], body), tmp_path)
    if b"--data-raw" in arguments:
        assert arguments == [URL.encode(), b"--data-raw", body]
    else:
        assert arguments == [URL.encode(), b"--data-binary", b"@-"]
        assert given_input == body


def test_hostile_names_run_nothing(tmp_path: Path) -> None:
    """A header's name may hold what a shell obeys; its value is a variable of a name that is nobody else's."""
    command = curl(URL, [("x-`id`$HOME'!", None), ("path", None), ("authorization", None)], b"{}")
    arguments, _ = _run(command, tmp_path, TOKEN="t o k", HEADER_PATH="p", HEADER_X__ID__HOME__="h")
    assert arguments[1:7] == [
        b"-H", b"x-`id`$HOME'!: h", b"-H", b"path: p", b"-H", b"authorization: Bearer t o k"
    ]  # fmt: skip


def test_an_international_url_goes_out_as_it_does_on_the_wire() -> None:
    """Brackets are no pattern, and the host is in IDNA form."""
    assert curl("https://bücher.example/[1]{a}?q=ü", [], b"").splitlines()[0] == (
        "curl --globoff 'https://xn--bcher-kva.example/[1]{a}?q=%C3%BC' \\"
    )
