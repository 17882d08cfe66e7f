"""A delivery's page: copying and saving from it, moving on it, and its text."""

import stat
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Static

from core.catalog import Body, accept
from core.clock import now_ms
from core.models import AttemptResult, DeliveryState, GeneralSettings, Outcome, WebhookOptions
from core.store import Store, config, history, queue
from tests.support.settled import press, settled, until
from tests.tui.conftest import Screens, detail_text, show_delivery
from tui.dialogs.webhook import WebhookDialog
from tui.dialogs.write_file import WriteFileDialog
from tui.screens.delivery import DeliveryScreen
from tui.widgets.delivery_detail import DeliveryDetail
from tui.widgets.delivery_session import SessionEvents
from tui.widgets.lines import MessageLine

URL = "https://a.example/in?x=1"
BODY = '{"interviewId": "s1", "token": "hush", "note": "it\'s ü"}'.encode()


async def _webhook(store: Store, kind: str = "session-failed") -> str:
    return (await config.add_webhook(store, kind, WebhookOptions(url=URL), actor="ana")).id


async def _emit(store: Store, body: bytes = BODY, kind: str = "session-failed") -> str:
    await queue.emit(store, kind, accept(kind, body))
    return (await history.list_deliveries(store, limit=1))[0].delivery.id


async def _attempt(
    store: Store, status: int = 503, *, started_at: int | None = None, **changes: object
) -> None:
    """Make one attempt of each due delivery, which is then due again at once."""
    epoch = await queue.next_epoch(store)
    for claim in await queue.claim(store, epoch, [queue.Slots(1, 1, 1, 1)]):
        values: dict[str, object] = {
            "outcome": Outcome.HTTP_STATUS, "reason": f"answered {status}", "url": URL, "total_ms": 184,
            "status_code": status, "started_at": now_ms() if started_at is None else started_at,
        }  # fmt: skip
        result = AttemptResult(**(values | changes))  # type: ignore[arg-type]  # the values above
        await queue.record(store, epoch, claim, result, queue.Verdict(DeliveryState.PENDING, 1, now_ms()))


def _said(pilot: Pilot[None]) -> str:
    return pilot.app.screen.query_one(MessageLine).words


@pytest.mark.parametrize(
    ("key", "copied"),
    [
        ("u", URL),
        ("b", BODY.decode()),
        (
            "c",
            "# Secrets are left out."
            " Set HEADER_WEBHOOK_TIMESTAMP HEADER_WEBHOOK_SIGNATURE or delete their lines.\n"
            "curl 'https://a.example/in?x=1' \\\n"
            "  -H 'content-type: application/json' \\\n"
            "  -H 'webhook-id: {id}' \\\n"
            "  -H 'webhook-timestamp: '\"$HEADER_WEBHOOK_TIMESTAMP\" \\\n"
            "  -H 'webhook-signature: '\"$HEADER_WEBHOOK_SIGNATURE\" \\\n"
            "  -H 'hookkeeper-event: session-failed' \\\n"
            "  -H 'hookkeeper-attempt: 1' \\\n"
            '  --data-raw \'{{"interviewId": "s1", "token": "hush", "note": "it\'"\'"\'s ü"}}\'',
        ),
        ("i", "{id}"),
    ],
)
async def test_what_is_copied(screens: Screens, store: Store, key: str, copied: str) -> None:
    """y is followed by a key for the part to copy. The message promises no more than is known."""
    await _webhook(store)
    delivery = await _emit(store)
    async with screens() as pilot:
        await show_delivery(pilot, delivery)
        await pilot.press("y")
        await settled(pilot)
        await pilot.press(key)
        await until(pilot, lambda: "copied" in _said(pilot))
        assert pilot.app.clipboard == (copied.format(id=delivery) if key in "ic" else copied)
        then = "its first line says what to set" if key == "c" else "w writes a file"
        assert _said(pilot).endswith(f"copied, if your terminal allows it; {then}")


async def test_too_much_for_a_clipboard(screens: Screens, store: Store) -> None:
    """It is not cut silently. Nothing is copied, and the message names the file instead."""
    await _webhook(store)
    delivery = await _emit(store, b'{"a": "' + b"x" * 70_000 + b'"}')
    async with screens() as pilot:
        await show_delivery(pilot, delivery)
        await pilot.press("y")
        await settled(pilot)
        await pilot.press("b")
        await until(pilot, lambda: _said(pilot) != "")
        assert _said(pilot) == "✗ 70,009 characters are too many for a clipboard; w writes a file"
        assert pilot.app.clipboard == ""


