"""Shows a text in the person's pager or editor while the app is suspended."""

import asyncio
import os
import shlex
import shutil
import signal
import tempfile
from typing import TYPE_CHECKING

from textual.app import SuspendNotSupported

from core.errors import HookkeeperError
from tui.files import NotWritten, write_new

if TYPE_CHECKING:
    from textual.app import App


class NoPager(HookkeeperError):
    """The text could not be shown in a pager."""


async def read_in_pager(app: "App[None]", text: str) -> None:
    """Show the text in $PAGER, else $EDITOR, else less.

    The text is in a temporary folder that only the owner can read. It is deleted afterwards, with any backup file that
    an editor has left there. Raises NoPager.
    """
    command = _command()
    if (program := _program(command[0])) is None:
        raise NoPager(f"{command[0]} was not found. $PAGER names the pager, $EDITOR the editor.")
    try:
        with tempfile.TemporaryDirectory(prefix="hookkeeper-") as folder:
            file = write_new(f"{folder}/body.json", text.encode())
            problem = await _lend(app, [program, *command[1:], str(file)])
    except NotWritten as error:
        raise NoPager(f"There is no place for the text to read: {error}") from None
    except OSError as error:
        raise NoPager(f"There is no place for the text to read: {error.strerror}.") from None
    except SuspendNotSupported:
        raise NoPager("This terminal cannot be lent to a pager. w writes a file.") from None
    if isinstance(problem, OSError):
        raise NoPager(f"{command[0]} could not be started: {problem.strerror}.")
    if problem:
        raise NoPager(f"{command[0]} ended with exit status {problem}.")


def _command() -> list[str]:
    for variable in ("PAGER", "EDITOR"):
        try:
            words = shlex.split(os.environ.get(variable, ""))
        except ValueError:
            raise NoPager(f"${variable} cannot be read: a quote is missing in it.") from None
        if words:
            return words
    return ["less"]


def _program(name: str) -> str | None:
    """Return the path of a program. Relative folders in PATH are ignored; a name with a slash is returned as it is."""
    if os.sep in name:
        return name
    folders = (folder for folder in os.get_exec_path() if os.path.isabs(folder))
    return shutil.which(name, path=os.pathsep.join(folders))


async def _lend(app: "App[None]", command: list[str]) -> OSError | int:
    """Run a command on this terminal until it ends. Return its exit status, or the error if it could not be started."""
    # batch_update keeps the app from drawing over the command's screen, and widgets from waiting for a draw.
    with app.batch_update(), app.suspend():
        # No error may leave this block: the terminal would stay suspended.
        problem = await _run(command)
    app.refresh(layout=True)
    return problem


async def _run(command: list[str]) -> OSError | int:
    # ^c is for the command only. SIG_IGN would be inherited by the command; a handler is not.
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        process = await asyncio.create_subprocess_exec(*command)
        status = await process.wait()
    except OSError as error:
        return error
    finally:
        signal.signal(signal.SIGINT, before)
    return max(status, 0)  # ended by a signal: somebody meant it to end
