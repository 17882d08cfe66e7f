"""Webhooks and the general settings."""

import base64
import os
import sqlite3
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import SecretStr

from core.clock import from_ms, now_ms
from core.ids import new_id
from core.models import (
    AcceptedAnswer,
    ClientAuthentication,
    CustomHeader,
    GeneralSettings,
    Outcome,
    Webhook,
    WebhookOptions,
)
from core.store.errors import NOT_SAVED, Conflict, NotFound
from core.store.keyring import Keyring
from core.store.paces import SELECT_PACES, PaceState, pace_of
from core.store.store import Store

_SETTINGS = (
    "authentication_url",
    "client_id",
    "client_authentication",
    "scopes",
    "accepted_answer",
    "retry_schedule",
    "deadline",
    "body_limit",
    "notice_url",
    "ca_file",
    "client_certificate",
    "keep_delivered",
    "keep_failed",
    "keep_evidence",
    "keep_unwanted",
    "keep_keys",
)
_OPTIONS = tuple(WebhookOptions.model_fields)
_WEBHOOK = (
    "id, type, url, enabled, accepted_answer, retry_schedule, concurrency, deadline, rate,"
    " in_order, status_filter, disabled_reason, failing_since, version, created_at, created_by, updated_at, updated_by"
)


@dataclass(frozen=True, slots=True)
class WebhookSummary:
    """A webhook with its health at a glance. `waiting` counts what is pending or being sent, `undelivered` also
    what failed; `held` is what of it is held.
    """

    webhook: Webhook
    last_outcome: Outcome | None
    last_status: int | None
    waiting: int
    undelivered: int
    held: int
    pace: PaceState | None = None


@dataclass(frozen=True, slots=True)
class Destination:
    """What the dispatcher needs of a webhook."""

    seq: int
    webhook: Webhook
    signing_secret: SecretStr


async def load_settings(store: Store) -> GeneralSettings:
    """The general settings, secrets included."""
    return await store.read(lambda database: _settings(database, store.keyring))


def _settings(database: sqlite3.Connection, keyring: Keyring) -> GeneralSettings:
    row = database.execute(
        f"SELECT {', '.join(_SETTINGS)}, allowed_networks, masked_fields, secret_key, version, updated_at, updated_by"
        " FROM settings"
    ).fetchone()
    if row is None:
        return GeneralSettings()
    values: dict[str, Any] = dict(zip(_SETTINGS, row, strict=False))  # Any: as SQLite gives it
    networks, masked, secret_key, version, updated_at, updated_by = row[len(_SETTINGS) :]
    return GeneralSettings.model_construct(
        **values
        | {
            "client_authentication": ClientAuthentication(values["client_authentication"]),
            "accepted_answer": AcceptedAnswer(values["accepted_answer"]),
            "custom_headers": _headers(database, keyring),
            "allowed_networks": tuple(networks.split()),
            "masked_fields": tuple(masked.splitlines()),
            "secret_key": keyring.decrypt(secret_key, "settings/1/secret_key") if secret_key else None,
            "version": version,
            "updated_at": from_ms(updated_at),
            "updated_by": updated_by,
        }
    )


def _headers(database: sqlite3.Connection, keyring: Keyring) -> tuple[CustomHeader, ...]:
    rows = database.execute("SELECT position, name, value FROM custom_headers ORDER BY position")
    return tuple(
        CustomHeader.model_construct(
            name=name, value=keyring.decrypt(value, f"custom_headers/{position}/value")
        )
        for position, name, value in rows
    )


async def save_settings(store: Store, settings: GeneralSettings, *, actor: str) -> GeneralSettings:
    """Store the settings whole. `settings.version` is the version that was edited. Raises Conflict."""

    def save(database: sqlite3.Connection) -> GeneralSettings:
        now = _settings(database, store.keyring)
        if now.version != settings.version:
            raise Conflict("the settings", now, now.updated_by, now.updated_at)
        secret = settings.secret_key
        values = {name: getattr(settings, name) for name in _SETTINGS} | {
            "id": 1,
            "allowed_networks": " ".join(settings.allowed_networks),
            "masked_fields": "\n".join(settings.masked_fields),
            "secret_key": store.keyring.encrypt(secret, "settings/1/secret_key") if secret else None,
            "version": settings.version + 1,
            "updated_at": now_ms(),
            "updated_by": actor,
        }
        database.execute(
            f"REPLACE INTO settings ({', '.join(values)}) VALUES ({', '.join(':' + name for name in values)})",
            values,
        )
        database.execute("DELETE FROM custom_headers")
        database.executemany(
            "INSERT INTO custom_headers VALUES (?, ?, ?)",
            [
                (position, entry.name, store.keyring.encrypt(entry.value, f"custom_headers/{position}/value"))
                for position, entry in enumerate(settings.custom_headers)
            ],
        )
        return _settings(database, store.keyring)

    return await store.write(save)


