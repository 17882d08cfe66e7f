"""A database with something of everything, the same in every run: for snapshots and screenshots."""

import os
import sqlite3
from pathlib import Path

from pydantic import SecretStr

from core.catalog import EVENT_TYPES, Body, accept
from core.models import AttemptResult, CustomHeader, DeliveryState, GeneralSettings, Outcome, WebhookOptions
from core.store import Store, config, open_store, queue

START = 1_795_000_000_000
"""18 Nov 2026, 11:06:40 UTC."""
_WEBHOOKS = (
    ("onboarding-status", "https://hooks.acme.example/incode/onboarding"),
    ("session-failed", "https://crm.blue.example/in/session-failed?tenant=mx"),
    ("session-succeeded", "https://crm.blue.example/in/session-succeeded"),
    ("watchlist-updated", "https://risk.acme.example/watchlist"),
    ("work-history", "https://payroll.example/callbacks/work-history"),
)
_OPTIONS: dict[str, dict[str, object]] = {
    "onboarding-status": {"rate": 5, "status_filter": ("ONBOARDING_FINISHED", "EXPIRED")},
}
_ANSWERS = {
    "onboarding-status": (Outcome.OK, 204, "answered 204 No Content"),
    "session-failed": (Outcome.HTTP_STATUS, 503, "answered 503 Service Unavailable"),
    "session-succeeded": (
        Outcome.ANSWER_NOT_ACCEPTED,
        200,
        "200 but text/plain: this webhook accepts 204, or 200 with application/json",
    ),
    "watchlist-updated": (Outcome.TIMEOUT, None, "no complete answer within 15 s"),
}


async def write_books(path: Path) -> None:
    """Write them into a new database. Its key file is named by HOOKKEEPER_KEY_FILE."""
    assert "HOOKKEEPER_KEY_FILE" in os.environ
    async with open_store(path) as store:
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
        for kind, url in _WEBHOOKS:
            options = WebhookOptions.model_validate({"url": url} | _OPTIONS.get(kind, {}))
            webhook = await config.add_webhook(store, kind, options, actor="ana")
            if kind == "work-history":
                await config.set_enabled(store, webhook.id, False, actor="ana")
        for turn in range(3):
            for kind, _ in _WEBHOOKS:
                await queue.emit(store, kind, accept(kind, EVENT_TYPES[kind].sample))
            await _attempt(store, final=turn == 0)
        hostile = b'{"interviewId":"66e1","note":"\\u001b[2J [/x] \\u202e"}'
        await queue.emit(store, "session-succeeded", Body(hostile, "66e1", None, None))
        await store.write(_freeze)


async def _attempt(store: Store, *, final: bool) -> None:
    epoch = await queue.next_epoch(store)
    slots = [queue.Slots(seq, 1, 10, 10) for seq in range(1, len(_WEBHOOKS))]
    for claim in await queue.claim(store, epoch, slots):
        outcome, status, reason = _ANSWERS[claim.type]
        result = AttemptResult(
            outcome, reason, "https://crm.blue.example/in", START, 184, status, 0, 30, 170,
            (("Content-Type", "text/plain; charset=utf-8"),), b"ok \x1b[2J [/x]",
        )  # fmt: skip
        state = DeliveryState.FAILED if final else DeliveryState.PENDING
        if outcome is Outcome.OK:
            state = DeliveryState.DELIVERED
        step = 10 if state is DeliveryState.FAILED else 2
        verdict = queue.Verdict(state, step, 4_000_000_000_000)
        await queue.record(store, epoch, claim, result, verdict)


def _freeze(database: sqlite3.Connection) -> None:
    """IDs and times that are the same in every run."""
    for table, prefix in (("webhooks", "wh"), ("events", "evt"), ("deliveries", "dlv"), ("attempts", "att")):
        database.execute(
            f"UPDATE {table} SET id = '{prefix}_01jd2h0p5vw36' || printf('%04d', seq * 7 + 1000)"
        )
    database.execute(
        "UPDATE deliveries SET created_at = ?1 + seq * 61000, changed_at = ?1 + seq * 61000", (START,)
    )
    database.execute("UPDATE webhooks SET failing_since = ? WHERE failing_since IS NOT NULL", (START,))
    database.execute("UPDATE attempts SET started_at = ? + seq * 61000", (START,))
    database.execute("UPDATE events SET created_at = ? + seq * 61000", (START,))
