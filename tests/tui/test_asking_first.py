"""Actions that would lose input or send twice need a confirmation, or are refused."""

import pytest
from pydantic import SecretStr
from textual.pilot import Pilot
from textual.widgets import Input, Static

from core.catalog import accept
from core.ids import tail
from core.models import AttemptResult, DeliveryState, GeneralSettings, Outcome, WebhookOptions
from core.store import Store, config, history, queue
from tests.support.settled import press, settled, until
from tests.tui.conftest import Screens
from tui.screens.settings import SettingsScreen
from tui.widgets.lines import MessageLine
from tui.widgets.webhook_table import WebhookTable


def _words(pilot: Pilot[None]) -> str:
    return "\n".join(str(part.content) for part in pilot.app.screen.query(Static))


async def _delivered(store: Store) -> str:
    options = WebhookOptions(url="https://a.example/")
    await config.add_webhook(store, "session-failed", options, actor="ana")
    await queue.emit(store, "session-failed", accept("session-failed", b'{"interviewId":"1"}'))
    epoch = await queue.next_epoch(store)
    (claim,) = await queue.claim(store, epoch, [queue.Slots(1, 1, 1, 1)])
    result = AttemptResult(Outcome.OK, "answered 204 No Content", "https://a.example/", 1, 1, 204)
    await queue.record(store, epoch, claim, result, queue.Verdict(DeliveryState.DELIVERED, 1))
    return claim.id


async def test_quitting_with_unsaved_settings_asks(screens: Screens) -> None:
    """What was typed in Settings is not dropped by q; Show Settings goes there with it."""
    async with screens() as pilot:
        await press(pilot, "2", "enter", "x", "escape", "1", "q")
        assert "Settings has 1 change that is not saved." in _words(pilot)
        await settled(pilot)
        await press(pilot, "tab", "enter")
        assert isinstance(pilot.app.screen, SettingsScreen)
        assert pilot.app.screen.query_one("#authentication_url", Input).value == "x"
        await press(pilot, "q")
        await press(pilot, "tab", "tab", "enter")
        assert not pilot.app.is_running


async def test_a_held_r_resends_once(screens: Screens, store: Store) -> None:
    """The same delivery once more within a second is a key that is held down."""
    await _delivered(store)
    async with screens() as pilot:
        await press(pilot, "3", "v", "v", "j")
        await pilot.press("r", "r", "r")
        await settled(pilot)
        words = pilot.app.screen.query_one(MessageLine).words
        assert words.endswith("attempt 2 starts now. It was delivered before.")
        (row,) = await history.list_deliveries(store)
        assert (row.delivery.state, row.delivery.waits_for) == ("pending", "now")


async def test_what_is_delivered_cannot_be_cancelled(screens: Screens, store: Store) -> None:
    """The key says so at once, without a question that leads nowhere."""
    identity = await _delivered(store)
    async with screens() as pilot:
        await press(pilot, "3", "v", "v", "j", "c")
        words = pilot.app.screen.query_one(MessageLine).words
        assert words == f"✗ {identity[:4]}…{identity[-4:]} is delivered already: there is nothing to cancel."


async def test_keep_mine_keeps_only_what_was_changed_here(screens: Screens, store: Store) -> None:
    """A Secret Key that somebody else replaced meanwhile stays replaced; so do settings that have no field."""
    before = GeneralSettings(
        authentication_url="https://a.example/token",
        client_id="me",
        secret_key=SecretStr("old"),
        keep_failed=7,
    )
    stored = await config.save_settings(store, before, actor="ana")
    async with screens() as pilot:
        await press(pilot, "2", "enter", "tab", "x")
        theirs = stored.model_copy(update={"secret_key": SecretStr("new"), "scopes": "theirs"})
        await config.save_settings(store, theirs, actor="bob")
        await press(pilot, "ctrl+s")
        assert "bob changed the settings" in _words(pilot)
        await settled(pilot)
        await press(pilot, "tab", "tab", "enter")
    now = await config.load_settings(store)
    assert now.secret_key is not None
    assert now.secret_key.get_secret_value() == "new"
    assert (now.scopes, now.client_id, now.keep_failed) == ("theirs", "mex", 7)


@pytest.mark.parametrize("keys", [("d",), ("end", "enter")])
async def test_the_menu_acts_on_the_webhook_it_was_opened_for(
    screens: Screens, store: Store, keys: tuple[str, ...]
) -> None:
    """Its webhook is deleted meanwhile: no action goes to the one that has moved under the cursor."""
    options = WebhookOptions(url="https://a.example/")
    first = await config.add_webhook(store, "session-failed", options, actor="ana")
    await config.add_webhook(store, "session-failed", options, actor="ana")
    async with screens() as pilot:
        await press(pilot, "g", "space")
        below = pilot.app.screen_stack[-2].query_one(WebhookTable)
        await config.delete_webhook(store, first.id, actor="bob")
        await until(pilot, lambda: len(below.rows) == 1)
        await press(pilot, *keys)
        assert pilot.app.screen.query_one(MessageLine).words == f"✗ {tail(first.id)} is not there any more."
