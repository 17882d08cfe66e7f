"""Checks for the terminal that the screens need."""

import os
import sys

from core.errors import HookkeeperError


def require_terminal() -> None:
    """Raise HookkeeperError if there is no terminal for the screens."""
    streams = (sys.stdin, sys.stdout, sys.stderr)  # Textual draws on the last
    # A stream that is closed from the beginning (`<&-`) is None.
    if (
        not all(stream is not None and stream.isatty() for stream in streams)
        or os.environ.get("TERM", "dumb") == "dumb"
    ):
        raise HookkeeperError("The screens need a terminal. hookkeeper --help lists the commands.")
