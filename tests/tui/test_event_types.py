"""The event types on the screen: their facts, how one is chosen, and their samples in a test event."""

import json

import pytest
from textual.pilot import Pilot
from textual.widgets import Button, OptionList, Select, Static, TextArea

from core.catalog import EVENT_TYPES
from core.models import WebhookOptions
from core.store import Store, config, history
from tests.support.settled import press, until, write
from tests.tui.conftest import Screens, dialog_lines
from tui.dialogs.event_types import TypesDialog
from tui.dialogs.secret import SecretDialog
from tui.dialogs.test_event import TestDialog
from tui.dialogs.webhook import WebhookDialog

URL = "https://hooks.example/a"


async def _webhook(store: Store, kind: str) -> None:
    await config.add_webhook(store, kind, WebhookOptions(url=URL), actor="ana")


def _facts(pilot: Pilot[None]) -> str:
    return str(pilot.app.screen.query_one("#fact-lines", Static).content)


def _note(pilot: Pilot[None]) -> str:
    return str(pilot.app.screen.query_one("#type-note", Static).content)


async def _sent(store: Store) -> list[dict[str, object]]:
    """The bodies of the events, oldest first."""
    events = [await history.load_event(store, event.id) for event in await history.list_events(store)]
    return [json.loads(event.body) for event in reversed(events)]


async def _send(pilot: Pilot[None], store: Store, number: int) -> list[dict[str, object]]:
    """Send what stands in the dialog; the bodies sent so far, which are so many then.

    Nobody delivers, so the dialog goes on waiting for an answer.
    """
    await pilot.press("ctrl+s")
    while len(sent := await _sent(store)) < number:
        await pilot.pause(0.02)
    return sent


async def test_the_palette_shows_the_event_types(screens: Screens) -> None:
    """Each with its trigger, the page it is from and the day that was read, and its samples."""
    async with screens() as pilot:
        await press(pilot, "ctrl+p", *"event types", "enter")
        assert isinstance(pilot.app.screen, TypesDialog)
        for number, kind in enumerate(EVENT_TYPES.values()):
            assert pilot.app.screen.query_one(OptionList).highlighted == number
            facts = _facts(pilot)
            for words in (kind.label, kind.trigger, kind.standing, kind.shape_note, kind.sources[0]):
                assert words in facts
            assert "Read on 26 November 2026." in facts
            assert facts.endswith(", ".join(sample.name for sample in kind.samples))
            await press(pilot, "j")
        await press(pilot, "enter")
        assert isinstance(pilot.app.screen, TypesDialog)
        await press(pilot, "escape")
        assert not isinstance(pilot.app.screen, TypesDialog)


async def test_long_facts_scroll(screens: Screens) -> None:
    """They scroll while the list keeps the focus."""
    async with screens(60, 18) as pilot:
        await press(pilot, "ctrl+p", *"event types", "enter")
        for button in pilot.app.screen.query(Button):
            assert pilot.app.screen.region.contains_region(button.region)
        facts = pilot.app.screen.query_one("#facts")
        await press(pilot, "ctrl+d")
        assert facts.scroll_y == 8
        await press(pilot, "down")
        assert facts.scroll_y == 0


async def test_a_type_is_chosen_where_the_types_are_shown(screens: Screens, store: Store) -> None:
    """F2 in the form, on the type that was chosen so far; the form says when it is sent, and that it is newer."""
    async with screens() as pilot:
        await press(pilot, "n", "f2", "j", "j", "enter")
        assert isinstance(pilot.app.screen, WebhookDialog)
        assert pilot.app.screen.query_one("#type", Select).value == "third-party-async-retries"
        await press(pilot, "f2")
        assert "Third Party Async Retries" in _facts(pilot)
        await press(pilot, *"j" * 9, "enter")
        assert _note(pilot) == (
            "Triggered when an existing session link is resumed, not on initial session creation.\n"
            "Newer than the page of the Webhooks tab."
        )
        await write(pilot, URL)
        await press(pilot, "ctrl+s")
        await until(pilot, lambda: isinstance(pilot.app.screen, SecretDialog))
    (summary,) = await config.list_webhooks(store)
    assert summary.webhook.type == "session-progress"


