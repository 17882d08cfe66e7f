"""Webhooks and the general settings."""

import base64
import os
import sqlite3
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from pydantic import SecretStr

from core.catalog import event_type as type_named
from core.catalog.options import check_options
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
from core.store import audit, differences
from core.store.errors import NOT_SAVED, Conflict, NotFound, NotPossible
from core.store.keyring import Keyring
from core.store.line import end_lines, mend_lines
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

_CANCELLED_BY_DELETION = "state = 'cancelled' AND cancel_reason = 'webhook_deleted'"
OVERLAP_MS = 24 * 3_600_000
"""How long requests are signed with the previous secret, too, after a rotation."""
UNDO_MS = 24 * 3_600_000
"""How long a deleted webhook can be brought back."""


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
class DeletedWebhook:
    """A webhook that can be brought back, with what its deletion cancelled."""

    webhook: Webhook
    deleted_at: datetime
    deleted_by: str
    cancelled: int


@dataclass(frozen=True, slots=True)
class Destination:
    """What the dispatcher needs of a webhook. After a rotation the previous secret signs, too, until its end.

    `previous_until` is ms since 1970.
    """

    seq: int
    webhook: Webhook
    signing_secret: SecretStr
    previous_secret: SecretStr | None = None
    previous_until: int = 0


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
        saved = _settings(database, store.keyring)
        if words := differences.of_settings(now, saved):
            audit.note(database, actor, "changed", "settings", words)
        return saved

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
            f"SELECT seq, signing_secret, previous_secret, previous_until, {_WEBHOOK} FROM webhooks"
            " WHERE deleted_at IS NULL AND enabled ORDER BY seq"
        ).fetchall()
        return [_destination(store.keyring, row) for row in rows]

    return await store.read(read)


def _destination(keyring: Keyring, row: tuple[Any, ...]) -> Destination:  # Any: as SQLite gives it
    seq, secret, previous, until, *columns = row
    webhook = webhook_of(tuple(columns))
    current = keyring.decrypt(secret, f"webhooks/{webhook.id}/signing_secret")
    if previous is None or until <= now_ms():
        return Destination(seq, webhook, current)
    sealed_for = f"webhooks/{webhook.id}/previous_secret"
    return Destination(seq, webhook, current, keyring.decrypt(previous, sealed_for), until)


async def fingerprint(store: Store) -> tuple[object, ...]:
    """Differs whenever settings or webhooks were changed: cheap to look at, with every COMMIT of anybody."""
    return await store.read(
        lambda database: tuple(
            database.execute(
                "SELECT (SELECT version FROM settings), count(*), sum(version) FROM webhooks"
            ).fetchone()
        )
    )


def find_webhook(
    database: sqlite3.Connection, identity: str, *, deleted: bool = False
) -> tuple[int, Webhook]:
    """The row number and the webhook for an ID or its unique tail. Raises NotFound."""
    tail = identity.strip().rpartition("…")[2].rpartition("_")[2]
    rows = (
        database.execute(
            f"SELECT seq, {_WEBHOOK} FROM webhooks WHERE (deleted_at IS NOT NULL) = ? AND (id = ? OR id LIKE ?)"
            " LIMIT 2",
            (deleted, identity.strip(), f"%{tail}"),
        ).fetchall()
        if len(tail) >= 4 and tail.isalnum()
        else []
    )
    if len(rows) == 1:
        return rows[0][0], webhook_of(rows[0][1:])
    if rows:
        raise NotFound(f"More than one webhook ends in {tail}. Write more of its ID.")
    kind, option = ("deleted webhook", " --deleted") if deleted else ("webhook", "")
    raise NotFound(
        f"There is no {kind} {identity.strip()[:60]}. hookkeeper webhooks list{option} shows them all."
    )


async def load_webhook(store: Store, identity: str) -> Webhook:
    """The webhook with this ID, or with an ID of this tail of at least 4 characters. Raises NotFound."""
    return await store.read(lambda database: find_webhook(database, identity)[1])


def _options(options: WebhookOptions) -> dict[str, object]:
    values = {name: getattr(options, name) for name in _OPTIONS}
    return values | {"status_filter": "\n".join(options.status_filter) or None}


