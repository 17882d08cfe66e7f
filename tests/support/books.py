"""Example books for snapshots and screenshots: 15 minutes of the demo's traffic, identical in every run."""

import os
import random
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
from itertools import islice
from pathlib import Path

import time_machine
from pydantic import SecretStr

from core import schedule
from core.catalog import EVENT_TYPES, Body, accept
from core.clock import now_ms
from core.models import AttemptResult, CustomHeader, DeliveryState, GeneralSettings, Outcome, WebhookOptions
from core.service.demo.sessions import MadeUpEvent, made_up_events
from core.service.demo.stage import SEED
from core.store import Store, config, open_store, queue
from core.store.database import Database
from core.store.paces import PaceState, PaceWord, set_pace
from core.store.sqlite.lock import DispatcherLock
from core.store.standing import Holder

NOW = 1_795_010_712_000
"""When the books end: 18 Nov 2026, 14:05:12 UTC."""
_EVENTS = 120
_STEP = 7500
START = NOW - _EVENTS * _STEP
_WEBHOOKS = (
    ("onboarding-status", "https://hooks.acme.example/incode/onboarding"),
    ("session-failed", "https://crm.blue.example/in/session-failed?tenant=mx"),
    ("session-succeeded", "https://crm.blue.example/in/session-succeeded"),
    ("watchlist-updated", "https://risk.acme.example/watchlist"),
    ("session-started", "https://hooks.acme.example/incode/sessions"),
    ("session-pending-review", "https://review.acme.example/cases"),
    ("work-history", "https://payroll.example/callbacks/work-history"),
)
_OPTIONS: dict[str, dict[str, object]] = {
    "onboarding-status": {"rate": 5, "status_filter": ("ONBOARDING_FINISHED", "EXPIRED")},
    "session-succeeded": {"retry_schedule": "10s 20s 30s 40s 50s 1m 1m 1m 1m"},
}
_FINE = (Outcome.OK, 204, "answered 204 No Content")
_ANSWERS = {
    "session-failed": (Outcome.HTTP_STATUS, 503, "answered 503 Service Unavailable"),
    "session-succeeded": (
        Outcome.ANSWER_NOT_ACCEPTED,
        200,
        "200 but text/plain: this webhook accepts 204, or 200 with application/json",
    ),
    "watchlist-updated": (Outcome.TIMEOUT, None, "no complete answer within 15 s"),
}
_HEADERS = (("Content-Type", "text/plain; charset=utf-8"),)
_SIGNING_SECRET = SecretStr("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw7S4dKvHcMsA=")
_WORK_HISTORY = EVENT_TYPES["work-history"].samples[0].body("66e1b0c4f2a94d0d1c3a7b58")
_HOSTILE = b'{"interviewId":"66e1","note":"\\u001b[2J [/x] \\u202e"}'


async def write_books(path: Path) -> None:
    """Write the books into a database, which may be open. HOOKKEEPER_KEY_FILE names its key file."""
    assert "HOOKKEEPER_KEY_FILE" in os.environ
    original = await _original()
    async with open_store(path) as store:
        with closing(sqlite3.connect(original)) as source, closing(sqlite3.connect(path)) as target:
            source.backup(target)
        await _write_secrets(store)


async def nothing_is_due(path: Path) -> None:
    """Postpone all pending deliveries, so that a dispatcher leaves the books as they are."""
    async with open_store(path) as store:
        await store.write(
            lambda database: (
                database.execute(
                    "UPDATE deliveries SET due_at = 4000000000000 WHERE state = 'pending'"
                ).rowcount
            )
        )


@contextmanager
def somebody_delivers(path: Path) -> Iterator[None]:
    """Hold the dispatcher's lock, so that the screens show a running dispatcher."""
    with DispatcherLock.of(path) as lock:
        assert lock.take()
        lock.say(Holder(4121, 1, "service", START, "ana"))
        yield


@cache
def _folder() -> "tempfile.TemporaryDirectory[str]":
    return tempfile.TemporaryDirectory(prefix="hookkeeper-books-")


async def _original() -> Path:
    """The database that each test copies. It is written once per process and has no secrets in it."""
    path = Path(_folder().name) / "hookkeeper.db"
    if not path.exists():
        made = path.with_suffix(".new")
        async with open_store(made) as store:
            with time_machine.travel(START / 1000, tick=False) as clock:
                await _write(store, clock)
        made.rename(path)
    return path


