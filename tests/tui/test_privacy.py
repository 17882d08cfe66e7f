"""Secrets are shown only on request, and the books record who asked."""

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Static

from core.catalog import accept
from core.models import AttemptResult, DeliveryState, GeneralSettings, Outcome, WebhookOptions
from core.store import Store, audit, config, queue
from tests.support.settled import press, until
from tests.tui.conftest import Screens, button_label, detail_text, show_delivery
from tui.dialogs.secret import SecretDialog
from tui.widgets.lines import MessageLine

OPTIONS = WebhookOptions(url="https://a.example/")


def _dialog(pilot: Pilot[None]) -> str:
    assert isinstance(pilot.app.screen, SecretDialog)
    return "\n".join(str(line.content) for line in pilot.app.screen.query(Static))


async def test_showing_a_secret_is_audited(screens: Screens, store: Store) -> None:
    """From the menu it is an act of its own; right after Generate it is part of that."""
    async with screens() as pilot:
        await press(pilot, "n", "enter", "down", "enter")
        pilot.app.screen.query_one("#url", Input).value = "https://hooks.example/a"
        await press(pilot, "ctrl+s")
        (summary,) = await config.list_webhooks(store)
        secret = (await config.signing_secret(store, summary.webhook.id)).get_secret_value()
        assert secret in _dialog(pilot)
        assert [each.action for each in await audit.list_changes(store)] == ["generated"]
        await press(pilot, "escape", "enter", "end", "up", "enter")
        assert secret not in _dialog(pilot)
        assert [each.action for each in await audit.list_changes(store)] == ["generated"]
        await press(pilot, "tab", "enter")
        assert secret in _dialog(pilot)
    assert [each.action for each in await audit.list_changes(store)] == ["secret shown", "generated"]


@pytest.mark.parametrize(
    ("keys", "older", "words"),
    [
        (["tab", "enter"], 2, "signs with a new secret; the one before is used for 24 hours more"),
        (["shift+tab", "enter"], 0, "signs with a new secret; those before have ended"),
        (["enter"], 1, ""),
        (["escape"], 1, ""),
    ],
)
async def test_rotating_in_the_dialog(
    screens: Screens, store: Store, keys: list[str], older: int, words: str
) -> None:
    """Cancel has the focus; ending the older secrets at once is a choice of its own."""
    webhook = await config.add_webhook(store, "session-failed", OPTIONS, actor="ana")
    before = await config.rotate_secret(store, webhook.id, actor="ana")
    async with screens() as pilot:
        await press(pilot, "enter", "end", "up", "enter", "shift+tab", "enter")
        assert button_label(pilot) == "Cancel"
        await press(pilot, *keys)
        if words:
            await until(pilot, lambda: isinstance(pilot.app.screen, SecretDialog))
            assert (await config.signing_secret(store, webhook.id)).get_secret_value() in _dialog(pilot)
            await press(pilot, "escape")
            assert pilot.app.screen.query_one(MessageLine).words.endswith(words)
        after = await config.signing_secret(store, webhook.id)
    assert (after == before) == (not words)
    assert len(await config.older_secret_ends(store, webhook.id)) == older


async def test_masked_fields_on_the_delivery_page(screens: Screens, store: Store) -> None:
    """What the settings mask is dots in request and response, until `i` shows it."""
    await config.save_settings(store, GeneralSettings(masked_fields=("ssn",)), actor="ana")
    await config.add_webhook(store, "session-failed", OPTIONS, actor="ana")
    await queue.emit(store, "session-failed", accept("session-failed", b'{"ssn": "hush-1", "a": "loud"}'))
    epoch = await queue.next_epoch(store)
    (claim,) = await queue.claim(store, epoch, [queue.Slots(1, 1, 1, 1)])
    result = AttemptResult(
        Outcome.OK, "answered 200", "https://a.example/", 1, 5, 200, response_body=b'{"SSN": "hush-2"}'
    )
    await queue.record(store, epoch, claim, result, queue.Verdict(DeliveryState.DELIVERED, 1))
    async with screens() as pilot:
        await show_delivery(pilot, claim.id)
        shown = detail_text(pilot)
        assert '    "ssn": "••••",\n    "a": "loud"' in shown
        assert '  {\n    "SSN": "••••"\n  }' in shown
        await press(pilot, "i")
        shown = detail_text(pilot)
        assert "hush-1" in shown
        assert "hush-2" in shown