async def add_webhook(store: Store, event_type: str, options: WebhookOptions, *, actor: str) -> Webhook:
    """Generate a webhook with an ID and a signing secret of its own. Raises UnknownType, InvalidSetting."""
    check_options(type_named(event_type), options)
    identity = new_id("wh")
    secret = _new_secret()

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
        audit.note(database, actor, "generated", identity, differences.of_new(event_type, options))
        return find_webhook(database, identity)[1]

    return await store.write(add)


async def save_webhook(
    store: Store, identity: str, options: WebhookOptions, *, version: int, actor: str
) -> Webhook:
    """Change a webhook that was read as `version`. Waiting deliveries go where it points from now on.

    Raises Conflict if somebody else saved or deleted it in between, NotFound, InvalidSetting.
    """

    def save(database: sqlite3.Connection) -> Webhook:
        seq, before = _find_existing(database, identity)
        if before.version != version:
            raise Conflict("this webhook", before, before.updated_by, before.updated_at)
        check_options(type_named(before.type), options)
        if not options.in_order:
            end_lines(database, seq)
        after = _update(database, seq, _options(options), actor)
        if words := differences.of_webhook(before, after):
            audit.note(database, actor, "changed", before.id, words)
        return after

    return await store.write(save)


async def set_enabled(
    store: Store,
    identity: str,
    enabled: bool,
    *,
    actor: str,
    held: Literal["release", "cancel"] = "release",
) -> Webhook:
    """Enable or disable. Enabling releases what was held, which is one row, or cancels it. Raises NotFound."""

    def switch(database: sqlite3.Connection) -> Webhook:
        seq, before = _find_existing(database, identity)
        cancels = enabled and held == "cancel"
        cancelled = cancel_waiting(database, seq, "held_cancelled") if cancels else 0
        values: dict[str, object] = {"enabled": int(enabled)}
        if enabled:
            values |= {"disabled_reason": None, "failing_since": None, "failures": 0, "told_percent": 0}
        after = _update(database, seq, values, actor)
        if cancelled or before.enabled != enabled:
            words = f"{cancelled:,} held deliveries cancelled" if cancelled else ""
            audit.note(database, actor, "enabled" if enabled else "disabled", before.id, words)
        return after

    return await store.write(switch)


def _find_existing(
    database: sqlite3.Connection, identity: str, outcome: str = NOT_SAVED
) -> tuple[int, Webhook]:
    """The same as `find_webhook`, but for one that was deleted raises Conflict, which says by whom."""
    row = database.execute(
        "SELECT id, updated_by, deleted_at FROM webhooks WHERE id = ? AND deleted_at IS NOT NULL", (identity,)
    ).fetchone()
    if row is not None:
        raise Conflict(row[0], None, row[1], from_ms(row[2]), outcome)
    return find_webhook(database, identity)


def _update(database: sqlite3.Connection, seq: int, values: Mapping[str, object], actor: str) -> Webhook:
    """Write columns of a webhook as its next version."""
    values = {**values, "updated_at": now_ms(), "updated_by": actor}
    assignments = ", ".join(f"{name} = :{name}" for name in values)
    row = database.execute(
        f"UPDATE webhooks SET {assignments}, version = version + 1 WHERE seq = :seq RETURNING {_WEBHOOK}",
        {**values, "seq": seq},
    ).fetchone()
    return webhook_of(row)


async def delete_webhook(store: Store, identity: str, *, actor: str) -> int:
    """Delete a webhook and cancel what waits for it; what is being sent is cancelled once it comes back.

    Returns how many deliveries were cancelled. Raises NotFound, or Conflict if it is deleted already.
    """

    def delete(database: sqlite3.Connection) -> int:
        seq, webhook = _find_existing(database, identity, "Nothing is left to delete.")
        _update(database, seq, {"deleted_at": now_ms()}, actor)
        cancelled = cancel_waiting(database, seq, "webhook_deleted")
        audit.note(database, actor, "deleted", webhook.id, f"{cancelled:,} deliveries cancelled")
        return cancelled

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


async def list_deleted(store: Store) -> list[DeletedWebhook]:
    """The webhooks that can still be brought back, the last one deleted first."""

    def read(database: sqlite3.Connection) -> list[DeletedWebhook]:
        rows = database.execute(
            "SELECT deleted_at, (SELECT count(*) FROM deliveries INDEXED BY deliveries_of_deleted"
            f" WHERE webhook = w.seq AND {_CANCELLED_BY_DELETION}), {_WEBHOOK}"
            " FROM webhooks w WHERE deleted_at > ? ORDER BY deleted_at DESC, seq DESC",
            (now_ms() - UNDO_MS,),
        ).fetchall()
        return [
            DeletedWebhook(webhook := webhook_of(columns), from_ms(at), webhook.updated_by, cancelled)
            for at, cancelled, *columns in rows
        ]

    return await store.read(read)