def webhook_of(row: tuple[object, ...]) -> Webhook:
    """The webhook of a row of the columns named by `_WEBHOOK`."""
    values: dict[str, Any] = dict(  # Any: as SQLite gives it
        zip(_WEBHOOK.replace(",", "").split(), row, strict=True)
    )
    accepted = values["accepted_answer"]
    return Webhook.model_construct(
        **values
        | {
            "enabled": bool(values["enabled"]),
            "in_order": bool(values["in_order"]),
            "status_filter": tuple((values["status_filter"] or "").splitlines()),
            "accepted_answer": AcceptedAnswer(accepted) if accepted else None,
            "failing_since": from_ms(values["failing_since"]) if values["failing_since"] else None,
            "created_at": from_ms(values["created_at"]),
            "updated_at": from_ms(values["updated_at"]),
        }
    )


async def list_webhooks(store: Store) -> list[WebhookSummary]:
    """Every webhook in the order of creation, with its last answer and what it has not delivered."""

    def read(database: sqlite3.Connection) -> list[WebhookSummary]:
        undelivered: Counter[int] = Counter()
        waiting: Counter[int] = Counter()
        pending: Counter[int] = Counter()
        for webhook, state, number in database.execute(
            "SELECT webhook, state, count(*) FROM deliveries INDEXED BY deliveries_open"
            " WHERE state IN ('pending', 'sending', 'failed') GROUP BY webhook, state"
        ):
            undelivered[webhook] += number
            waiting[webhook] += number if state != "failed" else 0
            pending[webhook] += number if state == "pending" else 0
        rows = database.execute(
            f"SELECT seq, last_outcome, last_status, {_WEBHOOK} FROM webhooks WHERE deleted_at IS NULL ORDER BY seq"
        ).fetchall()
        paces = {row[0]: pace_of(*row[1:]) for row in database.execute(SELECT_PACES)}
        return [
            WebhookSummary(
                webhook_of(row[3:]),
                Outcome(row[1]) if row[1] else None,
                row[2],
                waiting[row[0]],
                undelivered[row[0]],
                0 if row[6] else pending[row[0]],
                paces.get(row[0]),
            )
            for row in rows
        ]

    return await store.read(read)


async def list_destinations(store: Store) -> list[Destination]:
    """What the dispatcher delivers to: the webhooks that are enabled, with their signing secrets."""

    def read(database: sqlite3.Connection) -> list[Destination]:
        rows = database.execute(
            f"SELECT seq, signing_secret, {_WEBHOOK} FROM webhooks WHERE deleted_at IS NULL AND enabled ORDER BY seq"
        ).fetchall()
        return [Destination(row[0], webhook_of(row[2:]), _open_secret(store, row[2], row[1])) for row in rows]

    return await store.read(read)


async def fingerprint(store: Store) -> tuple[object, ...]:
    """Differs whenever settings or webhooks were changed: cheap to look at, with every COMMIT of anybody."""
    return await store.read(
        lambda database: tuple(
            database.execute(
                "SELECT (SELECT version FROM settings), count(*), sum(version) FROM webhooks"
            ).fetchone()
        )
    )


def _open_secret(store: Store, identity: str, ciphertext: bytes) -> SecretStr:
    return store.keyring.decrypt(ciphertext, f"webhooks/{identity}/signing_secret")


def find_webhook(database: sqlite3.Connection, identity: str) -> tuple[int, Webhook]:
    """The row number and the webhook for an ID or its unique tail. Raises NotFound."""
    tail = identity.strip().rpartition("…")[2].rpartition("_")[2]
    rows = (
        database.execute(
            f"SELECT seq, {_WEBHOOK} FROM webhooks WHERE deleted_at IS NULL AND (id = ? OR id LIKE ?) LIMIT 2",
            (identity.strip(), f"%{tail}"),
        ).fetchall()
        if len(tail) >= 4 and tail.isalnum()
        else []
    )
    if len(rows) == 1:
        return rows[0][0], webhook_of(rows[0][1:])
    if rows:
        raise NotFound(f"More than one webhook ends in {tail}. Write more of its ID.")
    raise NotFound(f"There is no webhook {identity.strip()[:60]}. hookkeeper webhooks list shows them all.")


async def load_webhook(store: Store, identity: str) -> Webhook:
    """The webhook with this ID, or with an ID of this tail of at least 4 characters. Raises NotFound."""
    return await store.read(lambda database: find_webhook(database, identity)[1])


def _options(options: WebhookOptions) -> dict[str, object]:
    values = {name: getattr(options, name) for name in _OPTIONS}
    return values | {"status_filter": "\n".join(options.status_filter) or None}


