"""The forms: errors appear at their field in time, and nobody's changes are lost silently."""

import asyncio
import signal
from datetime import datetime
from pathlib import Path

import pytest
from textual.widgets import Button, Input, Select

from core.catalog import accept
from core.models import AcceptedAnswer, GeneralSettings, WebhookOptions
from core.store import Store, config, queue
from core.store.opening import file_of
from core.store.sqlite.lock import DispatcherLock
from core.store.standing import Holder
from tests.support.books import write_books
from tests.support.settled import press, settled, until, write
from tests.tui.conftest import Screens, button_label, dialog_lines, field_error
from tui.dialogs.choice import ChoiceDialog
from tui.dialogs.secret import SecretDialog
from tui.dialogs.webhook import WebhookDialog
from tui.widgets.lines import MessageLine
from tui.widgets.webhook_table import WebhookTable


async def test_a_webhook_that_somebody_else_changed(screens: Screens, store: Store) -> None:
    """What was changed here stands beside theirs, in the form's words; Cancel has the focus and saves nothing."""
    before = WebhookOptions(url="https://a.example/", accepted_answer=AcceptedAnswer.INCODE)
    webhook = await config.add_webhook(store, "onboarding-status", before, actor="ana")
    async with screens() as pilot:
        await press(pilot, "e", "end", "m", "tab", "space", "tab", "enter", "end", "enter", "space")
        for field, typed in {"concurrency": "3", "rate": "2.5", "deadline": "30"}.items():
            pilot.app.screen.query_one(f"#{field}", Input).value = typed
        theirs = WebhookOptions(
            url="https://b.example/", retry_schedule="incode", deadline=20, rate=1, status_filter=("EXPIRED",)
        )
        await config.save_webhook(store, webhook.id, theirs, version=1, actor="bob")
        await press(pilot, "ctrl+s")
        await until(pilot, lambda: isinstance(pilot.app.screen, ChoiceDialog))
        assert dialog_lines(pilot)[2:] == [
            "URL",
            "  theirs  https://b.example/",
            "  yours   https://a.example/m",
            "Order",
            "  theirs  as they come",
            "  yours   in order per session",
            "Statuses",
            "  theirs  EXPIRED",
            "  yours   ID_VALIDATION_FINISHED",
            "Concurrency",
            "  theirs  10",
            "  yours   3",
            "Rate",
            "  theirs  1 a second",
            "  yours   2.5 a second",
            "Deadline",
            "  theirs  20 s",
            "  yours   30 s",
        ]
        assert button_label(pilot) == "Cancel"
        await press(pilot, "enter")
        assert isinstance(pilot.app.screen, WebhookDialog)
    assert (await config.load_webhook(store, webhook.id)).url == "https://b.example/"


async def test_a_webhook_that_somebody_else_deleted(screens: Screens, store: Store) -> None:
    """One sentence says who and when, and n has what was typed."""
    webhook = await config.add_webhook(
        store, "session-failed", WebhookOptions(url="https://a.example/"), actor="ana"
    )
    async with screens() as pilot:
        await press(pilot, "e")
        await write(pilot, "https://b.example/")
        await config.delete_webhook(store, webhook.id, actor="bob")
        now = f"{datetime.now():%H:%M}"
        await press(pilot, "ctrl+s")
        assert dialog_lines(pilot) == [
            f"wh_…{webhook.id[-4:]} was deleted by bob at {now}. Your changes were not saved;"
            " n generates it again with them."
        ]
        await press(pilot, "enter", "n")
        await press(pilot, "ctrl+s")
        (again,) = await config.list_webhooks(store)
    assert (again.webhook.type, again.webhook.url) == ("session-failed", "https://b.example/")


async def test_deleting_what_is_deleted_already(screens: Screens, store: Store) -> None:
    """The sentence says no more than that."""
    webhook = await config.add_webhook(
        store, "session-failed", WebhookOptions(url="https://a.example/"), actor="ana"
    )
    async with screens() as pilot:
        await press(pilot, "d")
        await config.delete_webhook(store, webhook.id, actor="bob")
        now = f"{datetime.now():%H:%M}"
        await press(pilot, "tab", "enter")
        words = pilot.app.screen.query_one(MessageLine).words
    assert words == f"! wh_…{webhook.id[-4:]} was deleted by bob at {now} already"


async def test_choosing_a_retry_schedule(screens: Screens, store: Store) -> None:
    """Presets by their description; the last choice opens a row for the waits, with the cursor in it."""
    async with screens() as pilot:
        await press(pilot, "2", "enter", "escape")
        screen = pilot.app.screen
        screen.query_one("#retry_schedule").focus()
        await press(pilot, "enter", "down", "enter", "ctrl+s")
        assert (await config.load_settings(store)).retry_schedule == "incode"
        await press(pilot, "enter", "down", "enter")
        assert screen.focused is screen.query_one("#waits")
        await write(pilot, "5s 5w")
        await press(pilot, "tab")
        assert field_error(pilot, "retry_schedule").startswith("✗ '5w' is not a wait.")
        await press(pilot, "shift+tab", "backspace", "m")
        assert field_error(pilot, "retry_schedule") == ""
        await press(pilot, "ctrl+s")
        assert (await config.load_settings(store)).retry_schedule == "5s 5m"