async def _write_secrets(store: Store) -> None:
    settings = GeneralSettings(
        authentication_url="https://auth.acme.example/oauth2/token",
        client_id="hookkeeper-prod",
        secret_key=SecretStr("made up"),
        scopes="webhooks.send",
        custom_headers=(
            CustomHeader(name="x-tenant", value=SecretStr("mx-prod")),
            CustomHeader(name="x-incode-secret", value=SecretStr("made up too")),
        ),
    )
    await config.save_settings(store, settings, actor="ana")

    def sign(database: Database) -> None:
        for (identity,) in database.execute("SELECT id FROM webhooks").fetchall():
            secret = store.keyring.encrypt(_SIGNING_SECRET, f"webhooks/{identity}/signing_secret")
            database.execute("UPDATE webhooks SET signing_secret = ? WHERE id = ?", (secret, identity))
        database.execute("UPDATE settings SET updated_at = ?", (START,))
        database.execute("DELETE FROM audit")

    await store.write(sign)


async def _write(store: Store, clock: time_machine.Traveller) -> None:
    chance = random.Random(SEED)
    for kind, url in _WEBHOOKS:
        options = WebhookOptions.model_validate({"url": url} | _OPTIONS.get(kind, {}))
        webhook = await config.add_webhook(store, kind, options, actor="ana")
        if kind == "work-history":
            await config.set_enabled(store, webhook.id, False, actor="ana")
    epoch = await queue.next_epoch(store)
    for number, event in enumerate(islice(made_up_events(SEED), _EVENTS)):
        clock.move_to((START + number * _STEP + chance.randrange(_STEP)) / 1000)
        await _emit(store, event)
        if number % 40 == 39:
            await _emit(store, MadeUpEvent("work-history", _WORK_HISTORY))
        await _attempt(store, epoch, chance)
    clock.move_to(NOW / 1000)
    await queue.emit(store, "session-succeeded", Body(_HOSTILE, "66e1", None, None))
    waits = PaceState(PaceWord.OPEN, NOW - 250_000, NOW + 18_000, "answered 503 Service Unavailable")
    await set_pace(store, 2, waits)
    await store.write(_name)


async def _emit(store: Store, event: MadeUpEvent) -> None:
    await queue.emit(store, event.type, accept(event.type, event.data))


async def _attempt(store: Store, epoch: int, chance: random.Random) -> None:
    """Make one attempt of each delivery that is due."""
    slots = [queue.Slots(seq, 1, 10, 10) for seq in range(1, len(_WEBHOOKS))]
    for claim in await queue.claim(store, epoch, slots):
        outcome, status, reason = _ANSWERS.get(claim.type, _FINE)
        took = 15_000 if outcome is Outcome.TIMEOUT else round(chance.lognormvariate(5.2, 0.5))
        url = dict(_WEBHOOKS)[claim.type]
        result = AttemptResult(
            outcome, reason, url, now_ms() - took, took, status, 0, took // 8, status and took * 9 // 10,
            () if status in (None, 204) else _HEADERS, b"" if status in (None, 204) else b"ok \x1b[2J [/x]",
        )  # fmt: skip
        await queue.record(store, epoch, claim, result, _verdict(claim, outcome))


def _verdict(claim: queue.Claim, outcome: Outcome) -> queue.Verdict:
    if outcome is Outcome.OK:
        return queue.Verdict(DeliveryState.DELIVERED, claim.step)
    waits = schedule.parse(str(_OPTIONS.get(claim.type, {}).get("retry_schedule", "standard")))
    if claim.step == len(waits):
        return queue.Verdict(DeliveryState.FAILED, claim.step + 1)
    return queue.Verdict(DeliveryState.PENDING, claim.step + 1, now_ms() + round(waits[claim.step] * 1000))


def _name(database: Database) -> None:
    """Replace the random IDs by ones that are the same in every run."""
    for table, prefix in (("webhooks", "wh"), ("events", "evt"), ("deliveries", "dlv"), ("attempts", "att")):
        database.execute(
            f"UPDATE {table} SET id = '{prefix}_01jd2h0p5vw36' || printf('%04d', seq * 7 + 1000)"
        )
