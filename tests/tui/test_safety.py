"""Foreign text, a key held down and a small terminal do no harm."""

import asyncio
from pathlib import Path
from threading import Event

import pytest
from pydantic import SecretStr
from textual.events import Paste
from textual.pilot import Pilot
from textual.widgets import Button, Input, Static, TextArea

from core.catalog import Body
from core.models import CustomHeader, GeneralSettings, WebhookOptions
from core.store import Store, config, history, queue
from core.store.database import Database
from core.store.sqlite.sqlite_store import SqliteStore
from tests.support.books import write_books
from tests.support.settled import press, settled, text, until, write
from tests.tui.conftest import Screens
from tui.dialogs.secret import SecretDialog
from tui.dialogs.test_event import TestDialog
from tui.screens.too_small import TooSmallScreen

HOSTILE = "a\x1b]52;c;aGk=\x07b\x9b2J\u202ec"


def _unsafe(pilot: Pilot[None]) -> set[str]:
    """Characters on the screen that a terminal would act on."""
    return {
        each
        for each in text(pilot).replace("\n", "")
        if ord(each) < 32 or 127 <= ord(each) < 160 or each == "\u202e"
    }


async def _webhook(store: Store) -> str:
    options = WebhookOptions(url="https://a.example/")
    return (await config.add_webhook(store, "session-failed", options, actor="ana")).id


async def test_a_stored_header_value_is_drawn_safely(screens: Screens, store: Store) -> None:
    """An older version let values in that a terminal obeys; the form shows symbols and keeps the value."""
    value = SecretStr("a\x9b2J\u202eb")
    headers = (CustomHeader.model_construct(name="x-tenant", value=value),)
    await config.save_settings(store, GeneralSettings(custom_headers=headers), actor="ana")
    async with screens() as pilot:
        await press(pilot, "2")
        assert _unsafe(pilot) == set()
    assert (await config.load_settings(store)).custom_headers[0].value == value


@pytest.mark.parametrize("key", ["e", "t"])
async def test_pasted_control_sequences_are_drawn_safely(screens: Screens, store: Store, key: str) -> None:
    """Neither a field nor the body of a test event lets a pasted sequence through to the terminal."""
    await _webhook(store)
    async with screens() as pilot:
        await press(pilot, key)
        assert pilot.app.screen.focused is not None
        pilot.app.screen.focused.post_message(Paste(HOSTILE))
        await settled(pilot)
        assert "52;c;aGk=" in pilot.app.export_screenshot()
        assert _unsafe(pilot) == set()