async def test_an_empty_list_of_waits_is_refused(screens: Screens, store: Store) -> None:
    """Nothing typed is not the same as "as in Settings"."""
    options = WebhookOptions(url="https://a.example/", retry_schedule="5s")
    webhook = await config.add_webhook(store, "session-failed", options, actor="ana")
    async with screens() as pilot:
        await press(pilot, "e", "tab", "tab", "tab")
        await write(pilot, "")
        await press(pilot, "ctrl+s")
        assert field_error(pilot, "retry_schedule") == "✗ Enter standard, incode, or waits such as 5s 5m 2h."
        await press(pilot, "shift+tab", "enter", "home", "enter", "ctrl+s")
    assert (await config.load_webhook(store, webhook.id)).retry_schedule is None


async def test_errors_on_leaving_and_gone_when_cured(screens: Screens) -> None:
    """Every field of the dialog; never while typing, and never on the way to Cancel."""
    async with screens() as pilot:
        await press(pilot, "n", "tab")
        assert field_error(pilot, "type") == "✗ Choose a type."
        await write(pilot, "hooks.example")
        assert field_error(pilot, "url") == ""
        await press(pilot, "tab", "tab", "tab")
        assert field_error(pilot, "url") == "✗ Start with https:// or http://"
        await write(pilot, "0")
        await press(pilot, "tab")
        assert field_error(pilot, "concurrency") == "✗ Enter at least 1."
        await write(pilot, "-1")
        await press(pilot, "tab")
        assert field_error(pilot, "rate") == "✗ Enter at least 0.01."
        await write(pilot, "x")
        await press(pilot, "tab")
        assert button_label(pilot) == "Cancel"
        assert field_error(pilot, "deadline") == ""
        await press(pilot, "shift+tab", "shift+tab")
        assert field_error(pilot, "deadline") == "✗ Enter a number."
        await press(pilot, "shift+tab", "end", "backspace", "5")
        assert field_error(pilot, "concurrency") == ""


@pytest.mark.parametrize("url", ["http://169.254.169.254/", "http://[fe80::1]/"])
async def test_an_address_that_is_never_reached(screens: Screens, store: Store, url: str) -> None:
    """There is no offer for it, and it is not stored."""
    async with screens() as pilot:
        await press(pilot, "2", "enter")
        await write(pilot, url)
        await press(pilot, "tab")
        assert "is never delivered to" in field_error(pilot, "authentication_url")
        assert not pilot.app.screen.query_one("#allow").region
        await press(pilot, "ctrl+s")
    assert (await config.load_settings(store)).version == 0


async def test_the_figures_of_delete_disable_and_enable(
    screens: Screens, store: Store, database: Path
) -> None:
    """They count what waits or is being sent, not what has failed: that stays."""
    await write_books(database)
    async with screens() as pilot:
        await press(pilot, "down", "down", "d")
        assert dialog_lines(pilot)[3:] == [
            "! 5 undelivered deliveries will be cancelled.",
            "  New events of this type will no longer go to this URL.",
            "  What was delivered stays in the Monitor.",
            "  For 24 hours u on Webhooks undoes it: the 5 come back as held.",
        ]
        await press(pilot, "escape", "x")
        assert dialog_lines(pilot)[-1] == "New events and the 5 waiting are held until you enable it."
        await press(pilot, "tab", "enter")
        table = pilot.app.screen.query_one(WebhookTable)
        await until(pilot, lambda: table.chosen and not table.chosen.webhook.enabled)
        await press(pilot, "x")
        labels = [str(button.label) for button in pilot.app.screen.query(Button)]
        assert labels == ["Release the 5", "Cancel the 5", "Back"]
        assert button_label(pilot) == "Back"
        await press(pilot, "tab", "enter")
        (_, _, summary, *_) = await config.list_webhooks(store)
    assert (summary.webhook.enabled, summary.waiting, summary.held) == (True, 5, 0)
    assert summary.undelivered == 7


async def test_quit_asks_while_the_dispatcher_is_at_work(screens: Screens, store: Store) -> None:
    """Only for what a dispatcher still has to send: neither what failed nor what is held."""
    webhook = await config.add_webhook(
        store, "session-failed", WebhookOptions(url="https://a.example/"), actor="ana"
    )
    await queue.emit(store, "session-failed", accept("session-failed", b'{"interviewId":"1"}'))
    process = await asyncio.create_subprocess_exec("sleep", "60")
    lock = DispatcherLock.of(file_of(store.place))
    assert lock.take()
    lock.say(Holder(process.pid, 1, "screens", 0, "ana"))
    async with screens() as pilot:
        pilot.app.child = process.pid  # type: ignore[attr-defined]  # Pilot knows only App
        await press(pilot, "q")
        assert dialog_lines(pilot) == [
            "This program's dispatcher is at work: 0 sends in flight, 1 waiting.",
            "After it stops nobody delivers.",
        ]
        assert button_label(pilot) == "Cancel"
        await press(pilot, "enter")
        assert process.returncode is None
        await config.set_enabled(store, webhook.id, False, actor="ana")
        await pilot.press("q")
        assert await process.wait() == -signal.SIGTERM
    lock.release()


