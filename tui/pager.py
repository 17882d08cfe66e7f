"""A text in the person's own pager or editor, while the screens stand still."""

import asyncio
import os
import shlex
import signal
import tempfile
from typing import TYPE_CHECKING

from textual.app import SuspendNotSupported

from core.errors import HookkeeperError

if TYPE_CHECKING:
    from textual.app import App


class NoPager(HookkeeperError):
    """There is nothing to read the text in."""


async def read_in_pager(app: "App[None]", text: str) -> None:
    """Open it in $PAGER, else $EDITOR, else less, over a file that only its owner can read and that is gone after.

    Raises NoPager.
    """
    command = _command()
    try:
        with tempfile.NamedTemporaryFile("w", prefix="hookkeeper-", suffix=".json", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            await _run(app, [*command, file.name])
    except FileNotFoundError:
        raise NoPager(f"{command[0]} was not found. $PAGER names the pager, $EDITOR the editor.") from None
    except OSError as error:
        raise NoPager(f"{command[0]} could not be started: {error.strerror}.") from None
    except SuspendNotSupported:
        raise NoPager("This terminal cannot be lent to a pager. w writes a file.") from None


def _command() -> list[str]:
    for variable in ("PAGER", "EDITOR"):
        try:
            words = shlex.split(os.environ.get(variable, ""))
        except ValueError:
            raise NoPager(f"${variable} cannot be read: a quote is missing in it.") from None
        if words:
            return words
    return ["less"]


async def _run(app: "App[None]", command: list[str]) -> None:
    loop = asyncio.get_running_loop()
    # Nothing is painted into somebody else's screen, nor waited for by those who paint.
    with app.batch_update(), app.suspend():
        # ^c is the pager's; a handler, unlike ignoring, is not inherited by it.
        before = signal.getsignal(signal.SIGINT)
        loop.add_signal_handler(signal.SIGINT, _nothing)
        try:
            process = await asyncio.create_subprocess_exec(*command)
            await process.wait()
        finally:
            loop.remove_signal_handler(signal.SIGINT)
            signal.signal(signal.SIGINT, before)
    app.refresh(layout=True)


def _nothing() -> None:
    """For a signal that is somebody else's."""
