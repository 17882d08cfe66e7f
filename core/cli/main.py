"""The command `hookkeeper`: opens the screens, or imports and runs the command line."""

import errno
import gc
import os
import sys
from pathlib import Path
from typing import Protocol

from core.cli import words
from core.cli.streams import standard_streams
from core.errors import HookkeeperError
from core.place import Place, place_of


class OpenScreens(Protocol):
    """Opens the screens on a database and returns the exit status."""

    def __call__(self, database: Place, *, reads_only: bool = False) -> int: ...


def run(open_screens: OpenScreens) -> None:
    """Run the command that the arguments name; without arguments, `open_screens`. Raises SystemExit.

    Exit status 0: done. 1: not done. 2: wrong usage. 130: ctrl+c.
    """
    # Imports leave no garbage to collect, and looking for it takes a tenth of a start. Code that runs longer
    # (`in_store`, `serve`, the screens) enables the collector again.
    gc.disable()
    # We use no pydantic plugins, and searching all installed packages for them takes 20 ms of every start.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    try:
        with standard_streams() as (out, _):
            words.begin(sys.argv[1:])
            status = _run(open_screens)
            sys.stdout.flush()
            if out.failure is not None and not out.has_no_reader:
                reason = _reason(out.failure, "Standard output")
                status = status or _leave(f"{reason} Any change that was asked for is made.", 1)
            words.end(status)
    finally:
        gc.enable()
    sys.exit(status)


def _run(open_screens: OpenScreens) -> int:
    """Run what was asked for, report any error, and return the exit status."""
    try:
        if sys.argv[1:]:
            from core.cli.commands import run_commands

            return run_commands(open_screens)
        return open_screens(database_at(os.environ.get("HOOKKEEPER_DB")))
    except HookkeeperError as error:
        from core.cli.wrong_usage import refusal

        return refusal(error, sys.argv[1:])
    except OSError as error:
        return _leave(_reason(error, error.filename or "Input or output"), 1)
    except KeyboardInterrupt:
        return words.INTERRUPTED


def _reason(error: OSError, what: object) -> str:
    then = " Free some space." if error.errno in (errno.ENOSPC, errno.EDQUOT) else ""
    return f"{what}: {error.strerror or error}.{then}"


def _leave(sentences: str, status: int) -> int:
    words.fail(words.failure_of(HookkeeperError(sentences)), sentences)
    return status


def database_at(name: str | None) -> Place:
    """Return the place of this database; without a name, the file in the platform's data folder.

    Raises WrongUsage for a folder.
    """
    from core.cli.wrong_usage import WrongUsage

    if not name:
        return _default_database()
    place = place_of(name)
    if isinstance(place, Path) and (not place.name or place.is_dir()):
        raise WrongUsage("--db: name a file, such as --db ~/hookkeeper.db.")
    return place


def _default_database() -> Path:
    from platformdirs import user_data_path

    return user_data_path("hookkeeper") / "hookkeeper.db"
