"""The Monitor's list: it follows new rows, the cursor stays on its delivery, and long lists scroll in few pages."""

import asyncio
import threading

import pytest
from textual.pilot import Pilot

from core.catalog import EVENT_TYPES, accept
from core.models import WebhookOptions
from core.store import Store, config, history, jobs, queue
from core.store.database import Database
from core.store.jobs import JobKind, JobState
from core.store.pages import Sort
from tests.support.settled import press, settled, text, until
from tests.tui.conftest import Screens, detail_text
from tui.listing import MOST
from tui.screens.monitor import MonitorScreen
from tui.widgets.delivery_row import columns
from tui.widgets.filter_line import FilterInput
from tui.widgets.lines import MessageLine
from tui.widgets.list_rule import ListRule

KIND = "session-failed"


@pytest.fixture(autouse=True)
async def webhook(store: Store) -> str:
    """One webhook, whose deliveries nobody sends."""
    made = await config.add_webhook(store, KIND, WebhookOptions(url="https://a.example/"), actor="ana")
    return made.id


async def _emit(store: Store, number: int = 1) -> None:
    for _ in range(number):
        await queue.emit(store, KIND, accept(KIND, EVENT_TYPES[KIND].sample))


async def _many(store: Store, number: int) -> None:
    """So many, all delivered, as copies of one."""
    await _emit(store)

    def copy(database: Database) -> None:
        columns = ", ".join(
            name
            for _, name, *_ in database.execute("PRAGMA table_info(deliveries)")
            if name not in ("seq", "id", "state")
        )
        database.execute(
            f"INSERT INTO deliveries (id, state, {columns}) WITH RECURSIVE n(i) AS"
            " (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < ?)"
            f" SELECT printf('dlv_%016d', i), 'delivered', {columns} FROM n, deliveries WHERE seq = 1",
            (number,),
        )

    await store.write(copy)


def _monitor(pilot: Pilot[None]) -> MonitorScreen:
    screen = pilot.app.screen
    assert isinstance(screen, MonitorScreen)
    return screen


def _rule(pilot: Pilot[None]) -> str:
    return str(_monitor(pilot).query_one(ListRule).content)


def _ids(pilot: Pilot[None]) -> list[int]:
    return [row.seq for row in _monitor(pilot).list.rows]


async def test_it_follows_until_one_moves(screens: Screens, store: Store) -> None:
    """Then the cursor stays on its delivery and on its line, what came meanwhile is counted, and f follows again."""
    await _emit(store, 40)
    async with screens() as pilot:
        await press(pilot, "3", "v", "v")
        assert "following" in _rule(pilot)
        assert _monitor(pilot).list.chosen is None
        await press(pilot, "j", "j")
        chosen = _monitor(pilot).list.chosen
        assert chosen is not None
        assert "2 of 40" in _rule(pilot)
        await _emit(store, 30)
        await until(pilot, lambda: "30 new" in _rule(pilot))
        assert _monitor(pilot).list.chosen == chosen
        assert _monitor(pilot).list.rows[_monitor(pilot).list.window[0]].seq == 40
        await press(pilot, "f")
        assert "following" in _rule(pilot)
        assert _ids(pilot)[0] == 70


async def test_a_list_that_has_become_empty_has_no_ends(screens: Screens, store: Store) -> None:
    """What was there is gone when the newest is read: the cursor has no place, and that is no error."""
    async with screens() as pilot:
        await _emit(store)
        await press(pilot, "3", "v", "v", "j")
        assert len(_ids(pilot)) == 1
        await store.write(lambda db: db.execute("DELETE FROM deliveries").rowcount)
        await pilot.press("home")
        await until(pilot, lambda: not _ids(pilot))
        await settled(pilot)
        assert pilot.app.is_running


async def test_what_no_longer_fits_stays_until_the_cursor_leaves(screens: Screens, store: Store) -> None:
    """With its new state; keys act on it, by ID."""
    await _emit(store, 3)
    await store.write(lambda database: database.execute("UPDATE deliveries SET state = 'failed'").rowcount)
    async with screens() as pilot:
        await press(pilot, "3", "j", "j")
        await store.write(
            lambda database: (
                database.execute("UPDATE deliveries SET state = 'delivered' WHERE seq = 2").rowcount
            )
        )
        await until(pilot, lambda: (it := _monitor(pilot).list.chosen) and it.state == "delivered")
        assert _ids(pilot) == [3, 2, 1]
        await press(pilot, "c")
        assert pilot.app.screen.query_one(MessageLine).words.endswith("there is nothing to cancel.")
        await press(pilot, "j")
        await until(pilot, lambda: _ids(pilot) == [3, 1])


