"""The screens by keys: what is typed is stored, or refused at its field."""

import pytest
from textual.events import Paste
from textual.pilot import Pilot
from textual.widgets import Input, Static

from core.catalog import accept
from core.ids import tail
from core.models import GeneralSettings, WebhookOptions
from core.store import Store, config, history, queue
from core.store.paces import PaceState, PaceWord, set_pace
from core.store.queue.webhook_health import disable_gone
from tests.support.settled import press, settled, text, until
from tests.tui.conftest import Screens, detail_text, show_delivery
from tui.dialogs.quit import quit_dialog
from tui.dialogs.webhook import WebhookDialog
from tui.widgets.field import Field
from tui.widgets.lines import MessageLine
from tui.words import short_url

HOSTILE = "\x1b[2J [/x] [bold] \u202e 🚀 " + "x" * 300


def _error(pilot: Pilot[None], field: str) -> str:
    return str(pilot.app.screen.query_one(f"#field-{field} .error", Static).content)


async def test_first_run_names_the_keys(screens: Screens) -> None:
    """An empty database shows what to press."""
    async with screens() as pilot:
        shown = str(pilot.app.screen.query_one("#empty", Static).content)
    assert "No webhook yet." in shown
    assert "n   Generate new" in shown


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "✗ Enter a URL."),
        ("hooks.example", "✗ Start with https:// or http://"),
        ("https://u:p@a.example/", "✗ Leave user and password out of the URL."),
        ("http://169.254.169.254/", "is never delivered to"),
        ("http://127.0.0.1:80:80/", "✗ A URL has one port"),
        ("https://a.example/,https://b.example/", '✗ One URL only: another one begins after ","'),
    ],
)
async def test_wrong_url_stays_at_its_field(screens: Screens, store: Store, url: str, words: str) -> None:
    """An error stands at the field, and nothing is stored."""
    async with screens() as pilot:
        await press(pilot, "n", "enter", "down", "enter")
        pilot.app.screen.query_one("#url", Input).value = url
        await settled(pilot)
        await press(pilot, "ctrl+s")
        assert words in _error(pilot, "url")
        assert isinstance(pilot.app.screen, WebhookDialog)
    assert await config.list_webhooks(store) == []


@pytest.mark.parametrize("field", ["url", "authentication_url", "notice_url"])
async def test_two_pasted_urls_are_refused_at_their_field(screens: Screens, store: Store, field: str) -> None:
    """The second line of a paste is not dropped in silence; a line end alone is no second URL."""
    async with screens() as pilot:
        await press(pilot, *(["n", "enter", "down", "enter"] if field == "url" else ["2", "enter"]))
        url = pilot.app.screen.query_one(f"#{field}", Input)
        url.focus()
        url.post_message(Paste("https://a.example/\r\nhttps://b.example/\r\n"))
        await settled(pilot)
        await press(pilot, "ctrl+s")
        assert _error(pilot, field) == "✗ One URL only: leave out spaces and control characters."
        url.value = ""
        url.post_message(Paste("https://a.example/\n"))
        await settled(pilot)
        assert url.value == "https://a.example/"
    assert await config.list_webhooks(store) == []
    assert (await config.load_settings(store)).version == 0


