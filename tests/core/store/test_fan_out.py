"""Fan-out of one event to very many webhooks, one slice at a time."""

import asyncio
import json
import signal
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

from core.catalog import accept
from core.models import GeneralSettings, WebhookOptions
from core.store import Store, config, open_store, queue
from core.store.opening import file_of
from core.store.queue import fan_out

TYPE = "onboarding-status"
MANY = 90


@pytest.fixture(autouse=True)
def _little_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the slices small, so that 90 webhooks need as many transactions as 9,000 normally do."""
    monkeypatch.setattr(fan_out, "SLICE", 20)
    monkeypatch.setattr("core.store.queue.intake.MOST_AT_ONCE", 50)


def _body(status: str = "ONBOARDING_FINISHED", session: str = "66e1") -> queue.Arrival:
    text = json.dumps({"interviewId": session, "onboardingStatus": status})
    return queue.Arrival(TYPE, accept(TYPE, text.encode()), None)


async def _generate(store: Store, number: int, **options: object) -> None:
    for position in range(number):
        values = {"url": f"https://hooks.example/{position}"} | options
        await config.add_webhook(store, TYPE, WebhookOptions.model_validate(values), actor="ana")


def _rows(path: Path, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as database:
        return database.execute(sql).fetchall()


async def test_one_event_to_many(store: Store) -> None:
    """Each webhook gets it once; a webhook's status filter holds, and says so."""
    await _generate(store, MANY)
    await _generate(store, 10, status_filter=("EXPIRED",))
    (emitted,) = await queue.emit_many(store, [_body()])
    assert isinstance(emitted, queue.Emitted)
    assert emitted.deliveries == MANY
    assert _rows(file_of(store.place), "SELECT count(*), count(DISTINCT webhook) FROM deliveries") == [
        (MANY, MANY)
    ]
    assert _rows(file_of(store.place), "SELECT DISTINCT reason FROM skipped") == [
        ("status ONBOARDING_FINISHED is not in its filter",)
    ]
    assert _rows(file_of(store.place), "SELECT * FROM fan_outs") == []


async def test_nobody_of_many_wants_it(store: Store) -> None:
    """The event is unwanted, as one that goes to few."""
    await _generate(store, MANY, status_filter=("EXPIRED",))
    (emitted,) = await queue.emit_many(store, [_body()])
    assert isinstance(emitted, queue.Emitted)
    assert emitted.deliveries == 0
    assert _rows(file_of(store.place), "SELECT reason FROM unwanted") == [
        ("no webhook wants status ONBOARDING_FINISHED",)
    ]


async def test_the_order_of_a_session_holds(store: Store) -> None:
    """The second event of a session waits behind the first at every webhook, though its fan-out was begun earlier."""
    await _generate(store, MANY, in_order=True)
    await asyncio.gather(*(queue.emit_many(store, [_body(status)]) for status in ("UNKNOWN", "EXPIRED")))
    heads = "SELECT DISTINCT event FROM deliveries WHERE due_at = 0"
    assert _rows(file_of(store.place), heads) == [(1,)]
    assert _rows(file_of(store.place), "SELECT event, count(*) FROM deliveries GROUP BY event") == [
        (1, MANY),
        (2, MANY),
    ]


async def test_a_webhook_generated_meanwhile_gets_nothing_old(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that were there when the event came get it, but for one that was deleted before its turn."""
    await _generate(store, MANY)
    emitting = asyncio.create_task(queue.emit_many(store, [_body()]))
    async for _ in store.changes(0.01):
        if _rows(file_of(store.place), "SELECT * FROM fan_outs"):
            break
    await config.add_webhook(store, TYPE, WebhookOptions(url="https://late.example/"), actor="ana")
    await emitting
    assert _rows(file_of(store.place), "SELECT count(*), max(webhook) FROM deliveries") == [(MANY, MANY)]


_EMIT = """
import asyncio, json, os, pathlib, signal, sys
from core.catalog import accept
from core.store import open_store, queue
from core.store.queue import fan_out, intake

fan_out.SLICE = 20
intake.MOST_AT_ONCE = 50
STOP_AFTER = int(sys.argv[2])

async def main():
    async with open_store(pathlib.Path(sys.argv[1])) as store:
        slice_of, done = fan_out._next_slice, 0
        def counted(database):
            nonlocal done
            if done == STOP_AFTER:
                os.kill(os.getpid(), signal.SIGKILL)
            done += 1
            return slice_of(database)
        fan_out._next_slice = counted
        body = accept("onboarding-status", json.dumps({"interviewId": "66e1", "onboardingStatus": "EXPIRED"}).encode())
        await queue.emit(store, "onboarding-status", body)

asyncio.run(main())
"""


@pytest.mark.parametrize("slices", [0, 1, 3])
async def test_a_kill_in_the_middle_loses_and_doubles_nothing(database: Path, slices: int) -> None:
    """However far the fan-out had come, it is finished later and creates each delivery once."""
    async with open_store(database) as store:
        await config.save_settings(store, GeneralSettings(), actor="ana")
        await _generate(store, MANY)
    emitting = await asyncio.create_subprocess_exec(sys.executable, "-c", _EMIT, str(database), str(slices))
    assert await emitting.wait() == -signal.SIGKILL
    assert _rows(database, "SELECT count(*) FROM deliveries") == [(slices * 20,)]
    async with open_store(database) as store:
        assert (await queue.look_out(store)).fans_out
        await queue.finish_fan_outs(store)
        assert not (await queue.look_out(store)).fans_out
    assert _rows(database, "SELECT count(*), count(DISTINCT webhook) FROM deliveries") == [(MANY, MANY)]