async def test_a_body_is_written_to_a_file(
    screens: Screens, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Byte for byte, for its owner only; what is there already stays as it is."""
    monkeypatch.chdir(tmp_path)
    await _webhook(store)
    delivery = await _emit(store)
    theirs = tmp_path / "theirs.json"
    theirs.write_text("theirs")
    async with screens() as pilot:
        await show_delivery(pilot, delivery)
        await pilot.press("w")
        await until(pilot, lambda: isinstance(pilot.app.screen, WriteFileDialog))
        field = pilot.app.screen.query_one("#path", Input)
        assert field.value == f"{delivery}.json"
        for refused, words in (
            ("theirs.json", "✗ theirs.json is there already. Choose another name."),
            ("nowhere/x", "✗ nowhere/x: No such file or directory."),
            ("a\x00b", "✗ a␀b: embedded null byte."),
            (" ", "✗ Enter the name of a file."),
        ):
            field.value = refused
            await pilot.press("enter")
            error = pilot.app.screen.query_one("#field-path .error", Static)
            await until(pilot, lambda error=error, words=words: str(error.content) == words)  # type: ignore[misc]  # bound now
        field.value = "mine.json"
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, DeliveryScreen))
        assert _said(pilot) == f"✓ mine.json written, {len(BODY)} B, in {tmp_path}"
        await press(pilot, "w", "x", "escape")
        assert isinstance(pilot.app.screen, DeliveryScreen)
    assert (tmp_path / "mine.json").read_bytes() == BODY
    assert stat.S_IMODE((tmp_path / "mine.json").stat().st_mode) == 0o600
    assert theirs.read_text() == "theirs"


async def test_a_chosen_attempt_stays(screens: Screens, store: Store) -> None:
    """Another attempt that comes while one reads an older one moves nothing; the newest follows the newest."""
    await _webhook(store)
    delivery = await _emit(store)
    for status in (500, 501, 502):
        await _attempt(store, status)
    async with screens(100, 40) as pilot:
        await show_delivery(pilot, delivery)
        detail = pilot.app.screen.query_one(DeliveryDetail)
        await pilot.press("h")
        assert detail.attempt is not None
        assert detail.attempt.status_code == 501
        await _attempt(store, 503)
        await until(pilot, lambda: "✗ 503" in detail_text(pilot))
        assert detail.attempt.status_code == 501
        await pilot.press("right", "right", "right")
        assert detail.attempt.status_code == 503
        await _attempt(store, 504)
        await until(pilot, lambda: detail.attempt is not None and detail.attempt.status_code == 504)


async def test_attempts_are_read_again_when_there_are_others(screens: Screens, store: Store) -> None:
    """While something else changes, those that were read are shown."""
    await _webhook(store)
    await _webhook(store, "session-succeeded")
    delivery = await _emit(store)
    await _attempt(store, 500)
    async with screens() as pilot:
        await show_delivery(pilot, delivery)
        await store.write(lambda database: database.execute("UPDATE attempts SET status_code = 501").rowcount)
        await _emit(store, kind="session-succeeded")
        await until(pilot, lambda: "2 events" in detail_text(pilot))
        assert "✗ 500" in detail_text(pilot)
        await _attempt(store, 502)
        await until(pilot, lambda: "✗ 502" in detail_text(pilot))
        assert "✗ 501" in detail_text(pilot)


async def test_next_and_previous(screens: Screens, store: Store) -> None:
    """n goes down the list, p up; masked values are shown for one delivery only."""
    await _webhook(store)
    older, newer = await _emit(store), await _emit(store)
    async with screens() as pilot:
        await show_delivery(pilot, newer)
        await pilot.press("i")
        assert '"token": "hush"' in detail_text(pilot)
        await pilot.press("n")
        await until(pilot, lambda: older in detail_text(pilot))
        assert "hush" not in detail_text(pilot)
        await pilot.press("n")
        await until(pilot, lambda: _said(pilot) == "It is the last one of the list.")
        await pilot.press("p")
        await until(pilot, lambda: newer in detail_text(pilot))
        await pilot.press("p")
        await until(pilot, lambda: _said(pilot) == "It is the first one of the list.")


async def test_its_webhook_is_disabled_and_edited(screens: Screens, store: Store) -> None:
    """x asks as Webhooks does, e opens the same form; one that was deleted is named."""
    webhook = await _webhook(store)
    delivery = await _emit(store)
    async with screens() as pilot:
        await show_delivery(pilot, delivery)
        await pilot.press("e")
        await until(pilot, lambda: isinstance(pilot.app.screen, WebhookDialog))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, DeliveryScreen))
        await press(pilot, "x", "tab", "enter")
        await until(pilot, lambda: "Held: its webhook is disabled. x enables it." in detail_text(pilot))
        assert not (await config.load_webhook(store, webhook)).enabled
        await config.delete_webhook(store, webhook, actor="bob")
        await pilot.press("x")
        await until(pilot, lambda: "was deleted" in _said(pilot))


async def test_evidence_that_is_gone(screens: Screens, store: Store) -> None:
    """What retention has removed is said to be gone; where nothing was answered, nothing is missed."""
    await _webhook(store)
    delivery = await _emit(store)
    await _attempt(store, started_at=1)
    await _attempt(store, started_at=2, outcome=Outcome.TIMEOUT, status_code=None)
    async with screens() as pilot:
        await show_delivery(pilot, delivery)
        gone = "What was answered is kept for 14 days; it is gone."
        assert gone not in detail_text(pilot)
        await pilot.press("left")
        assert gone in detail_text(pilot)


async def test_secrets_of_an_answer_are_dots(screens: Screens, store: Store) -> None:
    """Whatever an older version has stored of a cookie or a token, also while masked values are shown."""
    await config.save_settings(store, GeneralSettings(masked_fields=("ssn",)), actor="ana")
    await _webhook(store)
    delivery = await _emit(store)
    headers = (("Set-Cookie", "hush-1"), ("x-auth-TOKEN", "hush-2"), ("x-plain", "loud"))
    await _attempt(store, response_headers=headers, response_body=b'{"ssn": "hush-3", "ok": true}')
    async with screens() as pilot:
        await show_delivery(pilot, delivery)
        assert "hush" not in detail_text(pilot)
        assert "x-plain  loud" in detail_text(pilot)
        assert '    "ssn": "••••",\n    "ok": true' in detail_text(pilot)
        await pilot.press("i")
        assert "hush-3" in detail_text(pilot)
        assert "hush-1" not in detail_text(pilot)


async def test_the_rest_of_its_session(screens: Screens, store: Store) -> None:
    """The other events in order, with what became of each."""
    await _webhook(store)
    await _webhook(store, "session-succeeded")
    first = await _emit(store)
    await _attempt(store, 503)
    await _emit(store, kind="session-succeeded")
    await queue.emit(store, "onboarding-status", Body(b"{}", "s1", None, None))
    async with screens(100, 40) as pilot:
        await show_delivery(pilot, first)
        session = detail_text(pilot).partition("Session ─")[2]
        title, *events = session.splitlines()[:4]
        assert title.endswith(" 3 events, Tab chooses")
        assert [line[0] for line in events] == ["▌", " ", " "]
        said = [line[10:].split("  dlv_")[0].split("  ") for line in events]
        assert [[part.strip() for part in line if part.strip()] for line in said] == [
            ["Session Failed", "○ pending", "503"],
            ["Session Succeeded", "○ pending"],
            ["Onboarding Status", "– went to nobody"],
        ]


@pytest.mark.parametrize("beside", [False, True])
async def test_another_event_of_its_session_is_opened(screens: Screens, store: Store, beside: bool) -> None:
    """Tab goes there, enter opens the one under the cursor, Esc comes back to it and then goes out, step by step."""
    await _webhook(store)
    first, second, third = await _emit(store), await _emit(store), await _emit(store)
    async with screens(140 if beside else 80) as pilot:
        if beside:
            await press(pilot, "3", "v", "v", "j", "j", "tab", "tab")
            await until(pilot, lambda: second in detail_text(pilot))
        else:
            await show_delivery(pilot, second)
            await press(pilot, "tab")
        before = pilot.app.screen
        assert "3 events, Enter opens" in detail_text(pilot)
        await press(pilot, "j", "j", "enter")
        page = pilot.app.screen
        assert isinstance(page, DeliveryScreen)
        await until(pilot, lambda: page.acted_on)
        assert page.acted_on is not None
        assert page.acted_on.id == third
        await press(pilot, "escape", "k", "enter")
        assert f"webhook-id  {first}" in detail_text(pilot)
        await press(pilot, "escape")
        assert pilot.app.screen is before
        assert isinstance(pilot.app.focused, SessionEvents)
        await press(pilot, "escape")
        assert pilot.app.screen is before
        assert not isinstance(pilot.app.focused, SessionEvents)


@pytest.mark.parametrize("width", [60, 62, 68, 69, 71, 72, 75, 76, 120])
async def test_lines_fit(screens: Screens, store: Store, width: int) -> None:
    """Whatever the width: no line of the tables is wrapped."""
    await _webhook(store)
    delivery = await _emit(store)
    await _attempt(store, 200, outcome=Outcome.ANSWER_NOT_ACCEPTED, token_ms=15_000, connect_ms=15_000,
                   first_byte_ms=15_000, total_ms=299_990)  # fmt: skip
    await _emit(store)
    async with screens(width, 30) as pilot:
        await show_delivery(pilot, delivery)
        text = detail_text(pilot)
        room = pilot.app.screen.query_one(DeliveryDetail).scrollable_content_region.width
        tables = [line for line in text.splitlines() if "unaccepted" in line or "─" in line or " # " in line]
        assert len(tables) >= 6
        assert [line for line in tables if len(line) > room] == []
        assert ("1st byte" in text) == (room >= 66)
