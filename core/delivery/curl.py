"""A delivery as a command line of curl, to try the same request by hand."""

import re
import shlex
from collections.abc import Sequence

from core.delivery.sent import Header
from core.text import sanitize
from core.url import on_the_wire

_LONGEST_ARGUMENT = 100_000
"""Bytes; the kernel takes 128 KiB. What printf is given never becomes an argument: shells have it built in."""


def curl(url: str, headers: Sequence[Header], body: bytes) -> str:
    """The command for a POSIX shell, printable whatever the body holds; the body is sent byte for byte.

    Values that are not known stand as variables such as `"$TOKEN"`, which a comment before it names.
    """
    return _what_to_set([name for name, value in headers if value is None]) + _command(url, headers, body)


def _what_to_set(names: Sequence[str]) -> str:
    """A comment. No character in it means anything to zsh, which takes none where one types."""
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
    # A prefix: x-path must not become the PATH of whoever runs it.
    return "HEADER_" + re.sub(r"[^A-Z0-9]", "_", name.upper())


def _plain(body: bytes) -> str | None:
    """The body as text that any terminal shows as it is, None if it is not of that kind.

    A tab is not: where it is pasted, a shell completes a file's name.
    """
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return None
    return text if sanitize(text) == text and "\t" not in text else None


def _escaped(body: bytes) -> str:
    """The body as `printf %b` takes it within single quotes."""
    return "".join(
        chr(byte) if 0x20 <= byte < 0x7F and byte not in b"'\\" else f"\\0{byte:03o}" for byte in body
    )