async def undo_delete(store: Store, identity: str, *, actor: str) -> Webhook:
    """Bring a webhook back, disabled, with those deliveries held that its deletion cancelled, due when they were.

    Raises NotFound, or NotPossible once it was deleted for more than 24 hours.
    """

    def undo(database: sqlite3.Connection) -> Webhook:
        seq, webhook = find_webhook(database, identity, deleted=True)
        (at,) = database.execute("SELECT deleted_at FROM webhooks WHERE seq = ?", (seq,)).fetchone()
        if at <= now_ms() - UNDO_MS:
            raise NotPossible(
                f"{webhook.id} was deleted more than 24 hours ago and cannot be brought back. Generate a new one."
            )
        restored = _update(database, seq, {"deleted_at": None, "enabled": 0}, actor)
        held = hold_again(database, seq)
        audit.note(database, actor, "undeleted", webhook.id, f"{held:,} deliveries held")
        return restored

    return await store.write(undo)


def hold_again(database: sqlite3.Connection, webhook: int) -> int:
    """Take back what `cancel_waiting` did for a deletion; how many deliveries wait again."""
    database.execute(
        "UPDATE deliveries SET wish = NULL, cancel_reason = NULL WHERE webhook = ? AND state = 'sending'"
        " AND wish = 'cancel' AND cancel_reason = 'webhook_deleted'",
        (webhook,),
    )
    held = database.execute(
        "UPDATE deliveries INDEXED BY deliveries_of_deleted SET state = 'pending', cancel_reason = NULL,"
        f" changed_at = ? WHERE webhook = ? AND {_CANCELLED_BY_DELETION}",
        (now_ms(), webhook),
    ).rowcount
    mend_lines(database, webhook)  # what stood at the head may have arrived since
    return held


async def signing_secret(store: Store, identity: str) -> SecretStr:
    """The secret that the webhook's requests are signed with, `whsec_` and base64. Raises NotFound.

    For programs, and for who has just generated it; people are shown it by `reveal_secret`.
    """
    return await store.read(
        lambda database: _secret(database, store.keyring, find_webhook(database, identity))
    )


async def reveal_secret(store: Store, identity: str, *, actor: str) -> SecretStr:
    """The same for somebody who asked to see it: the audit says who. Raises NotFound."""

    def reveal(database: sqlite3.Connection) -> SecretStr:
        seq, webhook = find_webhook(database, identity)
        secret = _secret(database, store.keyring, (seq, webhook))
        audit.note(database, actor, "secret shown", webhook.id)
        return secret

    return await store.write(reveal)


async def rotate_secret(store: Store, identity: str, *, actor: str) -> SecretStr:
    """Give a webhook a new signing secret. Requests are signed with the one before, too, for 24 hours.

    Of more than two secrets the oldest end at once. Raises NotFound, or Conflict if the webhook was deleted.
    """
    new = _new_secret()

    def rotate(database: sqlite3.Connection) -> SecretStr:
        seq, webhook = _find_existing(database, identity)
        before = _secret(database, store.keyring, (seq, webhook))
        values = {
            "signing_secret": store.keyring.encrypt(new, f"webhooks/{webhook.id}/signing_secret"),
            "previous_secret": store.keyring.encrypt(before, f"webhooks/{webhook.id}/previous_secret"),
            "previous_until": now_ms() + OVERLAP_MS,
        }
        _update(database, seq, values, actor)
        audit.note(database, actor, "secret rotated", webhook.id, "the one before signs for 24 hours more")
        return new

    return await store.write(rotate)


def _new_secret() -> SecretStr:
    return SecretStr("whsec_" + base64.b64encode(os.urandom(32)).decode())


def _secret(database: sqlite3.Connection, keyring: Keyring, found: tuple[int, Webhook]) -> SecretStr:
    seq, webhook = found
    (sealed,) = database.execute("SELECT signing_secret FROM webhooks WHERE seq = ?", (seq,)).fetchone()
    return keyring.decrypt(sealed, f"webhooks/{webhook.id}/signing_secret")
