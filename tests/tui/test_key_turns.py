"""Keys that arrive in one burst have the same effects as keys pressed one at a time, on screens and in dialogs."""

from textual.widgets import Input

from core.models import WebhookOptions
from core.store import Store, config
from core.store.sqlite.sqlite_store import SqliteStore
from tests.support.settled import press_at_once, press_only, settled, until
from tests.tui.conftest import Screens, button_label
from tui.dialogs.webhook import WebhookDialog
from tui.screens.monitor import MonitorScreen
from tui.screens.settings import SettingsScreen
from tui.screens.webhooks import WebhooksScreen
from tui.widgets.filter_line import FilterInput


async def _webhook(store: Store) -> str:
    options = WebhookOptions(url="https://a.example/")
    return (await config.add_webhook(store, "session-failed", options, actor="ana")).id


async def test_tab_and_shift_tab(screens: Screens) -> None:
    """Into the form, on, and back again; Enter goes on as Tab does."""
    async with screens() as pilot:
        await press_at_once(
            pilot, "2", "tab", *"one", "tab", *"two", "enter", *"three", "shift+tab", *"+", "shift+tab", "end", *"!"
        )  # fmt: skip
        await settled(pilot)
        typed = {field: pilot.app.screen.query_one(f"#{field}", Input).value for field in _FIELDS}
        assert typed == {"authentication_url": "one!", "client_id": "two+", "secret_key": "three"}


_FIELDS = ("authentication_url", "client_id", "secret_key")


async def test_a_dialog_and_its_main_button(screens: Screens, store: Store) -> None:
    """It opens, all that is typed stands in its field before ctrl+s reads it, and the next key is the screen's."""
    webhook = await _webhook(store)
    async with screens() as pilot:
        await press_at_once(pilot, "e", "end", *"hooks/x", "ctrl+s", "3")
        await until(pilot, lambda: isinstance(pilot.app.screen, MonitorScreen))
        await settled(pilot)
    assert (await config.load_webhook(store, webhook)).url == "https://a.example/hooks/x"


async def test_a_dialog_that_is_left(screens: Screens, store: Store) -> None:
    """Its question takes the focus, and Enter keeps editing, where one goes on."""
    await _webhook(store)
    async with screens() as pilot:
        await press_at_once(pilot, "e", "end", "x", "escape", "right")
        assert button_label(pilot) == "Discard"
        await press_at_once(pilot, "left", "enter", "end", "y")
        assert isinstance(pilot.app.screen, WebhookDialog)
        assert pilot.app.screen.query_one("#url", Input).value == "https://a.example/xy"


async def test_a_menu(screens: Screens, store: Store) -> None:
    """What is chosen in it is done before the next key."""
    await _webhook(store)
    async with screens() as pilot:
        await press_at_once(pilot, "enter", "e", "end", *"menu")
        assert pilot.app.screen.query_one("#url", Input).value == "https://a.example/menu"


async def test_the_filter_line(screens: Screens) -> None:
    """Completed, applied, and left: then keys are the list's."""
    async with screens() as pilot:
        await press_at_once(pilot, "3", "slash", *"state:fai", "tab", "enter", "1")
        assert isinstance(pilot.app.screen, WebhooksScreen)
        await press_at_once(pilot, "3", "slash", *" x", "escape", "slash")
        assert pilot.app.screen.query_one(FilterInput).value == "state:failed"


async def test_a_key_that_cannot_act_keeps_no_other_from_it(screens: Screens, store: SqliteStore) -> None:
    """Nothing can be read for as long as this holds; the screens can be changed nevertheless."""
    async with screens() as pilot:
        async with store._reading:
            press_only(pilot, "2", "1")
            await until(pilot, lambda: isinstance(pilot.app.screen, SettingsScreen))
            await until(pilot, lambda: isinstance(pilot.app.screen, WebhooksScreen))
        await settled(pilot)
