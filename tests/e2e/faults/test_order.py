"""Order per session in a real setup: an endpoint that fails at random, and a dispatcher that is killed."""

import asyncio
import json
import random
import signal
from collections import Counter, defaultdict
from collections.abc import Awaitable
from pathlib import Path

import pytest

from core.catalog import accept
from core.delivery import dispatcher
from core.models import GeneralSettings, WebhookOptions
from core.store import Store, config, history, open_store, queue
from tests.e2e.conftest import Serve, line_with
from tests.e2e.faults.conftest import Dispatching
from tests.support.receiver import Receiver

TYPE = "session-failed"
SESSIONS = 200
EVENTS = 10
KILLS = 3
STATES = ("delivered", "pending", "sending", "failed", "cancelled")


async def _emit(store: Store, numbers: range) -> None:
    """Emit the next events of all sessions in turn, so that the sessions are interleaved."""
    for number in numbers:
        bodies = (b'{"interviewId":"s%d","n":%d}' % (session, number) for session in range(SESSIONS))
        await asyncio.gather(*(queue.emit(store, TYPE, accept(TYPE, body)) for body in bodies))


async def _serve_until(serve: Serve, done: Awaitable[object], number: signal.Signals) -> None:
    """Deliver until `done`, then end the dispatcher by a signal."""
    process = await serve()
    await line_with(process, "delivering")
    assert process.stderr is not None
    log = asyncio.create_task(process.stderr.read())  # an unread log would block the process
    await done
    process.send_signal(number)
    await asyncio.gather(log, process.wait())


async def _all_ended(store: Store) -> None:
    if (await history.totals(store)).undelivered == 0:
        return
    async for _ in store.changes(0.05):
        if (await history.totals(store)).undelivered == 0:
            return


async def _sums(store: Store) -> dict[str, Counter[str]]:
    """Return the number of deliveries in each state, per webhook."""
    sums: dict[str, Counter[str]] = defaultdict(Counter)
    for row in await history.list_deliveries(store, limit=100_000):
        sums[row.delivery.webhook_id][row.delivery.state] += 1
    return sums


def _first_successes(receiver: Receiver, statuses: list[int]) -> dict[str, list[int]]:
    """Return the event numbers of each session, in the order in which they were first answered with 200.

    The receiver answers each request as soon as it has recorded it, so the n-th request got the n-th of `statuses`.
    """
    arrived: dict[str, dict[int, None]] = defaultdict(dict)
    for seen, status in zip(receiver.received, statuses, strict=False):
        if status == 200:
            body = json.loads(seen.body)
            arrived[body["interviewId"]].setdefault(body["n"])
    return {session: list(numbers) for session, numbers in arrived.items()}


async def test_order_survives_failures_and_kills(database: Path, receiver: Receiver, serve: Serve) -> None:
    """A fifth of all answers is 500, and the dispatcher is killed three times. Each session still arrives in order."""
    statuses = random.Random(11).choices([200, 500], [80, 20], k=SESSIONS * EVENTS * 3)
    receiver.statuses = list(statuses)
    async with open_store(database) as store:
        await config.save_settings(store, GeneralSettings(allowed_networks=("127.0.0.0/8",)), actor="ana")
        options = WebhookOptions(
            url=receiver.url, in_order=True, concurrency=50, retry_schedule=" ".join(["0.05s"] * 30)
        )
        webhook = await config.add_webhook(store, TYPE, options, actor="ana")
        await _emit(store, range(2))
        emitting = asyncio.create_task(_emit(store, range(2, EVENTS)))
        for kill in range(1, KILLS + 1):
            await _serve_until(serve, receiver.wait_for(kill * SESSIONS * 2), signal.SIGKILL)
        await emitting
        await _serve_until(serve, _all_ended(store), signal.SIGTERM)
        sums = await _sums(store)
    for identity, states in sums.items():
        parts = " + ".join(f"{states[state]:,} {state}" for state in STATES)
        print(f"{identity}: {states.total():,} created = {parts}")
    assert sums == {webhook.id: {"delivered": SESSIONS * EVENTS}}
    assert len(receiver.received) < len(statuses)
    assert _first_successes(receiver, statuses) == {
        f"s{session}": list(range(EVENTS)) for session in range(SESSIONS)
    }


async def test_the_next_of_a_session_waits_for_no_poll(
    database: Path, receiver: Receiver, dispatching: Dispatching, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It goes out as soon as its predecessor is recorded, even without a poll in between."""
    monkeypatch.setattr(dispatcher, "POLL", 3600)
    async with open_store(database) as store:
        await config.save_settings(store, GeneralSettings(allowed_networks=("127.0.0.0/8",)), actor="ana")
        options = WebhookOptions(url=receiver.url, in_order=True)
        await config.add_webhook(store, TYPE, options, actor="ana")
        for number in range(3):
            await queue.emit(store, TYPE, accept(TYPE, b'{"interviewId":"s1","n":%d}' % number))
        async with asyncio.timeout(30), dispatching(store):
            received = await receiver.wait_for(3)
    assert [json.loads(seen.body)["n"] for seen in received] == [0, 1, 2]
