"""The messages of the screens when the database cannot be read, or belongs to a newer version."""

import sqlite3
from contextlib import closing
from pathlib import Path

from textual.widgets import Static

from core.models import WebhookOptions
from core.store import Store, config
from core.store.standing import Standing
from tests.support.settled import until
from tests.tui.conftest import Screens
from tui.screens.over import OverScreen
from tui.widgets.lines import TopBar, status_words
from tui.widgets.webhook_table import WebhookTable


def _change(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute(statement)


async def test_what_cannot_be_read_stays_and_says_since_when(
    screens: Screens, store: Store, database: Path
) -> None:
    """The rows stay, and as soon as it can be read again everything is as before."""
    await config.add_webhook(store, "session-failed", WebhookOptions(url="https://a.example/"), actor="ana")
    async with screens() as pilot:
        bar = pilot.app.screen.query_one(TopBar)
        table = pilot.app.screen.query_one(WebhookTable)
        await until(pilot, lambda: table.row_count == 1)
        _change(database, "ALTER TABLE webhooks RENAME TO gone")
        await until(pilot, lambda: "! not current since " in str(bar.content))
        assert table.row_count == 1
        _change(database, "ALTER TABLE gone RENAME TO webhooks")
        await until(pilot, lambda: "! nobody delivers" in str(bar.content))


async def test_a_database_that_a_newer_program_has_upgraded(screens: Screens, database: Path) -> None:
    """One sentence, and q; nothing else works, and the program says with its exit code that it could not go on."""
    async with screens() as pilot:
        _change(database, "PRAGMA user_version = 999")
        await until(pilot, lambda: isinstance(pilot.app.screen, OverScreen))
        assert str(pilot.app.screen.query_one(Static).content) == (
            "The database was upgraded by a newer Hookkeeper; this is 0.1.0 and can no longer read it. "
            "Deliveries go on there. q quits."
        )
        for key in ("2", "3", "n", "ctrl+p", "escape", "question_mark"):
            await pilot.press(key)
        assert isinstance(pilot.app.screen, OverScreen)
        await pilot.press("q")
        await until(pilot, lambda: not pilot.app.is_running)
    assert pilot.app.return_code == 1


def test_another_dispatcher_that_stands_by() -> None:
    """Is counted behind the one that delivers."""
    status = Standing(True, pid=4121, awaited=True)
    assert status_words(status, None) == ("✓ delivering, pid 4121 (+1)", "$success")
    assert status_words(status, 4121) == ("✓ delivering here (+1)", "$success")


def test_a_limit_of_this_machine_is_named() -> None:
    """Nothing is lost, it only goes more slowly: no error, and why."""
    status = Standing(True, pid=4121, note="Deliveries go out more slowly.", slowed="too many open files")
    assert status_words(status, None) == ("! too many open files", "$warning")
    assert status_words(Standing(True, pid=4121, note="The disk is full."), None) == (
        "! cannot record",
        "$error",
    )
