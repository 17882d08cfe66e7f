"""The demo's other process: endpoints, traffic and the dispatcher, for as long as the screens are open."""

import asyncio
import os
import random
import shutil
import signal
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from pydantic import SecretStr

from core.catalog import accept
from core.errors import HookkeeperError
from core.models import CustomHeader, GeneralSettings, WebhookOptions
from core.place import Place
from core.service.child import is_alive, start_dispatcher
from core.service.demo.endpoints import CLIENT_ID, SECRET_KEY, open_endpoints
from core.service.demo.sessions import MadeUpEvent, made_up_events
from core.store import Store, config, nodes, open_store, queue

SEED = 1
_ACTOR = "demo"
_RATE = 3.0
"""Events a second, on average."""
_AT_ONCE = 40
"""Events that exist from the beginning, so that the screens are not empty at first."""
_PATIENCE = 20.0
_WEBHOOKS = (
    ("onboarding-status", "good"),
    ("onboarding-status", "slow"),
    ("session-started", "limited"),
    ("session-succeeded", "flaky"),
    ("session-failed", "good"),
    ("session-pending-review", "gone"),
    ("watchlist-updated", "hostile"),
)


def database_in(folder: Path) -> Path:
    """Return the path of the demo's throw-away database."""
    return folder / "hookkeeper.db"


async def run(folder: Path) -> None:
    """Print `ready` on standard output, then run until standard input closes or a signal arrives.

    Raises HookkeeperError.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_reader(sys.stdin.fileno(), stop.set)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, stop.set)
    database = database_in(folder)
    with open_endpoints(SEED) as origin:
        async with open_store(database) as store:
            await _set_up(store, origin)
            events = made_up_events(SEED)
            await _emit(store, (next(events) for _ in range(_AT_ONCE)))
            await _start_dispatcher(database)
            print("ready", flush=True)
            # Both tasks are awaited and cancelled below.
            traffic = asyncio.create_task(_traffic(store, events), name="traffic")
            stopped = asyncio.create_task(stop.wait(), name="stop")
            await asyncio.wait({traffic, stopped}, return_when=asyncio.FIRST_COMPLETED)
            end_dispatcher(database)
            stopped.cancel()
            traffic.cancel()
            with suppress(asyncio.CancelledError):
                await traffic


async def _set_up(store: Store, origin: str) -> None:
    settings = GeneralSettings(
        authentication_url=f"{origin}/oauth2/token",
        client_id=CLIENT_ID,
        secret_key=SecretStr(SECRET_KEY),
        scopes="webhooks.send",
        custom_headers=(CustomHeader(name="x-tenant", value=SecretStr("demo")),),
        allowed_networks=("127.0.0.0/8",),
        retry_schedule="3s 10s 30s 1m 5m",
        deadline=4,
    )
    await config.save_settings(store, settings, actor=_ACTOR)
    for kind, endpoint in _WEBHOOKS:
        options = WebhookOptions(url=f"{origin}/{endpoint}", in_order=endpoint == "slow")
        await config.add_webhook(store, kind, options, actor=_ACTOR)


async def _traffic(store: Store, events: Iterable[MadeUpEvent]) -> None:
    pauses = random.Random(SEED)
    for event in events:
        await asyncio.sleep(pauses.expovariate(_RATE))
        await _emit(store, [event])


async def _emit(store: Store, events: Iterable[MadeUpEvent]) -> None:
    for event in events:
        await queue.emit(store, event.type, accept(event.type, event.data))


async def _start_dispatcher(database: Place) -> None:
    pid = start_dispatcher(database, started_by=_ACTOR)
    patience = time.monotonic() + _PATIENCE
    while not nodes.standing_at(database).running:
        if not is_alive(pid) or time.monotonic() > patience:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            raise HookkeeperError("The demo's dispatcher does not start.")
        await asyncio.sleep(0.02)  # polled, because nothing signals that the lock is taken


def end_dispatcher(database: Place) -> None:
    """Kill the dispatcher of a demo's database. Nothing is drained, because nothing of the demo is kept."""
    while (pid := nodes.standing_at(database).pid) is not None:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.002)  # the lock is free after about a millisecond


def main() -> None:
    """Run `python -m core.service.demo FOLDER`. The folder is removed however the demo ends."""
    folder = Path(sys.argv[1])
    try:
        asyncio.run(run(folder))
    except HookkeeperError as error:
        sys.exit(str(error))
    finally:
        end_dispatcher(database_in(folder))
        shutil.rmtree(folder, ignore_errors=True)