async def test_generate_edit_and_delete(screens: Screens, store: Store) -> None:
    """A webhook's life by keys."""
    async with screens() as pilot:
        await press(pilot, "n", "enter", "down", "enter")
        pilot.app.screen.query_one("#url", Input).value = "https://hooks.example/a"
        await settled(pilot)
        await press(pilot, "ctrl+s", "escape")
        (summary,) = await config.list_webhooks(store)
        assert "u Undo delete" not in text(pilot)
        assert (summary.webhook.type, summary.webhook.url) == ("onboarding-status", "https://hooks.example/a")
        await press(pilot, "e")
        await press(pilot, "tab", "tab", "tab", "enter", "end", "enter", *"5s 5m", "ctrl+s")
        assert (await config.load_webhook(store, summary.webhook.id)).retry_schedule == "5s 5m"
        await press(pilot, "x")
        await press(pilot, "tab", "enter")
        assert not (await config.load_webhook(store, summary.webhook.id)).enabled
        await press(pilot, "d")
        await press(pilot, "enter")
        assert len(await config.list_webhooks(store)) == 1
        await press(pilot, "d")
        await press(pilot, "tab", "enter")
        await until(
            pilot, lambda: pilot.app.screen.query_one(MessageLine).words.startswith("✓ Webhook deleted")
        )
        await until(pilot, lambda: "u Undo delete" in text(pilot))
        assert "No webhook is left." in text(pilot)
        assert " u brings it back," in text(pilot)
        await press(pilot, "u", "enter")
        await until(pilot, lambda: pilot.app.screen.query_one(MessageLine).words.endswith("x enables it"))
        await until(pilot, lambda: "u Undo delete" not in text(pilot))
    assert len(await config.list_webhooks(store)) == 1


async def test_escape_never_drops_a_changed_form(screens: Screens, store: Store) -> None:
    """Esc asks once there are changes; Keep editing keeps them."""
    async with screens() as pilot:
        await press(pilot, "n", "tab", "h")
        await press(pilot, "escape")
        assert pilot.app.screen.query("#keep")
        await press(pilot, "enter")
        assert pilot.app.screen.query_one("#url", Input).value == "h"
        await press(pilot, "escape", "tab", "enter")
        assert not isinstance(pilot.app.screen, WebhookDialog)


async def test_somebody_else_saved(screens: Screens, store: Store) -> None:
    """A save over somebody else's change asks; Keep mine keeps mine."""
    webhook = await config.add_webhook(
        store, "session-failed", WebhookOptions(url="https://a.example/"), actor="ana"
    )
    async with screens() as pilot:
        await press(pilot, "e")
        theirs = WebhookOptions(url="https://theirs.example/")
        await config.save_webhook(store, webhook.id, theirs, version=1, actor="bob")
        pilot.app.screen.query_one("#url", Input).value = "https://mine.example/"
        await settled(pilot)
        await press(pilot, "ctrl+s")
        assert "bob changed this webhook" in "".join(
            str(part.content) for part in pilot.app.screen.query(Static)
        )
        await settled(pilot)
        await press(pilot, "tab", "tab", "enter")
    assert (await config.load_webhook(store, webhook.id)).url == "https://mine.example/"


async def test_what_the_form_does_not_show_is_kept(screens: Screens, store: Store) -> None:
    """Editing on the screen leaves alone what the command line has set."""
    options = WebhookOptions(
        url="https://a.example/", rate=2, in_order=True, status_filter=("EXPIRED",), deadline=3
    )
    webhook = await config.add_webhook(store, "onboarding-status", options, actor="ana")
    async with screens() as pilot:
        await press(pilot, "e")
        pilot.app.screen.query_one("#deadline", Input).value = ""
        await settled(pilot)
        await press(pilot, "ctrl+s")
        await until(pilot, lambda: not isinstance(pilot.app.screen, WebhookDialog))
    stored = await config.load_webhook(store, webhook.id)
    assert stored.options == options.model_copy(update={"deadline": None})


async def test_the_order_of_a_session_is_told(screens: Screens, store: Store) -> None:
    """One that waits behind another names it, in the list and on its page."""
    options = WebhookOptions(url="https://a.example/", in_order=True)
    await config.add_webhook(store, "session-failed", options, actor="ana")
    for _ in range(2):
        await queue.emit(store, "session-failed", accept("session-failed", b'{"interviewId": "1"}'))
    first, second = reversed(await history.list_deliveries(store))
    async with screens(140, 40) as pilot:
        await press(pilot, "3", "v", "v")
        assert "order" in pilot.app.export_screenshot()
        await show_delivery(pilot, second.delivery.id)
        detail = detail_text(pilot)
    head = tail(first.delivery.id)
    assert f"Waits for those before it in its session ({head}). Press r to send it now." in detail
    assert "No attempt yet.\n" in detail


