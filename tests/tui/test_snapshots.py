"""How every screen looks at 80x24 and 120x40, over the example books."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import time_machine
from pydantic import SecretStr
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.image import SVGImageSnapshotExtension
from textual.pilot import Pilot
from textual.widgets import Static

from core.models import CustomHeader, NoticeKind
from core.store import Store, audit, config, history, jobs, notices, queue
from core.store.database import Database
from core.store.filter import DeliveryFilter
from core.store.jobs import JobKind
from tests.support.books import NOW, START, write_books
from tests.support.settled import already_open, drawn_as, opened, press, settled, text, until
from tests.tui.conftest import show_delivery
from tui.app import HookkeeperApp
from tui.dialogs.quit import quit_dialog

SIZES = ((80, 24), (120, 40))
PICTURES = Path(__file__).parent / "__snapshots__" / "test_snapshots"
Step = str | Callable[[Pilot[None], Store], Awaitable[None]]
"""A key, or what happens beside the keys."""


async def _bob_saves_the_webhook(pilot: Pilot[None], store: Store) -> None:
    (first, *_) = await config.list_webhooks(store)
    theirs = first.webhook.options.model_copy(
        update={"url": "https://hooks.acme.example/v2", "retry_schedule": "incode"}
    )
    await config.save_webhook(store, first.webhook.id, theirs, version=1, actor="bob")
    await store.write(_long_ago)


async def _bob_saves_the_settings(pilot: Pilot[None], store: Store) -> None:
    now = await config.load_settings(store)
    headers = tuple(CustomHeader(name=entry.name, value=SecretStr("bob's")) for entry in now.custom_headers)
    changes = {"secret_key": SecretStr("bob's"), "deadline": 30.0, "custom_headers": headers}
    await config.save_settings(store, now.model_copy(update=changes), actor="bob")
    await store.write(_long_ago)


def _long_ago(database: Database) -> None:
    for table in ("webhooks", "settings"):
        database.execute(f"UPDATE {table} SET updated_at = ?", (START,))


async def _the_dispatcher_is_at_work(pilot: Pilot[None], store: Store) -> None:
    pilot.app.push_screen(quit_dialog(3, 37))


async def _the_terminal_is_too_small(pilot: Pilot[None], store: Store) -> None:
    await pilot.resize_terminal(52, 14)


async def _there_are_notices(pilot: Pilot[None], store: Store) -> None:
    def add(database: Database) -> None:
        for kind, words in (
            (NoticeKind.DISABLED, "wh_…1014 answered 410 Gone and is disabled; its deliveries are held."),
            (NoticeKind.CERTIFICATE, "The certificate of crm.blue.example ends on 3 Dec 2026, 12:00 UTC."),
        ):
            notices.add(database, words, kind, words)
        database.execute("UPDATE notices SET created_at = ?", (START,))

    await store.write(add)


def _shown(state: str, kind: str) -> Step:
    """The page of the newest delivery of this state and type."""

    async def show(pilot: Pilot[None], store: Store) -> None:
        chosen = DeliveryFilter.model_validate({"state": state, "event_type": kind})
        (row,) = await history.list_deliveries(store, chosen, limit=1)
        await show_delivery(pilot, row.delivery.id)

    return show


async def _it_is_cancelled(pilot: Pilot[None], store: Store) -> None:
    (row,) = await history.list_deliveries(store, DeliveryFilter(state="held"), limit=1)
    await queue.cancel(store, row.delivery.id, actor="ana")
    await show_delivery(pilot, row.delivery.id)


async def _it_was_changed(pilot: Pilot[None], store: Store) -> None:
    def note(database: Database) -> None:
        identity = "wh_01jd2h0p5vw361007"
        audit.note(database, "ana", "generated", identity, "Type onboarding-status; URL https://a.example/")
        audit.note(database, "bob", "changed", identity, "URL https://a.example/ → https://b.example/")
        database.execute("UPDATE audit SET at = ?", (START,))

    await store.write(note)


async def _a_job_is_under_way(pilot: Pilot[None], store: Store) -> None:
    job = await jobs.start(store, JobKind.RESEND, DeliveryFilter(state="attention"), actor="ana")
    await jobs.step(store, job.id, 4)
    await until(pilot, lambda: "resending 4 of" in text(pilot))


async def _it_is_paused(pilot: Pilot[None], store: Store) -> None:
    (job,) = await jobs.list_jobs(store)
    await jobs.pause(store, job.id, actor="ana")


async def _the_field_is_changed(pilot: Pilot[None], store: Store) -> None:
    """Typed once the form stands and its first field has the focus."""
    await until(pilot, lambda: pilot.app.focused)
    await press(pilot, "home", "x")
    await until(pilot, lambda: "1 change" in str(pilot.app.screen.query_one("#unsaved", Static).content))


EMPTY = {
    "first-run": (),
    "attention-empty": ("3",),
    "monitor-empty": ("3", "v", "v"),
}
SCREENS: dict[str, tuple[Step, ...]] = {
    **EMPTY,
    "webhooks": ("1", "down"),
    "generate": ("1", "n"),
    "generate-wrong": ("1", "n", "tab", "x", "ctrl+s"),
    "edit": ("1", "e"),
    "edit-conflict": ("1", "e", _bob_saves_the_webhook, "end", "x", "ctrl+s"),
    "discard": ("1", "n", "tab", "h", "escape"),
    "generate-options": ("1", "n", "enter", "down", "enter"),
    "generate-deprecated-types": ("1", "n", "enter", "end", "enter"),
    "generate-deprecated": ("1", "n", "enter", "end", "enter", "down", "enter"),
    "types": ("1", "ctrl+p", *"event types", "enter", *["down"] * 6),
    "types-scrolled": ("1", "ctrl+p", *"event types", "enter", *["down"] * 6, "ctrl+d"),
    "types-to-choose": ("1", "n", "f2", "end"),
    "secret": ("1", "space", "end", "up", "enter"),
    "secret-shown": ("1", "space", "end", "up", "enter", "tab", "enter"),
    "rotate": ("1", "space", "end", "up", "enter", "shift+tab", "enter"),
    "history": (_it_was_changed, "1", "space", "end", "enter"),
    "notices": (_there_are_notices, "exclamation_mark"),
    "delete": ("1", "down", "d"),
    "enable": ("1", "G", "x"),
    "quit": ("1", _the_dispatcher_is_at_work),
    "too-small": ("1", _the_terminal_is_too_small),
    "disable": ("1", "x"),
    "actions": ("1", "space"),
    "test": ("1", "t"),
    "test-samples": ("1", "t", "shift+tab", "enter"),
    "test-sample": ("1", "down", "t", "shift+tab", "enter", "down", "down", "enter", "tab"),
    "settings": ("2",),
    "settings-field": ("2", "enter", "tab"),
    "settings-conflict": ("2", "enter", "tab", "tab", "x", _bob_saves_the_settings, "ctrl+s"),
    "settings-wrong": ("2", "enter", _the_field_is_changed, "ctrl+s"),
    "attention": ("3", *["down"] * 5),
    "following-all": ("3", "v", "v"),
    "view": ("3", "v"),
    "filter": ("3", "slash", *"state:failed co"),
    "filter-completed": ("3", "slash", *"!type:session-f", "tab"),
    "filter-wrong": ("3", "slash", *"code:9", "enter"),
    "filtered": ("3", "slash", *"code:503", "enter", "down"),
    "filtered-empty": ("3", "slash", *"code:404", "enter"),
    "sorted": ("3", "v", "v", "s", "a", "down"),
    "copy": ("3", "down", "y"),
    "resend-all": ("3", "a", "r"),
    "cancel-all": ("3", "a", "c"),
    "job": ("3", _a_job_is_under_way),
    "job-paused": ("3", _a_job_is_under_way, _it_is_paused, "a"),
    "delivery": ("3", "v", "v", "down", "down", "enter"),
    "delivery-waiting": ("3", _shown("pending", "session-succeeded"), "p", "n", "n"),
    "delivery-failed": ("3", _shown("failed", "session-succeeded"), "left", "left"),
    "delivery-delivered": ("3", _shown("delivered", "onboarding-status")),
    "delivery-due": ("3", "g", "enter"),
    "delivery-cancelled": ("3", _it_is_cancelled),
    "delivery-unmasked": ("3", _shown("held", "work-history"), "i"),
    "delivery-session": ("3", _shown("failed", "session-succeeded"), "tab", "j"),
    "delivery-copy": ("3", _shown("delivered", "onboarding-status"), "y"),
    "delivery-write": ("3", _shown("delivered", "onboarding-status"), "w"),
    "delivery-write-wrong": ("3", _shown("delivered", "onboarding-status"), "w", "end", "ctrl+u", "enter"),
    "cancel": ("3", "down", "c"),
    "help": ("question_mark",),
    "palette": ("1", "ctrl+p"),
}


@pytest.mark.parametrize("name", SCREENS)
async def test_looks(
    name: str,
    database: Path,
    store: Store,
    snapshot: SnapshotAssertion,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    """As it was when somebody last looked at it (`pytest --snapshot-update` after looking again), at both sizes.

    The terminal grows while the screen stands: it looks as if it had been opened at that size.
    """
    monkeypatch.setenv("HOME", str(database.parent))
    monkeypatch.setattr("os.urandom", lambda size: bytes(range(size)))  # the session of a sample
    if name not in EMPTY:
        await write_books(database)
    app = HookkeeperApp(already_open(store), starts_dispatcher=False)
    drawn: dict[str, str] = {}
    with time_machine.travel(NOW / 1000, tick=False):
        async with app.run_test(size=SIZES[0]) as pilot:
            await opened(pilot)
            for step in SCREENS[name]:
                await (press(pilot, step) if isinstance(step, str) else step(pilot, store))
                await settled(pilot)
            for width, height in SIZES if name != "too-small" else SIZES[:1]:
                if drawn:
                    await pilot.resize_terminal(width, height)
                    await settled(pilot)
                size = f"{width}x{height}"
                file = PICTURES / f"test_looks[{name}][{size}].svg"
                updates = request.config.option.update_snapshots or not file.exists()
                drawn[size] = await drawn_as(pilot, "" if updates else file.read_text())
    for size, picture in drawn.items():
        assert picture == snapshot(name=size, extension_class=SVGImageSnapshotExtension)
