"""Runs the screens on a database, and shuts them down cleanly."""

import asyncio
import gc
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack
from importlib import import_module
from typing import TYPE_CHECKING

from core.errors import HookkeeperError
from core.place import Place
from core.signals import signals_wake
from tui.app import HookkeeperApp

if TYPE_CHECKING:
    from core.store import Store


def run_screens(database: Place, *, reads_only: bool = False, problems: Sequence[str] = ()) -> int:
    """Open the screens on this database, show these problems at start, and return the exit code."""
    try:
        return asyncio.run(_run(database, reads_only, problems))
    except HookkeeperError as error:
        print(error, file=sys.stderr)
        return 1


async def _run(database: Place, reads_only: bool, problems: Sequence[str]) -> int:
    async with AsyncExitStack() as stack:

        async def opens() -> tuple["Store", str]:
            await asyncio.to_thread(_import_the_rest)
            from tui.opened import opened

            return await stack.enter_async_context(opened(database, reads_only))

        app = HookkeeperApp(opens, problems=problems)
        loop = asyncio.get_running_loop()
        # asyncio's own handlers can lose a signal if a stalled terminal blocks the event loop while keys are queued.
        for number in (signal.SIGHUP, signal.SIGTERM):
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(app.exit))
        with signals_wake(loop):
            await app.run_async(mouse=_wants_mouse())
        if app.failure:
            print(app.failure, file=sys.stderr)
        return app.return_code or 0


def _import_the_rest() -> None:
    """Import the store and its users while the first frame is already shown, and tune the interpreter."""
    import_module("tui.opened")
    import_module("tui.current")
    # Imported modules are never garbage. Freezing them spares later collections the time to traverse them.
    gc.freeze()
    gc.enable()
    gc.set_threshold(50_000, 20, 100)  # traversing ten thousand webhooks takes 50 ms
    sys.setswitchinterval(0.001)  # otherwise a key may wait 5 ms for the GIL while another thread reads


def _wants_mouse() -> bool:
    """Whether to enable the mouse. Off over SSH, where each move costs bytes, unless HOOKKEEPER_MOUSE is "on"."""
    wanted = os.environ.get("HOOKKEEPER_MOUSE", "off" if "SSH_CONNECTION" in os.environ else "on")
    return wanted == "on"