async def test_settings_all_or_nothing(screens: Screens, store: Store) -> None:
    """The first wrong field gets the focus and nothing is stored; cured, all of it is."""
    async with screens() as pilot:
        await press(pilot, "2")
        screen = pilot.app.screen
        screen.query_one("#authentication_url", Input).value = "https://auth.example/token"
        await settled(pilot)
        await press(pilot, "ctrl+s")
        assert "Client ID and Secret Key are missing" in _error(pilot, "client_id")
        assert (await config.load_settings(store)).version == 0
        screen.query_one("#client_id", Input).value = "me"
        await settled(pilot)
        screen.query_one("#secret_key", Input).value = "hush"
        await settled(pilot)
        await press(pilot, "ctrl+s")
        await until(pilot, lambda: screen.query_one(MessageLine).words == "✓ Settings updated")
        settings = await config.load_settings(store)
        assert settings.secret_key is not None
        assert settings.secret_key.get_secret_value() == "hush"
        assert screen.query_one("#secret_key", Input).value == ""
        await press(pilot, "escape", "a")
        screen.query_one(".name", Input).value = "Host"
        await settled(pilot)
        await press(pilot, "ctrl+s")
        assert "Host is set by Hookkeeper." in str(screen.query_one(".header .error", Static).content)
        screen.query_one(".name", Input).value = "x-a"
        await settled(pilot)
        screen.query_one(".value", Input).value = "é"
        await settled(pilot)
        await press(pilot, "ctrl+s")
        await until(pilot, lambda: screen.query_one(MessageLine).words == "✓ Settings updated")
        settings = await config.load_settings(store)
        assert [(entry.name, entry.value.get_secret_value()) for entry in settings.custom_headers] == [
            ("x-a", "é")
        ]
        assert settings.secret_key is not None
        await press(pilot, "ctrl+t")
        assert "Nobody delivers" in screen.query_one(MessageLine).words


async def test_others_changes_come_in(screens: Screens, store: Store) -> None:
    """What somebody else saves shows on the open screen; what is typed here is kept."""
    async with screens() as pilot:
        await press(pilot, "2")
        screen = pilot.app.screen
        await config.save_settings(store, GeneralSettings(scopes="theirs"), actor="bob")
        await until(pilot, lambda: screen.query_one("#scopes", Input).value == "theirs")
        screen.query_one("#scopes", Input).value = "mine"
        await settled(pilot)
        await press(pilot, "1", "2")
        assert screen.query_one("#scopes", Input).value == "mine"


async def test_a_terminal_that_is_too_small(screens: Screens) -> None:
    """Below 60x18 one sentence says so; the screen comes back with the room."""
    async with screens() as pilot:
        await pilot.resize_terminal(52, 14)
        await settled(pilot)
        words = str(pilot.app.screen.query_one("#too-small", Static).content)
        assert words == "Hookkeeper needs 60x18; this is 52x14. Deliveries go on."
        await pilot.resize_terminal(60, 18)
        await settled(pilot)
        assert pilot.app.screen.query("#table")


