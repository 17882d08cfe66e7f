"""The events of one session, and the deliveries beside one in a list."""

import pytest

from core.catalog import Body
from core.models import WebhookOptions
from core.store import Store, config, history, queue, session
from core.store.filter import DeliveryFilter, View
from core.store.neighbours import Walk
from core.store.pages import Sort
from core.store.session import NEAR, load_session

OPTIONS = WebhookOptions(url="https://a.example/")
EVERYTHING = DeliveryFilter()


async def _emit(store: Store, kind: str, of: str | None) -> str:
    await queue.emit(store, kind, Body(b"{}", of, None, None))
    return (await history.list_events(store, limit=1))[0].id


async def test_a_session_in_order(store: Store) -> None:
    """Its events over all types, each with what became of it; those of other sessions are not among them."""
    failed = await config.add_webhook(store, "session-failed", OPTIONS, actor="ana")
    again = WebhookOptions(url="https://b.example/")
    second = await config.add_webhook(store, "session-failed", again, actor="ana")
    wanted = [
        await _emit(store, "session-succeeded", "s1"),
        await _emit(store, "session-failed", "s1"),
        await _emit(store, "onboarding-status", "s1"),
    ]
    await _emit(store, "session-failed", "s2")
    found = await load_session(store, wanted[1])
    assert [event.id for event in found.events] == wanted
    assert [event.is_this for event in found.events] == [False, True, False]
    assert [[each.webhook_id for each in event.deliveries] for event in found.events] == [
        [], [failed.id, second.id], []
    ]  # fmt: skip
    assert (found.earlier, found.later) == (0, 0)


async def test_of_a_long_session_what_is_near(store: Store) -> None:
    """The ten on either side, and how many more there are."""
    ids = [await _emit(store, "session-failed", "s") for _ in range(2 * NEAR + 6)]
    found = await load_session(store, ids[NEAR + 4])
    assert [event.id for event in found.events] == ids[4 : 2 * NEAR + 5]
    assert (found.earlier, found.later) == (4, 1)


async def test_an_event_of_no_session(store: Store) -> None:
    """It has no others, nor has one that is gone."""
    await _emit(store, "session-failed", None)
    lonely = await _emit(store, "session-failed", None)
    assert await load_session(store, lonely) == session.Session()
    assert await load_session(store, "evt_gone") == session.Session()


async def test_neighbours_are_those_of_the_list(store: Store) -> None:
    """Down is older, up is newer, within the filter; at the ends there is none."""
    await config.add_webhook(store, "session-failed", OPTIONS, actor="ana")
    await config.add_webhook(store, "session-succeeded", OPTIONS, actor="ana")
    for kind in ("failed", "succeeded", "failed", "failed"):
        await _emit(store, f"session-{kind}", "s")
    newest, middle, other, oldest = (row.delivery.id for row in await history.list_deliveries(store))
    assert await Walk(View.ALL, EVERYTHING).next(store, newest) == middle
    assert await Walk(View.ALL, EVERYTHING).previous(store, other) == middle
    failed = DeliveryFilter(event_type="session-failed")
    assert await Walk(View.ALL, failed).next(store, middle) == oldest
    assert await Walk(View.ALL, failed).previous(store, oldest) == middle
    assert await Walk(View.ALL, EVERYTHING).next(store, oldest) is None
    assert await Walk(View.ALL, EVERYTHING).previous(store, newest) is None
    assert await Walk(View.HELD, EVERYTHING).next(store, newest) is None


async def test_neighbours_in_another_order(store: Store) -> None:
    """As it was when the walk began, whatever attempts change meanwhile; one that no longer fits has its place."""
    await config.add_webhook(store, "session-failed", OPTIONS, actor="ana")
    for _ in range(4):
        await _emit(store, "session-failed", "s")
    await store.write(lambda database: database.execute("UPDATE deliveries SET last_ms = seq % 3").rowcount)
    fourth, third, second, first = (row.delivery.id for row in await history.list_deliveries(store))
    walk = Walk(View.ALL, DeliveryFilter(state="pending"), Sort.DURATION)
    assert await walk.next(store, second) == fourth
    await store.write(
        lambda database: (
            database.execute("UPDATE deliveries SET last_ms = 9, state = 'delivered' WHERE seq = 1").rowcount
        )
    )
    assert await walk.next(store, fourth) == first
    assert await walk.next(store, first) == third
    assert await walk.previous(store, second) is None
    assert await walk.next(store, third) is None
    await store.write(lambda database: database.execute("DELETE FROM deliveries WHERE seq = 4").rowcount)
    assert await walk.next(store, second) == first
    assert await Walk(View.ALL, DeliveryFilter(state="pending"), Sort.DURATION).next(store, first) == second


@pytest.mark.parametrize("half", ["_EARLIER", "_LATER"])
async def test_a_session_is_found_by_its_index(store: Store, half: str) -> None:
    """However many events there are, only those of the session are read."""
    sql = {"_EARLIER": session._EARLIER, "_LATER": session._LATER}[half]
    values = {"session": "s", "seq": 1, "most": 1}
    plan = await store.read(lambda database: database.execute(f"EXPLAIN QUERY PLAN {sql}", values).fetchall())
    (step,) = [row[3] for row in plan]
    assert step.startswith("SEARCH events USING COVERING INDEX events_by_session (session=? AND rowid")
