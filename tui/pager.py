"""A text in the person's own pager or editor, while the screens stand still."""

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
    """There is nothing to read the text in."""


async def read_in_pager(app: "App[None]", text: str) -> None:
    """Open it in $PAGER, else $EDITOR, else less, over a file that only its owner can read and that is gone after.

    With it goes what an editor has left beside it. Raises NoPager.
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
    """Where a program is; one in the current folder only if that is what its name says."""
    if os.sep in name:
        return name
    folders = (folder for folder in os.get_exec_path() if os.path.isabs(folder))
    return shutil.which(name, path=os.pathsep.join(folders))


async def _lend(app: "App[None]", command: list[str]) -> OSError | int:
    """Lend the terminal to a command until it ends; why it did not start, or its exit status."""
    # Nothing is painted into somebody else's screen, nor waited for by those who paint.
    with app.batch_update(), app.suspend():
        # An error that left this block would leave the terminal behind as it is now.
        problem = await _run(command)
    app.refresh(layout=True)
    return problem


async def _run(command: list[str]) -> OSError | int:
    loop = asyncio.get_running_loop()
    before = signal.getsignal(signal.SIGINT)
    # ^c is the command's own; a handler, unlike ignoring, is not inherited by it.
    loop.add_signal_handler(signal.SIGINT, lambda: None)
    try:
        process = await asyncio.create_subprocess_exec(*command)
        status = await process.wait()
    except OSError as error:
        return error
    finally:
        loop.remove_signal_handler(signal.SIGINT)
        signal.signal(signal.SIGINT, before)
    return max(status, 0)  # one that a signal ended was meant to end
