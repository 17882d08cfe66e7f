"""The command `hookkeeper`: the screens, or the command line, which is imported only where it is meant."""

import errno
import gc
import io
import os
import sys
from pathlib import Path
from typing import Protocol

from core.errors import HookkeeperError


class OpenScreens(Protocol):
    """Opens the screens on a database; the exit code."""

    def __call__(self, database: Path, *, reads_only: bool = False) -> int: ...


def run(open_screens: OpenScreens) -> None:
    """Run what the words after the command ask for; without any, `open_screens`. Leaves by SystemExit.

    0: done. 1: not done. 2: wrong usage. 130: ctrl+c.
    """
    # Nothing that is imported is garbage: looking for some takes a tenth of a start. Those that stay (`in_store`,
    # `serve`, the screens) enable it again.
    gc.disable()
    _open_what_is_closed()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    # We have no plugins for pydantic; looking for some in all that is installed takes 20 ms of every start.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    try:
        if sys.argv[1:]:
            from core.cli.commands import run_commands

            status = run_commands(open_screens)
        else:
            status = open_screens(database_at(os.environ.get("HOOKKEEPER_DB")))
        sys.exit(status)
    except HookkeeperError as error:
        _leave(str(error), _status(error))
    except OSError as error:
        then = " Free some space." if error.errno in (errno.ENOSPC, errno.EDQUOT) else ""
        _leave(f"{error.filename or 'Input or output'}: {error.strerror or error}.{then}", 1)
    except KeyboardInterrupt:
        sys.exit(130)
    finally:
        gc.enable()


def _open_what_is_closed() -> None:
    """Output that was closed (`>&-`) leads nowhere. No socket may get its number: libuv aborts when it closes one."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free
    sys.stdout = sys.stdout or os.fdopen(1, "w", closefd=False)
    sys.stderr = sys.stderr or os.fdopen(2, "w", closefd=False)


def _status(error: HookkeeperError) -> int:
    from core.catalog import UnknownType
    from core.cli.wrong_usage import WrongUsage

    return 2 if isinstance(error, WrongUsage | UnknownType) else 1


def _leave(words: str, status: int) -> None:
    from core.cli.output import say

    say(words)
    sys.exit(status)


def database_at(name: str | os.PathLike[str] | None) -> Path:
    """The database of this name; without one, that of the platform's data folder. Raises WrongUsage for a folder."""
    from core.cli.wrong_usage import WrongUsage

    if not name:
        return _default_database()
    path = Path(name)
    if not path.name or path.is_dir():
        raise WrongUsage("--db: name a file, such as --db ~/hookkeeper.db.")
    return path


def _default_database() -> Path:
    from platformdirs import user_data_path

    return user_data_path("hookkeeper") / "hookkeeper.db"