async def add_webhook(store: Store, event_type: str, options: WebhookOptions, *, actor: str) -> Webhook:
    """Generate a webhook with an ID and a signing secret of its own. The type's name was checked before."""
    identity = new_id("wh")
    secret = SecretStr("whsec_" + base64.b64encode(os.urandom(32)).decode())

    def add(database: sqlite3.Connection) -> Webhook:
        now = now_ms()
        values = _options(options) | {
            "id": identity,
            "type": event_type,
            "enabled": 1,
            "signing_secret": store.keyring.encrypt(secret, f"webhooks/{identity}/signing_secret"),
            "version": 1,
            "created_at": now,
            "created_by": actor,
            "updated_at": now,
            "updated_by": actor,
        }
        database.execute(
            f"INSERT INTO webhooks ({', '.join(values)}) VALUES ({', '.join(':' + name for name in values)})",
            values,
        )
        return find_webhook(database, identity)[1]

    return await store.write(add)


async def save_webhook(
    store: Store, identity: str, options: WebhookOptions, *, version: int, actor: str
) -> Webhook:
    """Change a webhook that was read as `version`. Waiting deliveries go where it points from now on.

    Raises Conflict if somebody else saved or deleted it in between, NotFound.
    """
    return await _change(store, identity, _options(options), actor, version)


async def set_enabled(
    store: Store,
    identity: str,
    enabled: bool,
    *,
    actor: str,
    held: Literal["release", "cancel"] = "release",
) -> Webhook:
    """Enable or disable. Enabling releases what was held, or cancels it. Raises NotFound."""

    def first(database: sqlite3.Connection, seq: int) -> None:
        if enabled and held == "cancel":
            cancel_waiting(database, seq, "held_cancelled")

    values: dict[str, object] = {"enabled": int(enabled)}
    if enabled:
        values |= {"disabled_reason": None, "failing_since": None, "failures": 0, "told_percent": 0}
    return await _change(store, identity, values, actor, None, first)


async def _change(
    store: Store,
    identity: str,
    values: dict[str, object],
    actor: str,
    version: int | None,
    first: Callable[[sqlite3.Connection, int], None] | None = None,
) -> Webhook:
    def change(database: sqlite3.Connection) -> Webhook:
        _refuse_deleted(database, identity)
        seq, now = find_webhook(database, identity)
        if version is not None and now.version != version:
            raise Conflict("this webhook", now, now.updated_by, now.updated_at)
        if first is not None:
            first(database, seq)
        assignments = ", ".join(f"{name} = :{name}" for name in values)
        database.execute(
            f"UPDATE webhooks SET {assignments}, version = version + 1, updated_at = :at, updated_by = :by"
            " WHERE seq = :seq",
            {**values, "at": now_ms(), "by": actor, "seq": seq},
        )
        return find_webhook(database, now.id)[1]

    return await store.write(change)


def _refuse_deleted(database: sqlite3.Connection, identity: str, outcome: str = NOT_SAVED) -> None:
    row = database.execute(
        "SELECT id, updated_by, deleted_at FROM webhooks WHERE id = ? AND deleted_at IS NOT NULL", (identity,)
    ).fetchone()
    if row is not None:
        raise Conflict(row[0], None, row[1], from_ms(row[2]), outcome)


async def delete_webhook(store: Store, identity: str, *, actor: str) -> int:
    """Delete a webhook and cancel what waits for it; what is being sent is cancelled once it comes back.

    Returns how many deliveries were cancelled. Raises NotFound, or Conflict if it is deleted already.
    """

    def delete(database: sqlite3.Connection) -> int:
        _refuse_deleted(database, identity, "Nothing is left to delete.")
        seq, _ = find_webhook(database, identity)
        now = now_ms()
        database.execute(
            "UPDATE webhooks SET deleted_at = ?, updated_at = ?, updated_by = ?, version = version + 1 WHERE seq = ?",
            (now, now, actor, seq),
        )
        return cancel_waiting(database, seq, "webhook_deleted")

    return await store.write(delete)


def cancel_waiting(database: sqlite3.Connection, webhook: int, reason: str) -> int:
    """Cancel a webhook's pending deliveries, and those in flight unless they arrive; how many are pending."""
    database.execute(
        "UPDATE deliveries SET wish = 'cancel', cancel_reason = ? WHERE webhook = ? AND state = 'sending'",
        (reason, webhook),
    )
    return database.execute(
        "UPDATE deliveries SET state = 'cancelled', cancel_reason = ?, changed_at = ?"
        " WHERE webhook = ? AND state = 'pending'",
        (reason, now_ms(), webhook),
    ).rowcount


async def signing_secret(store: Store, identity: str) -> SecretStr:
    """The secret that the webhook's requests are signed with, `whsec_` and base64. Raises NotFound."""

    def read(database: sqlite3.Connection) -> SecretStr:
        _, webhook = find_webhook(database, identity)
        (ciphertext,) = database.execute(
            "SELECT signing_secret FROM webhooks WHERE id = ?", (webhook.id,)
        ).fetchone()
        return _open_secret(store, webhook.id, ciphertext)

    return await store.read(read)