async def test_monitor_is_live(screens: Screens, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Deliveries appear by themselves, can be opened, sent again and cancelled; hostile text does no harm."""
    monkeypatch.setattr("tui.app.RESEND_PAUSE", 0.0)  # no key is held down here, however fast they come
    webhook = await config.add_webhook(
        store, "session-failed", WebhookOptions(url="https://a.example/"), actor="ana"
    )
    async with screens() as pilot:
        await press(pilot, "3", "v", "v")
        body = accept("session-failed", b'{"interviewId": "\\u001b[2J [/x]", "note": "[bold"}')
        await queue.emit(store, "session-failed", body)
        await until(pilot, lambda: len(pilot.app.screen.query_one("#deliveries").rows) == 1)  # type: ignore[attr-defined]  # the list
        await press(pilot, "j", "enter", "i", "left", "right", "r", "j", "k")
        assert "[/x]" in detail_text(pilot)
        await press(pilot, "escape", "f", "j", "k", "c")
        await press(pilot, "tab", "enter")
        await until(pilot, lambda: pilot.app.screen.query_one(MessageLine).words.startswith("✓ cancelled"))
        (row,) = await history.list_deliveries(store)
        assert row.delivery.state == "cancelled"
        await config.delete_webhook(store, webhook.id, actor="ana")
        await press(pilot, "r")
        await until(pilot, lambda: "was deleted" in pilot.app.screen.query_one(MessageLine).words)


@pytest.mark.parametrize("size", [(60, 18), (80, 24), (200, 50)])
async def test_hostile_text_in_every_field(screens: Screens, store: Store, size: tuple[int, int]) -> None:
    """Escape sequences, markup, bidi and long values leave the screens whole."""
    url = "https://a.example/?" + "x" * 1500
    await config.add_webhook(store, "session-failed", WebhookOptions(url=url), actor="ana")
    async with screens(*size) as pilot:
        await press(pilot, "e")
        pilot.app.screen.query_one("#url", Input).value = HOSTILE
        await settled(pilot)
        await press(pilot, "ctrl+s")
        assert isinstance(pilot.app.screen.query_one("#field-url"), Field)
        await press(pilot, "escape", "tab", "enter", "t")
        await press(pilot, "escape", "space", "escape", "question_mark", "j", "q", "2", "3", "1")
        pilot.app.screen.query_one(MessageLine).say(HOSTILE)
        await settled(pilot)
        assert "[/x]" in pilot.app.export_screenshot().replace("&#160;", " ")


async def test_the_strip_says_why_hookkeeper_disabled_a_webhook(screens: Screens, store: Store) -> None:
    """Beside its options and what it holds; who reads it need not look for a notice."""
    options = WebhookOptions(url="https://hooks.example/a", in_order=True, rate=2)
    await config.add_webhook(store, "session-failed", options, actor="ana")
    await queue.emit(store, "session-failed", accept("session-failed", b'{"interviewId":"66e1"}'))
    await store.write(lambda database: disable_gone(database, 1))
    async with screens() as pilot:
        await settled(pilot)
        strip = str(pilot.app.screen.query_one("#strip", Static).content)
    assert "Session Failed Webhook URL   in order, 2/s" in strip
    assert "= disabled by Hookkeeper: answered 410 Gone. 1 held until you enable it." in strip


async def test_the_strip_keeps_its_keys_however_long_the_reason_is(screens: Screens, store: Store) -> None:
    """The reason is cut, what waits and the keys are not."""
    await config.add_webhook(store, "session-failed", WebhookOptions(url="https://a.example/"), actor="ana")
    await queue.emit(store, "session-failed", accept("session-failed", b'{"interviewId":"66e1"}'))
    reason = f"connection reset by {'a.' * 40}example"
    await set_pace(store, 1, PaceState(PaceWord.OPEN, 0, 0, reason))
    async with screens() as pilot:
        *_, health, keys, _ = text(pilot).splitlines()
    assert health.rstrip().endswith(": connection reset b… 1 undelivered.")
    assert keys.startswith(" Actions   e Edit")


async def test_events_that_nobody_wanted_are_offered(screens: Screens, store: Store) -> None:
    """To a webhook that is generated later; and by its menu, once there are others."""
    body = accept("onboarding-status", b'{"interviewId":"66e1","onboardingStatus":"EXPIRED"}')
    await queue.emit(store, "onboarding-status", body)
    async with screens() as pilot:
        await press(pilot, "n", "enter", "down", "enter")
        pilot.app.screen.query_one("#url", Input).value = "https://hooks.example/a"
        await press(pilot, "ctrl+s")
        fields = pilot.app.screen.query("#fields Static").results(Static)
        assert "1 event of this type went to nobody so far." in [str(each.content) for each in fields]
        await press(pilot, "shift+tab", "enter")
        await until(pilot, lambda: "unwanted" in pilot.app.screen.query_one(MessageLine).words)
        assert pilot.app.screen.query_one(MessageLine).words.startswith("✓ 1 unwanted event goes to wh_…")
        (row,) = await history.list_deliveries(store)
        assert (row.delivery.type, row.delivery.state) == ("onboarding-status", "pending")
        await press(pilot, "space")
        await press(pilot, *["down"] * 5, "enter")
        await until(pilot, lambda: "No event of its type" in pilot.app.screen.query_one(MessageLine).words)


async def test_the_history_of_the_settings(screens: Screens, store: Store) -> None:
    """`h` tells who changed them, and the sections stand side by side where there is room."""
    await config.save_settings(store, GeneralSettings(deadline=30), actor="ana")
    async with screens(140, 40) as pilot:
        await press(pilot, "2")
        left, right = pilot.app.screen.query("SettingsForm .column").results()
        assert (left.region.y, left.region.right) == (right.region.y, right.region.x)
        await pilot.resize_terminal(80, 24)
        form = pilot.app.screen.query_one("#form")
        for key, scrolled in {"pagedown": True, "g": False, "G": True, "pageup": False}.items():
            await press(pilot, key)
            assert (form.scroll_y > 0) is scrolled
        await press(pilot, "h")
        history_words = str(pilot.app.screen.query_one("#history", Static).content)
        assert "ana  changed  Deadline 15 → 30" in history_words, history_words
        await press(pilot, "escape")
        assert pilot.app.screen.query_one("#form").display


async def test_the_strip_comes_back_with_the_room(screens: Screens, store: Store) -> None:
    """After the terminal was too small for anything; and the Monitor's figures stand whole or not at all."""
    await config.add_webhook(store, "session-failed", WebhookOptions(url="https://a.example/"), actor="ana")
    async with screens(80, 24) as pilot:
        await press(pilot, "1")
        for size in ((60, 18), (59, 17), (80, 24)):
            await pilot.resize_terminal(*size)
            await settled(pilot)
        assert pilot.app.screen.query_one("#strip").display
        await pilot.resize_terminal(60, 18)
        await settled(pilot)
        (row,) = (line.rstrip() for line in text(pilot).splitlines() if "a.example" in line)
        assert row.endswith("  a.example/   ○ no delivery")
        await press(pilot, "3")
        cells = pilot.app.screen.query("MonitorHead Cell").results()
        assert all(cell.region.right <= 61 for cell in cells)


async def test_what_changes_while_a_dialog_opens_is_drawn_beneath_it(screens: Screens) -> None:
    """Nothing is drawn until the dialog is complete, and then the screen beneath as well."""
    async with screens() as pilot:
        beneath, dialog = pilot.app.screen, quit_dialog(3, 37)
        pilot.app.push_screen(dialog)
        await settled(pilot)
        dialog.hold()
        beneath.query_one(MessageLine).say("changed meanwhile")
        await pilot.pause()
        dialog.on_screen_resume()
        await settled(pilot)
        assert "changed meanwhile" in text(pilot)


@pytest.mark.parametrize(
    ("url", "cells", "shown"),
    [
        ("https://a.example/in", 20, "https://a.example/in"),
        ("https://a.example/in", 12, "a.example/in"),
        ("http://127.0.0.1:45727/limited", 17, "http://1…/limited"),
        ("https://hooks.acme.example/incode/failed?tenant=mx", 18, "hooks.ac…tenant=mx"),
        ("https://例え.example/例え", 9, "例え…例え"),
    ],
)
def test_urls_that_begin_alike_are_told_apart(url: str, cells: int, shown: str) -> None:
    """Where there is no room for the whole one: its scheme goes, then its middle."""
    assert short_url(url, cells) == shown
