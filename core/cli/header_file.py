"""Custom headers given to `settings set`: in an argument, or in a file, so that other users cannot read them."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from core.cli.event_data import file_bytes, input_bytes
from core.cli.output import say
from core.cli.wrong_usage import WrongUsage


@dataclass(frozen=True, slots=True)
class GivenHeader:
    """A header and where it was given. `where` does not contain the value."""

    name: str
    value: str
    where: str


def given_headers(lines: Sequence[str], file: str | None) -> list[GivenHeader]:
    """Return the headers of all `--header` options and of `--header-file`.

    Raises WrongUsage for a malformed or repeated header, and for a file without headers.
    """
    headers = [_from_option(line) for line in lines]
    if file is not None:
        in_file = list(_from_file(file))
        if not in_file:
            raise WrongUsage(
                "--header-file: it holds no header. Write each as Name: value on a line of its own."
            )
        headers += in_file
    seen: set[str] = set()
    for header in headers:
        if header.name.lower() in seen:
            raise WrongUsage(f"{header.where}: {header.name[:60]} is given twice.")
        seen.add(header.name.lower())
    return headers


def _from_option(line: str) -> GivenHeader:
    name, colon, value = line.partition(":")
    if not colon:
        # The line is not shown: it may be a secret typed without a header name.
        raise WrongUsage("--header: Write a header as Name: value.")
    return GivenHeader(name, value.lstrip(" "), f"--header {name[:60]}")


def _from_file(file: str) -> Iterator[GivenHeader]:
    from core.header import is_token

    for number, line in enumerate(_lines(file), 1):
        where = f"--header-file: line {number}"
        name, colon, value = line.partition(":")
        if colon and is_token(name):
            yield GivenHeader(name, value.lstrip(" \t"), where)
        elif line.strip():
            # The line is not shown, not even up to the colon: it may be a secret without a header name.
            raise WrongUsage(f"{where}: Write a header as Name: value.")


def _lines(file: str) -> list[str]:
    """Return the lines of the file without line endings (LF or CRLF) and without a byte order mark."""
    if file == "-":
        with _unseen():
            data = input_bytes("--header-file")
    else:
        data = file_bytes(file, "--header-file")
    try:
        return [line.removesuffix("\r") for line in data.decode().split("\n")]
    except UnicodeDecodeError:
        raise WrongUsage("--header-file: the headers are text in UTF-8.") from None


@contextmanager
def _unseen() -> Iterator[None]:
    """At a terminal, ask for the headers and turn off the echo."""
    if sys.stdin is None or not sys.stdin.isatty():
        yield
        return
    import termios

    terminal = sys.stdin.fileno()
    before = termios.tcgetattr(terminal)
    unseen = [*before]
    unseen[3] &= ~termios.ECHO
    # Not getpass: it discards pasted text after the first line.
    termios.tcsetattr(terminal, termios.TCSADRAIN, unseen)
    try:
        say("Type or paste the headers, one Name: value on each line; they are not shown. ctrl+d ends them.")
        yield
    finally:
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)
