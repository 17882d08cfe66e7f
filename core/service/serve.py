"""The dispatcher process: it stands by, takes the dispatcher lock, delivers, and drains."""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager
from dataclasses import asdict

import structlog

from core.actor import actor
from core.clock import from_ms, now_ms
from core.delivery.dispatcher import Dispatcher, Note
from core.models import NoticeKind
from core.place import Place
from core.store import Store, config, nodes, notices, queue, retention
from core.store.nodes import Node
from core.store.standing import Holder

_STAND_BY = 0.5
_BEAT = 1.0
_HOUR = 3600.0

_log = structlog.get_logger()


async def serve(database: Place, *, started_by: str) -> None:
    """Deliver from this database until SIGTERM, SIGINT or SIGHUP. Stand by while another dispatcher delivers.

    Raises StoreError, EpochEnded, OSError.
    """
    stop = asyncio.Event()
    with _signals(stop), nodes.enter(database) as node:
        if await _take(node, database, stop):
            wake = asyncio.Event()
            async with node.open_store(wake) as store:
                await _deliver(store, node, wake, stop, started_by)


@contextlib.contextmanager
def _signals(stop: asyncio.Event) -> Iterator[None]:
    loop = asyncio.get_running_loop()

    def asked() -> None:
        if stop.is_set():
            os._exit(1)  # second signal: the next start records the attempts in flight as interrupted
        stop.set()

    numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    for number in numbers:
        loop.add_signal_handler(number, asked)
    try:
        yield
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)


async def _take(node: Node, database: Place, stop: asyncio.Event) -> bool:
    """Take the dispatcher lock, standing by if necessary. Return False if told to stop meanwhile."""
    if node.take():
        return True
    with node.standing_by():
        _log.info("standing by", delivering=nodes.standing_at(database).pid)
        while not node.take():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_STAND_BY):
                    await stop.wait()
            if stop.is_set():
                return False
    return True


async def _deliver(
    store: Store, node: Node, wake: asyncio.Event, stop: asyncio.Event, started_by: str
) -> None:
    epoch = await queue.next_epoch(store)
    holder = Holder(os.getpid(), epoch, started_by, now_ms(), actor())
    node.say(holder)

    def note(note: Note) -> None:
        holder.note, holder.slowed = note.words[:500], note.slowed
        node.say(holder)

    taken_back = await queue.recover(store, epoch)
    _log.info("delivering", database=str(store.place), epoch=epoch, pid=holder.pid, taken_back=taken_back)
    async with _beside(_beat(node, holder), "heartbeat"), _beside(_prune(store), "retention"):
        await Dispatcher(store, epoch, wake, note).run(stop)
    _log.info("stopped", epoch=epoch)


@asynccontextmanager
async def _beside(work: Coroutine[None, None, None], name: str) -> AsyncIterator[None]:
    """Run a background task for as long as this context lasts."""
    task = asyncio.create_task(work, name=name)  # cancelled and awaited below, however the context ends
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _beat(node: Node, holder: Holder) -> None:
    """Send the heartbeat once a second, and report what keeps other processes from seeing it."""
    told = ""
    while True:
        made_anew, fault = node.beat()
        if made_anew:
            _log.warning("the lock file was deleted or replaced, and made anew", file=str(made_anew))
        if fault != told:
            told = fault
            if fault:
                _log.warning("a file beside the database cannot be used", reason=fault)
            holder.remark = fault[:400]
            with contextlib.suppress(OSError):  # it is in the log, and written again with the next change
                node.say(holder)
        await asyncio.sleep(_BEAT)


async def _prune(store: Store) -> None:
    """Delete data that is past its retention, first at once, then every hour."""
    while True:
        try:
            pruned = await retention.prune(store, await config.load_settings(store), now_ms())
            _log.info("pruned", **asdict(pruned))
            if pruned.overdue:
                await _tell_overdue(store, pruned.overdue)
        except Exception as error:  # no error here may stop deliveries; it is tried again in an hour
            _log.error("nothing more can be pruned now", reason=str(error) or repr(error))
        await asyncio.sleep(_HOUR)


async def _tell_overdue(store: Store, number: int) -> None:
    """Send a notice, at most once a month, because undelivered deliveries are never removed automatically."""
    about = f"undelivered {from_ms(now_ms()):%Y-%m}"
    words = f"{number:,} deliveries have waited for more than 90 days. They stay until they arrive or are cancelled."
    await notices.tell(store, about, NoticeKind.UNDELIVERED, words)
