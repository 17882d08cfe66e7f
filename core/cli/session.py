"""What each command needs: the store for as long as it runs, and who runs it."""

import asyncio
import getpass
from collections.abc import Awaitable, Callable
from typing import TypeVar

import typer

from core.store import Store, open_store

T = TypeVar("T")


def with_store(context: typer.Context, work: Callable[[Store], Awaitable[T]], *, create: bool = False) -> T:
    """Open the store, do the work, close it. `create`: make the database if there is none."""

    async def session() -> T:
        async with open_store(context.obj["database"], create=create) as store:
            return await work(store)

    return asyncio.run(session())


def actor() -> str:
    """The person at the keyboard, as the books name them."""
    return getpass.getuser()


def wrong(option: str, words: str) -> typer.BadParameter:
    """Wrong usage: exit 2, with the sentence for this option."""
    return typer.BadParameter(words, param_hint=option)
