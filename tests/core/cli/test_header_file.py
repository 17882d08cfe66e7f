"""Secret header values from a file or standard input, so that neither `ps` nor the shell's history has them."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from tests.core.cli.conftest import Shell
from tests.support.terminal import Terminal

_COMMAND = [sys.executable, "-m", "core.cli", "settings", "set", "--header-file", "-"]


def _headers(shell: Shell) -> object:
    return shell.json("settings", "show")[0]["custom_headers"]


def _file(folder: Path, text: str | bytes) -> str:
    file = folder / "headers"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(file)


@pytest.mark.parametrize(
    "text",
    [
        "x-tenant: mx\nX-Region:eu:1",
        "\n  \nx-tenant:   mx\n\nX-Region: eu:1\n",
        "x-tenant: mx\r\nX-Region: eu:1\r\n",
        "\ufeffx-tenant: mx\nX-Region:\teu:1\n",
    ],
)
def test_headers_from_a_file(shell: Shell, tmp_path: Path, text: str) -> None:
    """One on each line; empty lines, both line ends and a byte order mark are what editors write."""
    assert shell("settings", "set", "--header", "X-Tenant: old", "--header", "x-other: stays") == 0
    assert shell("settings", "set", "--header-file", _file(tmp_path, text)) == 0
    assert _headers(shell) == [
        {"name": "x-tenant", "value": "mx"},
        {"name": "x-other", "value": "stays"},
        {"name": "X-Region", "value": "eu:1"},
    ]


def test_headers_from_standard_input(shell: Shell) -> None:
    """`-` reads what is piped in; the value is dots where the name says that it is a secret."""
    done = subprocess.run(_COMMAND, input=b"X-Api-Token: hush\n", capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (0, b"")
    assert _headers(shell) == [{"name": "X-Api-Token", "value": "•••••••••••••"}]


async def test_headers_pasted_at_a_terminal(shell: Shell) -> None:
    """What is pasted after `-` is not shown, and all of its lines count; the terminal shows again what is typed then."""
    command = ("/bin/sh", "-c", '"$@"; read answer; echo "($answer)"', "sh", *_COMMAND)
    terminal = Terminal(command=command, columns=120)
    await terminal.shows("ctrl+d ends them.")
    terminal.keys("X-Api-Token: hush\r\rx-tenant: mx\r\x04")
    await terminal.shows("The settings are updated.")
    terminal.keys("seen\r")
    await terminal.shows("(seen)")
    assert await terminal.exit_code() == 0
    assert b"seen\r\n(seen)" in terminal.raw
    assert b"hush" not in terminal.raw
    shown = await asyncio.to_thread(shell, "settings", "show")
    assert (shown, "Header x-tenant" in shell.out) == (0, True)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x-a: 1\nhush\n", "--header-file: line 2: Write a header as Name: value."),
        ("\nBearer hush:hush", "--header-file: line 2: Write a header as Name: value."),
        (": hush", "--header-file: line 1: Write a header as Name: value."),
        ("x-a : hush", "--header-file: line 1: Write a header as Name: value."),
        ("x-a: 1\n\nHost: hush", "--header-file: line 3: Host is set by Hookkeeper."),
        ("x-a: 1\nx-b: hush \n", "--header-file: line 2: A header value has no space at its ends."),
        ("x-a: 1\nx-b: hu\x1bsh\n", "--header-file: line 2: A header value has no line breaks"),
        ("x-a: 1\nx-b: hu\u2028sh\n", "--header-file: line 2: A header value has no line breaks"),
        ("x-a: 1\nX-A: hush\n", "--header-file: line 2: X-A is given twice."),
        ("x-a: 1\nx-b: " + "hush" * 3000, "--header-file: line 2: All custom headers together"),
        ("\n \n", "--header-file: it holds no header."),
        ("x-a: hush".encode("utf-16"), "/headers is UTF-16. Save it as UTF-8."),
        (b"x-a: hush\xff", "--header-file: the headers are text in UTF-8."),
    ],
)
def test_a_wrong_line_is_named_and_never_shown(
    shell: Shell, tmp_path: Path, text: str | bytes, words: str
) -> None:
    """Not even up to a colon, which may stand in a secret; nothing is stored."""
    assert shell("settings", "set", "--scopes", "a", "--header-file", _file(tmp_path, text)) == 2
    assert words in shell.err
    assert "hush" not in shell.err + shell.out
    assert shell("settings", "show") == 1
    assert "There is no database" in shell.err


def test_files_that_cannot_be_read(shell: Shell) -> None:
    """A file that is not there, and standard input that two options ask for."""
    assert shell("settings", "set", "--header-file", "/nothing/here") == 2
    assert shell.err == "--header-file: /nothing/here cannot be read: No such file or directory.\n"
    assert shell("settings", "set", "--header-file", "-", "--secret-key-file", "-") == 2
    assert "--header-file: standard input can be read only once" in shell.err
    assert shell("settings", "set", "--header", "x-a: 1", "--header", "X-A: 2") == 2
    assert "--header X-A: X-A is given twice." in shell.err
