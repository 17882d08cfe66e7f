"""The database that a command works on."""

import asyncio
import gc
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import typer

from core.cli.main import OpenScreens
from core.cli.output import say
from core.place import Place
from core.signals import signals_wake

if TYPE_CHECKING:
    from core.store import Store

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Invocation:
    """What the root command passes to every command."""

    database: Place
    open_screens: OpenScreens


def database_of(context: typer.Context) -> Place:
    """Return the place that --db, HOOKKEEPER_DB or the platform's data folder gives."""
    return invocation(context).database


def invocation(context: typer.Context) -> Invocation:
    """Return what the root command passed on."""
    found = context.obj
    assert isinstance(found, Invocation)
    return found


def in_store(context: typer.Context, work: "Callable[[Store], Awaitable[T]]", *, create: bool = False) -> T:
    """Open the database, run `work` on it, close it, and return the result.

    Only a command that may be the first to use a database passes `create`.
    """
    from core.store import exists, open_store

    database = database_of(context)
    is_new = create and not exists(database)

    # All imports are done, so the garbage collector is enabled again: see `run`.
    gc.freeze()
    gc.enable()

    async def run() -> T:
        with signals_wake(asyncio.get_running_loop()):
            async with open_store(database, create=create) as store:
                if is_new:
                    say(f"The database {database} is new.")
                return await work(store)

    return asyncio.run(run())


def say_if_nobody_delivers(database: Place) -> None:
    """Say so if nobody delivers, after something was stored that is to be delivered."""
    from core.store import nodes

    status = nodes.standing_at(database)
    if status.unknown:
        say(f"Stored. {status.words}")
    elif not status.running:
        say("Stored. Nobody delivers now: start hookkeeper serve.")