async def test_the_types_beside_an_edited_webhook_change_nothing(screens: Screens, store: Store) -> None:
    """A type cannot be edited: they are shown, and Enter chooses none."""
    await _webhook(store, "session-failed")
    async with screens() as pilot:
        await press(pilot, "e", "f2")
        assert "Session Failed Webhook URL" in _facts(pilot)
        await press(pilot, "down", "enter")
        assert isinstance(pilot.app.screen, TypesDialog)
        await press(pilot, "escape")
        assert isinstance(pilot.app.screen, WebhookDialog)


@pytest.mark.parametrize("keys", [("enter", "end", "enter", "down", "enter"), ("f2", "end", "up", "enter")])
async def test_a_deprecated_type_is_a_deliberate_choice(
    screens: Screens, store: Store, keys: tuple[str, ...]
) -> None:
    """The last choice of the drop-down lists them; the form says until when the type is sent."""
    async with screens() as pilot:
        await press(pilot, "n", *keys)
        assert pilot.app.screen.query_one("#type", Select).value == "authentication-1-1"
        assert _note(pilot).endswith(
            "Deprecated. Incode supports it until 1 October 2026 and sends it until 1 April 2027."
        )
        await write(pilot, URL)
        await press(pilot, "ctrl+s")
        await until(pilot, lambda: isinstance(pilot.app.screen, SecretDialog))
    (summary,) = await config.list_webhooks(store)
    assert summary.webhook.type == "authentication-1-1"


async def test_listing_the_deprecated_types_chooses_none(screens: Screens) -> None:
    """Who closes the list again has no type yet, and nothing to lose."""
    async with screens() as pilot:
        await press(pilot, "n", "enter", "end", "enter", "escape", "ctrl+s")
        assert "Choose a type." in str(pilot.app.screen.query_one("#field-type .error", Static).content)
        await press(pilot, "escape")
        assert not isinstance(pilot.app.screen, WebhookDialog)


async def test_a_draft_of_a_deprecated_type_keeps_it(screens: Screens, store: Store) -> None:
    """The webhook was deleted by somebody else while it was edited: n generates it again with its type."""
    await _webhook(store, "ine-scraping")
    (summary,) = await config.list_webhooks(store)
    async with screens() as pilot:
        await press(pilot, "e")
        assert dialog_lines(pilot)[1] == " Deprecated. Incode does not publish until when it is sent."
        await write(pilot, "https://b.example/")
        await config.delete_webhook(store, summary.webhook.id, actor="bob")
        await press(pilot, "ctrl+s", "enter", "n", "ctrl+s")
        await until(pilot, lambda: isinstance(pilot.app.screen, SecretDialog))
    (again,) = await config.list_webhooks(store)
    assert (again.webhook.type, again.webhook.url) == ("ine-scraping", "https://b.example/")


async def test_a_sample_that_is_sent_twice_is_of_two_sessions(screens: Screens, store: Store) -> None:
    """What stands there is what was sent; what was edited is sent as it stands."""
    await _webhook(store, "session-failed")
    async with screens() as pilot:
        await press(pilot, "t")
        await _send(pilot, store, 1)
        first, second = await _send(pilot, store, 2)
        assert first["interviewId"] != second["interviewId"]
        body = pilot.app.screen.query_one(TextArea)
        assert json.loads(body.text) == second
        body.text = '{"interviewId":"mine"}'
        await _send(pilot, store, 3)
        assert (await _send(pilot, store, 4))[2:] == [{"interviewId": "mine"}] * 2


async def test_another_sample_is_chosen_for_a_test_event(screens: Screens, store: Store) -> None:
    """Its body stands there, is no change that could be lost, and is sent."""
    await _webhook(store, "face-authentication")
    async with screens() as pilot:
        await press(pilot, "t", "shift+tab", "enter", "down", "enter")
        assert json.loads(pilot.app.screen.query_one(TextArea).text)["overallStatus"] == "FAIL"
        (sent,) = await _send(pilot, store, 1)
        await press(pilot, "escape")
        assert not isinstance(pilot.app.screen, TestDialog)
    assert sent["error"] == {"name": "USER_IS_NOT_RECOGNIZED", "message": "The user is not recognized."}


async def test_a_type_with_one_sample_offers_no_choice(screens: Screens, store: Store) -> None:
    """There is nothing to choose from."""
    await _webhook(store, "work-history")
    async with screens() as pilot:
        await press(pilot, "t")
        assert not pilot.app.screen.query("#sample-name")