async def test_order_and_statuses_where_they_apply(screens: Screens, store: Store) -> None:
    """Only a type with a session has Order, only one with a status Statuses; what is hidden is not stored."""
    async with screens() as pilot:
        await press(pilot, "n", "enter", "down", "enter")
        screen = pilot.app.screen
        order, statuses = screen.query_one("#field-in_order"), screen.query_one("#field-status_filter")
        assert (order.display, statuses.display) == (True, True)
        await write(pilot, "https://a.example/")
        await press(pilot, "tab", "space", "tab", "enter", "end", "enter", "ctrl+s")
        assert field_error(pilot, "status_filter") == "✗ Choose at least one status, or all."
        assert screen.focused is screen.query_one("#statuses")
        await press(pilot, "end", "space", "k", "enter", "space", "space")
        assert field_error(pilot, "status_filter") == ""
        await press(pilot, "ctrl+s")
        await until(pilot, lambda: isinstance(pilot.app.screen, SecretDialog))
        (summary,) = await config.list_webhooks(store)
        options = summary.webhook.options
        assert (options.in_order, options.status_filter) == (True, ("EXPIRED", "UNKNOWN"))
        await press(pilot, "escape", "n", "enter", "down", "enter", "tab", "space", "shift+tab", "shift+tab")
        screen = pilot.app.screen
        screen.query_one("#type", Select).value = "proof-of-payment"
        await settled(pilot)
        shown = [screen.query_one(f"#field-{name}").display for name in ("in_order", "status_filter")]
        assert shown == [False, False]
        await write(pilot, "https://b.example/")
        await press(pilot, "ctrl+s")
        await until(pilot, lambda: isinstance(pilot.app.screen, SecretDialog))
    second = (await config.list_webhooks(store))[1].webhook
    assert (second.type, second.in_order, second.status_filter) == ("proof-of-payment", False, ())


async def test_a_status_that_the_catalogue_does_not_know(screens: Screens, store: Store) -> None:
    """It stays in the list, ticked, and is kept."""
    options = WebhookOptions(url="https://a.example/", status_filter=("NEW_ONE", "EXPIRED"), rate=1234.5678)
    webhook = await config.add_webhook(store, "onboarding-status", options, actor="ana")
    async with screens() as pilot:
        await press(pilot, "e", "tab", "tab", "tab", "home", "space", "ctrl+s")
        await until(pilot, lambda: not isinstance(pilot.app.screen, WebhookDialog))
    stored = await config.load_webhook(store, webhook.id)
    assert (stored.status_filter, stored.rate) == (
        ("ID_VALIDATION_FINISHED", "EXPIRED", "NEW_ONE"),
        1234.5678,
    )


@pytest.mark.parametrize("size", [(80, 24), (60, 18)])
async def test_the_webhook_dialog_scrolls(screens: Screens, store: Store, size: tuple[int, int]) -> None:
    """Within 74 x 21 every field can be reached and is seen whole; the buttons stay."""
    options = WebhookOptions(url="https://a.example/", status_filter=("EXPIRED",))
    await config.add_webhook(store, "onboarding-status", options, actor="ana")
    async with screens(*size) as pilot:
        await press(pilot, "e")
        screen = pilot.app.screen
        box = screen.query_one("#dialog").region
        assert box.width <= 74
        assert box.height <= 21
        for _ in range(9):
            await press(pilot, "tab")
            assert screen.focused is not None
            assert box.contains_region(screen.focused.region)
            for button in screen.query(Button):
                assert box.contains_region(button.region)


async def test_keep_mine_of_two_changes_that_do_not_fit(screens: Screens, store: Store) -> None:
    """A URL that needs a network which somebody else forbade meanwhile is not stored."""
    before = GeneralSettings(allowed_networks=("10.20.0.0/16",))
    before = await config.save_settings(store, before, actor="ana")
    async with screens() as pilot:
        await press(pilot, "2", "enter")
        pilot.app.screen.query_one("#notice_url", Input).value = "https://10.20.4.7/"
        pilot.app.screen.query_one("#keep_keys", Input).value = "9"
        await settled(pilot)
        theirs = before.model_copy(update={"allowed_networks": (), "keep_failed": 7, "keep_keys": 8})
        await config.save_settings(store, theirs, actor="bob")
        await press(pilot, "ctrl+s")
        await until(pilot, lambda: isinstance(pilot.app.screen, ChoiceDialog))
        assert dialog_lines(pilot)[2:] == [
            "Notices go to",
            "  theirs  empty",
            "  yours   https://10.20.4.7/",
            "Keep keys",
            "  theirs  8 days",
            "  yours   9 days",
        ]
        await press(pilot, "tab", "tab", "enter")
        words = pilot.app.screen.query_one(MessageLine).words
        assert words.endswith("Take theirs, then change it again.")
        assert "10.20.4.7" in words
    stored = await config.load_settings(store)
    assert (stored.updated_by, stored.notice_url, stored.keep_keys) == ("bob", None, 8)
