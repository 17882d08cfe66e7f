"""Text that commands read from files or from standard input: bodies, secrets."""

import os
import sys
from pathlib import Path
from typing import BinaryIO

from core.catalog import EventType, Sample
from core.cli.wrong_usage import WrongUsage
from core.encoding import NotUtf8, require_utf8

_MOST = 32 * 1024 * 1024
"""Maximum number of bytes read from a file: more than any body may have, but little enough for memory."""


def given_bytes(data: str) -> bytes:
    """Return the bytes that a `--data` option means: JSON itself, @FILE, or - for standard input."""
    if data == "-":
        return input_bytes("--data")
    if data.startswith("@"):
        return file_bytes(data[1:], "--data")
    return os.fsencode(data)


def standard_input(option: str) -> BinaryIO:
    """Return standard input as a binary file. Raises WrongUsage if it is closed."""
    if sys.stdin is None:
        raise WrongUsage(f"{option}: standard input is closed, so there is nothing to read.")
    return sys.stdin.buffer


def input_bytes(option: str) -> bytes:
    """Return standard input without its byte order mark. Raises WrongUsage if it begins like another encoding."""
    return checked_begin(standard_input(option).read(_MOST), option, "standard input")


def file_bytes(name: str, option: str) -> bytes:
    """Return a file without its byte order mark.

    Raises WrongUsage if it cannot be read or begins like another encoding.
    """
    try:
        with Path(name).open("rb") as file:
            data = file.read(_MOST)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise WrongUsage(f"{option}: {name} cannot be read: {reason}.") from None
    return checked_begin(data, option, name)


def checked_begin(data: bytes, option: str, name: str) -> bytes:
    """Return these first bytes of a file without the UTF-8 byte order mark. Raises WrongUsage for another encoding."""
    try:
        return require_utf8(data, name)
    except NotUtf8 as error:
        raise WrongUsage(f"{option}: {error}") from None


def sample_named(kind: EventType, name: str | None) -> Sample:
    """Return the sample with this name, or the first one without a name. Raises WrongUsage, which lists the names."""
    found = kind.samples[0] if name is None else kind.find_sample(name)
    if found is None:
        names = ", ".join(each.name for each in kind.samples)
        raise WrongUsage(f'--sample: {kind.name} has no sample "{(name or "")[:60]}". Choose from {names}.')
    return found
