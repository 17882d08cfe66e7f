"""Runs the screens on a database, and ends them cleanly whatever ends them."""

import asyncio
import gc
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import HookkeeperError
from tui.app import HookkeeperApp

if TYPE_CHECKING:
    from core.store import Store


def run_screens(database: Path, *, reads_only: bool = False, problems: Sequence[str] = ()) -> int:
    """Open the screens on this database and tell of these problems; the exit code."""
    try:
        return asyncio.run(_run(database, reads_only, problems))
    except HookkeeperError as error:
        print(error, file=sys.stderr)
        return 1


async def _run(database: Path, reads_only: bool, problems: Sequence[str]) -> int:
    async with AsyncExitStack() as stack:

        async def opens() -> tuple["Store", str]:
            await asyncio.to_thread(_import_the_rest)
            from tui.opened import opened

            return await stack.enter_async_context(opened(database, reads_only))

        app = HookkeeperApp(opens, problems=problems)
        loop = asyncio.get_running_loop()
        # asyncio's own handlers lose a signal while keys are waiting for a loop that a stalled terminal holds up.
        for number in (signal.SIGHUP, signal.SIGTERM):
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(app.exit))
        await app.run_async(mouse=_wants_mouse())
        if app.failure:
            print(app.failure, file=sys.stderr)
        return app.return_code or 0


def _import_the_rest() -> None:
    """The store and all that reads it, while the first frame stands."""
    import_module("tui.opened")
    import_module("tui.current")
    # What is imported is no garbage: looking through it takes a moment's rest at any time later.
    gc.freeze()
    gc.enable()
    gc.set_threshold(50_000, 20, 100)  # looking through ten thousand webhooks takes 50 ms
    sys.setswitchinterval(0.001)  # a key does not wait 5 ms for the GIL whenever another thread reads


def _wants_mouse() -> bool:
    """Over SSH each move of it costs bytes: off, unless HOOKKEEPER_MOUSE says otherwise."""
    wish = os.environ.get("HOOKKEEPER_MOUSE", "off" if "SSH_CONNECTION" in os.environ else "on")
    return wish == "on"
