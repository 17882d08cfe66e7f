"""Very many webhooks: the table fills in the background, without an effect on keys or the cursor."""

import asyncio

import pytest
from textual.app import App, ComposeResult
from textual.widgets import DataTable

from core.models import WebhookOptions
from core.store import Store, config
from core.store.config import WebhookReader, WebhookSummary
from tests.support.settled import press, until
from tests.tui.conftest import Screens
from tui.widgets.webhook_table import WebhookTable

MANY = 450


@pytest.fixture
async def identities(store: Store) -> list[str]:
    """The IDs of more webhooks than a slice has, in the order of their rows."""
    urls = (f"https://a.example/{number}" for number in range(MANY))
    await asyncio.gather(
        *(config.add_webhook(store, "session-failed", WebhookOptions(url=url), actor="ana") for url in urls)
    )
    return [summary.webhook.id for summary in await config.list_webhooks(store)]


def _chosen(table: WebhookTable) -> str | None:
    return table.chosen.webhook.id if table.chosen else None


class _OneTable(App[None]):
    def compose(self) -> ComposeResult:
        yield WebhookTable()


async def test_the_first_rows_stand_before_the_others(store: Store, identities: list[str]) -> None:
    """And the table has its whole size at once. What it overrides of DataTable is still there."""
    assert {"_total_row_height", "_update_dimensions"} <= vars(DataTable).keys()
    summaries = {each.webhook.id: each for each in await config.list_webhooks(store)}
    async with _OneTable().run_test(size=(80, 24)) as pilot:
        table = pilot.app.query_one(WebhookTable)
        table.lay_out(80)
        table.show(summaries)
        assert [table.get_row_index(each) for each in identities[:100]] == list(range(100))
        assert table.row_count == 100
        await until(pilot, lambda: table.row_count > 100)
        assert table.virtual_size.height == MANY + 1
        await until(pilot, lambda: table.row_count == MANY)
        assert [row.key.value for row in table.ordered_rows] == identities


async def test_the_cursor_goes_to_a_row_that_is_still_to_come(store: Store, identities: list[str]) -> None:
    """Both by name and to the end; whoever moves the cursor meanwhile keeps it."""
    summaries = {each.webhook.id: each for each in await config.list_webhooks(store)}
    first = dict(list(summaries.items())[:30])
    async with _OneTable().run_test(size=(80, 24)) as pilot:
        table = pilot.app.query_one(WebhookTable)
        table.lay_out(80)
        table.go_to(identities[400])
        table.show(summaries)
        assert _chosen(table) == identities[0]
        await until(pilot, lambda: _chosen(table) == identities[400])
        table.show(first, more_to_come=True)
        await until(pilot, lambda: table.row_count == 30)
        table.action_scroll_bottom()
        assert _chosen(table) == identities[29]
        table.show(summaries)
        await until(pilot, lambda: _chosen(table) == identities[-1])
        table.show(first, more_to_come=True)
        await until(pilot, lambda: table.row_count == 30)
        table.action_scroll_bottom()
        table.action_scroll_top()
        table.show(summaries)
        await until(pilot, lambda: table.row_count == MANY)
        assert _chosen(table) == identities[0]


async def test_the_screen_goes_to_the_real_end(screens: Screens, store: Store, identities: list[str]) -> None:
    """And while others change and delete webhooks, the cursor stays on its own."""
    async with screens() as pilot:
        table = pilot.app.screen.query_one(WebhookTable)
        await press(pilot, "G")
        await until(pilot, lambda: _chosen(table) == identities[-1])
        await press(pilot, "k")
        assert _chosen(table) == identities[-2]
        for identity in (identities[0], identities[200], identities[-1]):
            await config.delete_webhook(store, identity, actor="bob")
        await config.set_enabled(store, identities[1], False, actor="bob")
        await until(pilot, lambda: table.row_count == MANY - 3)
        assert _chosen(table) == identities[-2]
        await press(pilot, "g")
        await until(pilot, lambda: _chosen(table) == identities[1])
        assert table.words(identities[1], "Health").plain == "= disabled"
        assert table.words(identities[2], "Health").plain == "○ no delivery"


async def test_what_has_not_changed_is_not_made_again(store: Store, identities: list[str]) -> None:
    """Of all webhooks only the changed one is another object."""
    reader = WebhookReader(store)
    before: list[WebhookSummary] = await reader.read()
    await config.set_enabled(store, identities[7], False, actor="bob")
    after = await reader.read()
    assert [
        number for number, pair in enumerate(zip(before, after, strict=True)) if pair[0] is not pair[1]
    ] == [7]
    assert after[7].webhook.enabled is False
    assert await reader.read(limit=2) == before[:2]