async def test_a_held_enter_sends_no_test_event(
    screens: Screens, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Enter that is still down after Generate goes no further than the next dialog, and never sends."""
    monkeypatch.setattr("tui.dialogs.secret.DEAF", 3.0)  # longer than a busy machine takes for three keys
    async with screens() as pilot:
        await press(pilot, "n", "enter", "down", "enter")
        await write(pilot, "https://a.example/")
        await pilot.press(*["enter"] * 3)
        await settled(pilot)
        assert isinstance(pilot.app.screen, SecretDialog)
        monkeypatch.setattr("tui.dialogs.secret.DEAF", 0.0)
        await press(pilot, "enter", "enter", "enter")
        assert isinstance(pilot.app.screen, TestDialog)
    assert await history.list_deliveries(store) == []


async def test_an_edited_body_is_not_dropped_unasked(screens: Screens, store: Store) -> None:
    """Esc in the test dialog asks once the body was edited; a second Esc keeps editing."""
    await _webhook(store)
    async with screens() as pilot:
        await press(pilot, "t", "x", "escape")
        assert pilot.app.screen.query("#keep")
        await press(pilot, "escape")
        assert pilot.app.screen.query_one(TextArea).text.startswith("x")
        await press(pilot, "escape", "tab", "enter")
        assert not isinstance(pilot.app.screen, TestDialog)


async def test_a_terminal_without_room_says_so(screens: Screens, store: Store) -> None:
    """Below 60x18 a notice covers everything, a dialog included, and goes when there is room again."""
    await _webhook(store)
    async with screens(60, 18) as pilot:
        await press(pilot, "e")
        for button in pilot.app.screen.query(Button):
            assert pilot.app.screen.region.contains_region(button.region)
        await pilot.resize_terminal(52, 14)
        await settled(pilot)
        assert isinstance(pilot.app.screen, TooSmallScreen)
        words = str(pilot.app.screen.query_one(Static).content)
        assert words == "Hookkeeper needs 60x18; this is 52x14. Deliveries go on."
        await pilot.resize_terminal(80, 24)
        await settled(pilot)
        assert pilot.app.screen.query("#url")


async def test_nothing_typed_is_lost_to_the_first_reading(screens: Screens, store: SqliteStore) -> None:
    """The form takes no key before the stored settings stand in it, however slowly they are read."""
    await config.save_settings(store, GeneralSettings(scopes="theirs"), actor="bob")
    async with screens() as pilot:
        async with store._reading:  # the screens' own reads wait for as long as this holds
            await pilot.press("2", "enter", "x")
            assert pilot.app.screen.query_one("#authentication_url", Input).value == ""
        await settled(pilot)
        await press(pilot, "y")
        # x waits five seconds for its field and no longer: keys act where nothing can be read, too.
        assert pilot.app.screen.query_one("#authentication_url", Input).value in ("xy", "y")
        assert pilot.app.screen.query_one("#scopes", Input).value == "theirs"


async def test_a_type_that_the_catalogue_does_not_know(screens: Screens, store: Store) -> None:
    """A newer Hookkeeper may have written it: every screen shows its name, made safe, and none stops."""
    kind = "session-\x1b[2Jforgotten"
    await config.add_webhook(store, "session-failed", WebhookOptions(url="https://a.example/"), actor="ana")
    await queue.emit(store, "session-failed", Body(b"{}", None, None, None))

    def rename(database: Database) -> None:
        database.execute("UPDATE webhooks SET type = ?", (kind,))
        database.execute("UPDATE events SET type = ?", (kind,))

    await store.write(rename)
    async with screens(120) as pilot:
        for keys in (
            "e",
            "escape",
            "d",
            "escape",
            "t",
            "escape",
            "space",
            "escape",
            "3",
            "v",
            "v",
            "j",
            "enter",
        ):
            await press(pilot, keys)
            assert _unsafe(pilot) == set()
            if keys not in ("t", "3", "v", "j"):
                await until(pilot, lambda: "session-␛[2Jforgotten" in text(pilot))
        await press(pilot, "escape", "1", "t", "ctrl+s")
        answer = str(pilot.app.screen.query_one("#answer", Static).content)
    assert answer.startswith("✗ There is no event type")


async def test_a_long_health_fits(screens: Screens, store: Store, database: Path) -> None:
    """At 80 columns the longest word stands whole beside its marker."""
    await write_books(database)
    async with screens() as pilot:
        assert "✗ 200 unaccepted " in text(pilot)


@pytest.mark.parametrize(
    ("key", "action"), [("?", "back"), ("!", "back"), ("space", "cancel"), ("d", "cancel"), ("e", "cancel")]
)
async def test_what_goes_goes_once(screens: Screens, store: Store, key: str, action: str) -> None:
    """Of keys that come in one go the second still reaches a page or a dialog that the first has closed."""
    await _webhook(store)
    async with screens() as pilot:
        below = pilot.app.screen
        await press(pilot, key)
        gone = pilot.app.screen
        assert gone is not below
        for _ in range(2):
            await pilot.app.run_action(action, gone)
        assert pilot.app.screen is below


async def test_a_page_that_is_left_while_it_is_read(screens: Screens, store: Store) -> None:
    """Its widgets have gone when what was read is there: that is no error."""
    async with screens() as pilot:
        await press(pilot, "2")
        go_on = Event()
        slow = asyncio.create_task(store.read(lambda database: go_on.wait(30)))
        await pilot.press("h")
        await until(pilot, lambda: "History of settings" in text(pilot) and "database is busy" in text(pilot))
        page = pilot.app.screen
        await pilot.press("escape")
        await until(pilot, lambda: not page.is_attached)
        go_on.set()
        assert await slow
        await settled(pilot)
        assert pilot.app.is_running