async def test_the_total_catches_up(screens: Screens, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the last change, though that came too soon to be counted at once."""
    monkeypatch.setattr("tui.list_counts._REST", 1.0)
    await _many(store, 150)
    async with screens() as pilot:
        await press(pilot, "3", "v", "v")
        await until(pilot, lambda: "150" in _rule(pilot))
        await _emit(store)
        await until(pilot, lambda: "151" in _rule(pilot))


async def test_any_number_goes_through_a_few_pages(screens: Screens, store: Store) -> None:
    """Down, to the end and back up, every delivery comes once and few are in memory."""
    await _many(store, 450)
    async with screens(80, 34) as pilot:
        await press(pilot, "3", "v", "v", "g")
        seen = []
        for _ in range(20):
            seen += [row.seq for row in _monitor(pilot).list.rows[slice(*_monitor(pilot).list.window)]]
            assert len(_ids(pilot)) <= MOST
            await pilot.press("pagedown")
            await settled(pilot)
        assert sorted(set(seen)) == list(range(1, 451))
        assert "450 of 450" in _rule(pilot)
        await press(pilot, "g")
        assert _ids(pilot)[0] == 450
        await press(pilot, "G")
        assert (_ids(pilot)[-1], _monitor(pilot).list.cursor) == (1, 1)
        for _ in range(20):
            await pilot.press("pageup")
            await settled(pilot)
        assert _monitor(pilot).list.cursor == 450


async def test_reading_that_takes_long_is_said(screens: Screens, store: Store) -> None:
    """In the list's place where nothing has been read of it, then on the message line, until it has been read."""
    await _emit(store, 2)
    read = threading.Event()
    async with screens() as pilot:
        await press(pilot, "3", "v")
        holder = asyncio.ensure_future(store.read(lambda _: read.wait(60)))
        await pilot.press("v")
        await until(pilot, lambda: "Reading…" in text(pilot))
        await until(pilot, lambda: "! The database is busy; trying again." in text(pilot))
        read.set()
        assert await holder
        await until(pilot, lambda: _ids(pilot) == [2, 1])
        await until(pilot, lambda: "busy" not in text(pilot))
        assert "Reading…" not in text(pilot)


async def test_a_filter_is_applied_recalled_and_cleared(screens: Screens, store: Store) -> None:
    """Wrong words are refused at the line, Esc leaves it as it was, and what was applied comes back next time."""
    await _emit(store, 2)
    async with screens() as pilot:
        await press(pilot, "3", "v", "v", "slash", *"state:fail 66e1", "enter")
        assert "is no state" in str(_monitor(pilot).query_one("#hint").render())
        await press(pilot, *"ing")  # what is wrong is gone on with where it ends
        assert _monitor(pilot).query_one(FilterInput).value == "state:failing 66e1"
        await press(pilot, "escape")
        assert "/" not in _rule(pilot)
        await press(pilot, "slash", *"state:fai", "tab", "enter")
        assert "/ state:failed" in _rule(pilot)
        assert _ids(pilot) == []
    async with screens() as pilot:
        assert "/ state:failed" in _rule(pilot)
        await press(pilot, "escape")
        assert _ids(pilot) == [2, 1]
        await press(pilot, "slash", "up", "enter")
        assert "/ state:failed" in _rule(pilot)


async def test_sorting_says_where_it_is_not_possible(screens: Screens, store: Store) -> None:
    """More than 10,000 stay in the order of time; a view with fewer can be sorted."""
    await _many(store, 10_001)
    async with screens() as pilot:
        await press(pilot, "3", "v", "v", "s", "a")
        assert "10,000" in pilot.app.screen.query_one(MessageLine).words
        assert "by " not in _rule(pilot)
        await press(pilot, "v", "h", "s", "a")
        assert "by attempts" in _rule(pilot)


async def test_the_page_walks_the_order_of_the_list(screens: Screens, store: Store) -> None:
    """n goes to the one below, whatever the list is sorted by."""
    await _emit(store, 3)
    await store.write(
        lambda database: (
            database.execute("UPDATE deliveries SET state = 'failed', last_ms = (seq + 1) % 3").rowcount
        )
    )
    async with screens() as pilot:
        await press(pilot, "3", "s", "d", "j")
        assert _ids(pilot) == [1, 3, 2]
        assert " Took " in text(pilot)
        walked = [row.delivery.id for row in _monitor(pilot).list.rows]
        await press(pilot, "enter", "n")
        assert walked[1] in detail_text(pilot)
        await press(pilot, "n")
        assert walked[2] in detail_text(pilot)


@pytest.mark.parametrize("sort", Sort)
def test_the_column_that_it_is_sorted_by_is_shown(sort: Sort) -> None:
    """At any width, and what is shown fits; others give way, but not what a row is about."""
    for width in range(60, 160):
        shown = columns(width, sort)
        assert sum(column.width + 2 for column in shown) <= width
        assert [column.name for column in shown][:3] == ["State", "Type", "Answer"]
        assert sort in [column.sort for column in shown]


async def test_a_test_event_stands_in_brackets(screens: Screens, store: Store, webhook: str) -> None:
    """As wide as the others, and told in words below."""
    await _emit(store)
    await queue.emit_test(store, webhook, accept(KIND, EVENT_TYPES[KIND].sample))
    async with screens() as pilot:
        await press(pilot, "3", "v", "v", "j")
        rows = [line[:50] for line in text(pilot).splitlines() if " ○ pending" in line]
        assert rows == [f" ○ pending   {'(Session Failed)':<37}", f" ○ pending    {'Session Failed':<36}"]
        assert "○ Test event. Due now." in text(pilot)


async def test_all_are_cancelled_once_the_number_is_typed(screens: Screens, store: Store) -> None:
    """The job is stored; a pauses it and lets it go on."""
    await _emit(store, 3)
    async with screens() as pilot:
        await press(pilot, "3", "v", "v", "a", "c", "enter", *"2", "enter", "tab", "enter")
        assert isinstance(pilot.app.screen, MonitorScreen)
        assert await jobs.list_jobs(store) == []
        await press(pilot, "a", "c", *"3", "enter", "enter")
        while not (stored := await jobs.list_jobs(store)):
            await settled(pilot)
        (job,) = stored
        assert (job.kind, job.total, job.state) == (JobKind.CANCEL, 3, JobState.RUNNING)
        assert "Nobody delivers" in pilot.app.screen.query_one(MessageLine).words
        await press(pilot, "f")
        assert "cancelling 0 of 3   a Pause" in str(pilot.app.screen.query_one(MessageLine).content)
        await press(pilot, "a", "p")
        assert (await jobs.load_job(store, job.id)).state is JobState.PAUSED
        await press(pilot, "a", "p")
        await jobs.step(store, job.id)
        await until(pilot, lambda: pilot.app.screen.query_one(MessageLine).words == "✓ cancelled 3 of 3")


async def test_a_search_says_how_far_it_has_come_and_stops(
    screens: Screens, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What no index finds is searched slice by slice; Esc stops it, and Esc once more clears the filter."""
    await _many(store, 20_000)
    await store.write(lambda database: database.execute("UPDATE deliveries SET last_outcome = 'ok'").rowcount)
    when = f"{(await history.list_deliveries(store, limit=1))[0].delivery.created_at.astimezone():%H:%M}"
    monkeypatch.setattr("core.store.sqlite.search.PATIENCE", 0.0)
    monkeypatch.setattr("core.store.sqlite.search._FIRST_SPAN", 10)
    monkeypatch.setattr("tui.listing.SEARCH", 0.0)
    async with screens() as pilot:
        await press(pilot, "3", "v", "v", "slash", *"!class:ok")
        await pilot.press("enter")
        await until(pilot, lambda: f"searched back to {when}" in _rule(pilot))
        await press(pilot, "escape")
        assert f"searched back to {when}" in _rule(pilot)
        assert "Nothing found so far." in str(_monitor(pilot).query_one("#list-empty").render())
        await press(pilot, "escape")
        await until(pilot, lambda: "searched" not in _rule(pilot))
        assert len(_ids(pilot)) >= 15
