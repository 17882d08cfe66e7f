"""Writes a delivery as a curl command, to send the same request by hand."""

import re
import shlex
from collections.abc import Sequence

from core.delivery.sent import Header
from core.text import sanitize
from core.url import on_the_wire

_LONGEST_ARGUMENT = 100_000
"""Bytes of the longest body given as an argument.

The kernel takes 128 KiB. The limit does not apply to printf: it is built into the shell, so no process gets the
argument.
"""


def curl(url: str, headers: Sequence[Header], body: bytes) -> str:
    """Return the command for a POSIX shell. It is always printable, and sends the body byte for byte.

    A value that is not known becomes a variable such as `"$TOKEN"`. A comment before the command lists the variables.
    """
    return _what_to_set([name for name, value in headers if value is None]) + _command(url, headers, body)


def _what_to_set(names: Sequence[str]) -> str:
    """Return a comment that lists the variables to set.

    It holds no character that is special in zsh, because an interactive zsh does not know comments.
    """
    variables = " ".join(_variable(name) for name in names)
    return f"# Secrets are left out. Set {variables} or delete their lines.\n" if names else ""


def _command(url: str, headers: Sequence[Header], body: bytes) -> str:
    globs = "--globoff " if re.search(r"[\[\]{}]", url) else ""
    words = [f"curl {globs}{shlex.quote(on_the_wire(url))}"]
    words += [f"-H {_header(name, value)}" for name, value in headers]
    text = _plain(body)
    if text is not None and len(body) <= _LONGEST_ARGUMENT:
        return _lines([*words, f"--data-raw {shlex.quote(text)}"])
    source = f"printf %s {shlex.quote(text)}" if text is not None else f"printf %b '{_escaped(body)}'"
    return f"{source} | " + _lines([*words, "--data-binary @-"])


def _lines(words: Sequence[str]) -> str:
    return " \\\n  ".join(words)


def _header(name: str, value: str | None) -> str:
    if value is not None:
        return shlex.quote(f"{name}: {sanitize(value)}")
    before = "authorization: Bearer " if name.lower() == "authorization" else f"{name}: "
    return f'{shlex.quote(before)}"${_variable(name)}"'


def _variable(name: str) -> str:
    if name.lower() == "authorization":
        return "TOKEN"
    # The prefix keeps a header such as `path` from becoming the PATH of the shell.
    return "HEADER_" + re.sub(r"[^A-Z0-9]", "_", name.upper())


def _plain(body: bytes) -> str | None:
    """Return the body as text, or None if it holds bytes that a terminal does not show as they are.

    None for a tab as well: when it is pasted, an interactive shell completes a file name.
    """
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return None
    return text if sanitize(text) == text and "\t" not in text else None


def _escaped(body: bytes) -> str:
    """Return the body escaped for `printf %b` within single quotes."""
    return "".join(
        chr(byte) if 0x20 <= byte < 0x7F and byte not in b"'\\" else f"\\0{byte:03o}" for byte in body
    )
