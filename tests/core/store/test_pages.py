"""Pages of many deliveries: what they hold, what finding them costs, and how a search goes on."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.clock import from_ms
from core.store import NotPossible, Store, config, history, open_store, pages
from core.store.database import Database
from core.store.filter import DeliveryFilter, View
from core.store.filter_sql import condition
from core.store.pages import Sort
from core.store.sqlite import search
from tests.support.many import START, STEP, write_many

MANY = 20_000
STEPS = 1_000
"""Instructions of SQLite's machine that one count stands for."""


@pytest.fixture(scope="session")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Books of 20,000 deliveries, for reading."""
    folder = tmp_path_factory.mktemp("many")

    async def write() -> None:
        async with open_store(folder / "hookkeeper.db") as store:
            await write_many(store, MANY)

    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("HOOKKEEPER_KEY_FILE", str(folder / "keys"))
        asyncio.run(write())
    return folder


@pytest.fixture
async def books(many: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Store]:
    """The same, open."""
    monkeypatch.setenv("HOOKKEEPER_KEY_FILE", str(many / "keys"))
    async with open_store(many / "hookkeeper.db") as store:
        yield store


async def _all(store: Store, view: View, chosen: DeliveryFilter, limit: int = 1000) -> list[int]:
    """The row numbers of every page, one after the other."""
    found: list[int] = []
    position: int | None = None
    while True:
        page = await pages.load_page(store, view, chosen, before=position, limit=limit)
        found += [row.seq for row in page.rows]
        position = page.position
        if position is None:
            return found


async def _plainly(store: Store, chosen: DeliveryFilter) -> list[int]:
    """The same by one query that looks at every delivery."""
    where, values = condition(chosen)
    sql = (
        "SELECT d.seq FROM deliveries d NOT INDEXED CROSS JOIN events e ON e.seq = d.event"
        f" CROSS JOIN webhooks w ON w.seq = d.webhook WHERE {where} ORDER BY d.seq DESC"
    )
    return await store.read(lambda db: [seq for (seq,) in db.execute(sql, values)])


FOUND_BY_INDEX: list[tuple[View, dict[str, object], int]] = [
    (View.ATTENTION, {}, 10_007),
    (View.FAILING, {}, 8),
    (View.HELD, {}, 2),
    (View.SLOW, {}, 4),
    (View.ALL, {"state": "failed"}, 9_999),
    (View.ALL, {"state": "pending"}, 10),
    (View.ALL, {"state": "cancelled"}, 2),
    (View.ALL, {"state": "undelivered"}, 10_009),
    (View.ALL, {"event_type": "work-history"}, 4_000),
    (View.ALL, {"event_type": "session-failed", "state": "cancelled"}, 0),
    (View.ALL, {"status_code": 503}, 6_673),
    (View.ALL, {"status_code": 404}, 0),
    (View.ALL, {"status_class": 4}, 1),
    (View.ALL, {"outcome": "timeout"}, 3_336),
    (View.ALL, {"outcome": "ok"}, 9_990),
    (View.ALL, {"session": "66e100000400"}, 4),
    (View.ALL, {"since": from_ms(START + STEP * (MANY - 9))}, 10),
    (View.ALL, {"until": from_ms(START + STEP * 10)}, 9),
    (View.ALL, {"text": "dlv_00000000456"}, 10),
    (View.ALL, {"text": "evt_0000000000004567"}, 1),
    (View.ALL, {"text": "66e10000040"}, 64),
    (View.ALL, {"text": "customer-4320"}, 1),
    (View.ALL, {"text": "086425998"}, 0),
    (View.ALL, {"without": [{"state": "failed"}, {"state": "delivered"}]}, 12),
    (View.SLOW, {"event_type": "session-failed"}, 0),
]


@pytest.mark.parametrize(("view", "values", "number"), FOUND_BY_INDEX)
async def test_a_first_page_costs_the_same_over_any_number(
    books: Store, view: View, values: dict[str, object], number: int
) -> None:
    """No table is read from end to end and nothing is sorted; the work is that of a page."""
    statements: list[str] = []
    steps: list[int] = []
    chosen = DeliveryFilter.model_validate(values)
    await books.read(lambda db: _watch(db, statements.append, lambda: steps.append(STEPS)))
    page = await pages.load_page(books, view, chosen, limit=100)
    await books.read(lambda db: _watch(db, None, None))
    assert len(page.rows) == min(100, number)
    assert page.searched_to is None
    assert sum(steps) < 100_000  # one look at each of 20,000 takes ten times as many
    for statement in {each for each in statements if each.startswith("SELECT")}:
        for step in await books.read(partial(_plan, sql=statement)):
            assert "TEMP B-TREE" not in step, statement
            assert not step.startswith("SCAN") or step.split()[1] in SMALL, statement


SMALL = ("wanted", "webhooks", "token_endpoint", "settings", "json_each", "(subquery-1)")
"""What is read whole: the page's row numbers, a count that is cut short, tables of a row for each webhook."""


