"""Writing files that a person asked for."""

import os
from pathlib import Path

from core.errors import HookkeeperError


class NotWritten(HookkeeperError):
    """A file could not be written. No partial file is left, and an existing file is unchanged."""


def write_new(typed: str, data: bytes) -> Path:
    """Write a new file that only its owner can read, and return its path. Raises NotWritten, also if it exists."""
    if not typed.strip():
        raise NotWritten("Enter the name of a file.")
    try:
        path = Path(typed.strip()).expanduser()
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        raise NotWritten(f"{path} is there already. Choose another name.") from None
    except (OSError, ValueError, RuntimeError) as error:
        raise NotWritten(f"{typed.strip()[:200]}: {_words(error)}.") from None
    try:
        with open(file, "wb") as stream:
            stream.write(data)
    except OSError as error:
        path.unlink(missing_ok=True)
        raise NotWritten(f"{path} could not be written: {_words(error)}.") from None
    return path.absolute()


def _words(error: Exception) -> str:
    """Return the reason: the system's message, or what is wrong with the name."""
    return (error.strerror if isinstance(error, OSError) else None) or str(error).removesuffix(".")