def _watch(database: Database, trace: Callable[[str], None] | None, step: Callable[[], None] | None) -> None:
    assert isinstance(database, sqlite3.Connection)
    database.set_trace_callback(trace)
    database.set_progress_handler(step, STEPS)


def _plan(database: Database, sql: str) -> list[str]:
    return [row[3] for row in database.execute(f"EXPLAIN QUERY PLAN {sql}")]


@pytest.mark.parametrize(("view", "values", "number"), FOUND_BY_INDEX)
async def test_indexes_find_all_there_is(
    books: Store, view: View, values: dict[str, object], number: int
) -> None:
    """The same as a query that looks at every delivery, in the same order; and it is counted right."""
    chosen = DeliveryFilter.model_validate(values)
    in_view = chosen.model_copy(update={"view": view})
    found = await _all(books, view, chosen)
    assert found == await _plainly(books, in_view)
    assert len(found) == number
    assert await history.count_deliveries(books, in_view) == number


@pytest.mark.parametrize(
    ("values", "number"),
    [
        ({"text": "8642"}, 2),
        ({"text": "zzzz"}, 0),
        ({"text": "66e1"}, MANY),
        ({"text": "66e100000"}, 16_383),
        ({"without": [{"outcome": "ok"}, {"outcome": "http_status"}]}, 3_336),
        ({"status_code": 418, "event_type": "session-failed"}, 1),
        ({"status_code": 204, "event_type": "work-history", "without": [{"text": "customer"}]}, 1_998),
    ],
)
async def test_what_must_be_searched_goes_in_slices(
    books: Store, values: dict[str, object], number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each read ends soon, says how far it has come and goes on from there; together they miss nothing."""
    monkeypatch.setattr(search, "PATIENCE", 0.0)  # every slice is one statement
    chosen = DeliveryFilter.model_validate(values)
    page = await pages.load_page(books, View.ALL, chosen, limit=100)
    assert page.position is not None
    assert (page.searched_to is None) == (len(page.rows) == 100)
    if page.searched_to is not None:
        assert page.searched_to == from_ms(START + STEP * page.position)
    found = await _all(books, View.ALL, chosen)
    assert found == await _plainly(books, chosen)
    assert len(found) == number


_PARTS = st.fixed_dictionaries(
    {},
    optional={
        "state": st.sampled_from(["pending", "failed", "delivered", "held", "attention", "undelivered"]),
        "event_type": st.sampled_from(["session-failed", "work-history"]),
        "outcome": st.sampled_from(["ok", "timeout", "http_status", "dns"]),
        "status_code": st.sampled_from([204, 418, 503]),
        "status_class": st.sampled_from([2, 4, 5]),
        "since": st.integers(1, MANY).map(lambda seq: from_ms(START + STEP * seq)),
        "until": st.integers(1, MANY).map(lambda seq: from_ms(START + STEP * seq)),
        "text": st.sampled_from(["66e1000004", "8642", "time", "customer-43", "dlv_00000004", "tim evt_"]),
        "up_to": st.integers(1, MANY),
    },
)
_FILTERS = st.builds(
    lambda wanted, without: wanted | {"without": without}, _PARTS, st.lists(_PARTS, max_size=2)
)


def test_every_way_to_search_finds_the_same(many: Path) -> None:
    """Whatever is combined: pages newest first, and towards the present, hold what a plain query finds."""
    with pytest.MonkeyPatch.context() as environment, asyncio.Runner() as runner:
        environment.setenv("HOOKKEEPER_KEY_FILE", str(many / "keys"))
        opened = open_store(many / "hookkeeper.db")
        store = runner.run(opened.__aenter__())

        @settings(max_examples=60)
        @given(values=_FILTERS, view=st.sampled_from(View), after=st.integers(0, MANY))
        def same(values: dict[str, object], view: View, after: int) -> None:
            chosen = DeliveryFilter.model_validate(values)
            expected = runner.run(_plainly(store, chosen.model_copy(update={"view": view})))
            page = runner.run(
                history.list_deliveries(store, chosen.model_copy(update={"view": view}), limit=50)
            )
            assert [row.seq for row in page] == expected[:50]
            newer = runner.run(pages.load_page_after(store, view, chosen, after=after, limit=20))
            assert [row.seq for row in newer] == [seq for seq in expected if seq > after][-20:]

        same()
        runner.run(opened.__aexit__(None, None, None))


async def test_new_ones_are_counted(books: Store) -> None:
    """Up to a limit."""
    new = pages.count_new
    assert await new(books, View.ALL, DeliveryFilter(), after=MANY - 12) == 12
    assert await new(books, View.ALL, DeliveryFilter(), after=MANY) == 0
    assert await new(books, View.ALL, DeliveryFilter(), after=0, most=50) == 50
    assert await new(books, View.FAILING, DeliveryFilter(), after=MANY // 2) == 8


async def test_rows_are_refreshed_in_their_order(books: Store) -> None:
    """Whatever becomes of them; one that was removed is left out."""
    rows = await pages.refresh_rows(books, [7, 77, 3, MANY + 1])
    assert [(row.seq, str(row.delivery.state)) for row in rows] == [
        (7, "failed"),
        (77, "cancelled"),
        (3, "failed"),
    ]


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        (Sort.DURATION, [15_009, 10_009, 5_009]),
        (Sort.ATTEMPTS, [15_009, 10_009, 5_009]),
        (Sort.TIME, [15_009, 10_009, 5_009]),
    ],
)
async def test_orders(books: Store, sort: Sort, expected: list[int]) -> None:
    """A page of another order goes on at a place in it."""
    first = await pages.load_page(books, View.SLOW, DeliveryFilter(), sort=sort, limit=2)
    rest = await pages.load_page(
        books, View.SLOW, DeliveryFilter(), sort=sort, limit=100, before=first.position
    )
    rows = [row.seq for row in first.rows + rest.rows]
    assert rows[:3] == expected
    assert len(rows) == 4
    assert rest.position is None


async def test_too_many_for_another_order(books: Store) -> None:
    """The limit is said."""
    with pytest.raises(NotPossible, match=r"^More than 10,000 deliveries are sorted by time only\."):
        await pages.load_page(books, View.ATTENTION, DeliveryFilter(), sort=Sort.NEXT)


async def test_orders_of_what_waits(store: Store) -> None:
    """What is tried next comes first, what does not wait comes last; most attempts and longest ones first."""
    await write_many(store, 4)
    await store.write(
        lambda db: (
            db.execute(
                "UPDATE deliveries SET state = iif(seq = 4, 'failed', 'pending'), due_at = 1000 - seq, last_ms = seq,"
                " attempts = seq % 3"
            ).rowcount
        )
    )

    async def order(sort: Sort) -> list[int]:
        page = await pages.load_page(store, View.ALL, DeliveryFilter(), sort=sort)
        return [row.seq for row in page.rows]

    assert await order(Sort.NEXT) == [3, 2, 1, 4]
    assert await order(Sort.DURATION) == [4, 3, 2, 1]
    assert await order(Sort.ATTEMPTS) == [2, 4, 1, 3]


async def test_figures_of_many(books: Store) -> None:
    """They are those of the lists."""
    totals = await history.totals(books)
    assert totals.attention == len(await _all(books, View.ATTENTION, DeliveryFilter()))
    assert (totals.undelivered, totals.held, totals.waiting, totals.sending) == (10_009, 2, 8, 0)
    assert totals.oldest is not None
    undelivered = [summary.undelivered for summary in await config.list_webhooks(books)]
    assert sum(undelivered) == 10_009
