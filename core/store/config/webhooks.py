"""Generating, editing, enabling and disabling webhooks."""

from typing import Literal

from core.catalog import event_type as type_named
from core.catalog.options import check_options
from core.clock import now_ms
from core.ids import new_id
from core.models import Webhook, WebhookOptions
from core.store import audit, differences
from core.store.config.changes import cancel_slice, follow
from core.store.config.deletion import cancel_sending
from core.store.config.secrets import new_secret
from core.store.config.webhook_rows import find_existing, find_webhook, update_webhook
from core.store.database import Database
from core.store.errors import Conflict
from core.store.ordering import mend_lines
from core.store.store import Store

_OPTIONS = tuple(WebhookOptions.model_fields)


async def load_webhook(store: Store, identity: str) -> Webhook:
    """Return the webhook with this ID, or with this tail of an ID of at least 4 characters. Raises NotFound."""
    return await store.read(lambda database: find_webhook(database, identity)[1])


async def add_webhook(store: Store, event_type: str, options: WebhookOptions, *, actor: str) -> Webhook:
    """Generate a webhook with an ID and a signing secret of its own. Raises UnknownType, InvalidSetting."""
    check_options(type_named(event_type), options)
    identity = new_id("wh")
    secret = new_secret()

    def add(database: Database) -> Webhook:
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


def _options(options: WebhookOptions) -> dict[str, object]:
    values = {name: getattr(options, name) for name in _OPTIONS}
    return values | {"status_filter": "\n".join(options.status_filter) or None}


async def save_webhook(
    store: Store, identity: str, options: WebhookOptions, *, version: int, actor: str
) -> Webhook:
    """Change a webhook that was read as `version`. Waiting deliveries go to its new URL.

    Raises Conflict if somebody else saved or deleted it in between, NotFound, InvalidSetting.
    """

    def save(database: Database) -> tuple[int, Webhook]:
        seq, before = find_existing(database, identity)
        if before.version != version:
            raise Conflict("this webhook", before, before.updated_by, before.updated_at)
        check_options(type_named(before.type), options)
        after = update_webhook(database, seq, _options(options), actor)
        if words := differences.of_webhook(before, after):
            audit.note(database, actor, "changed", before.id, words)
        return seq, after

    seq, after = await store.write(save)
    await follow(store, seq)  # if the order was switched off, deliveries leave their lines
    return after


async def set_enabled(
    store: Store,
    identity: str,
    enabled: bool,
    *,
    actor: str,
    held: Literal["release", "cancel"] = "release",
) -> Webhook:
    """Enable or disable a webhook. Raises NotFound, Conflict if it was deleted.

    Enabling releases the held deliveries, which changes only the webhook's row, or cancels them first.
    """
    cancelled = await _cancel_held(store, identity) if enabled and held == "cancel" else 0

    def switch(database: Database) -> Webhook:
        seq, before = find_existing(database, identity)
        values: dict[str, object] = {"enabled": int(enabled)}
        if enabled:
            values |= {"disabled_reason": None, "failing_since": None, "failures": 0, "told_percent": 0}
        if cancelled:
            mend_lines(database, seq)
        after = update_webhook(database, seq, values, actor)
        if cancelled or before.enabled != enabled:
            words = f"{cancelled:,} held deliveries cancelled" if cancelled else ""
            audit.note(database, actor, "enabled" if enabled else "disabled", before.id, words)
        return after

    return await store.write(switch, rings=enabled)


async def _cancel_held(store: Store, identity: str) -> int:
    """Cancel a webhook's pending deliveries slice by slice, and those in flight unless they arrive.

    Returns how many pending ones were cancelled.
    """

    def begin(database: Database) -> tuple[int, int]:
        seq, _ = find_existing(database, identity)
        cancel_sending(database, seq, "held_cancelled")
        (newest,) = database.execute("SELECT coalesce(max(seq), 0) FROM deliveries").fetchone()
        return seq, newest

    seq, newest = await store.write(begin)
    cancelled = 0
    while number := await store.write(
        lambda database: cancel_slice(database, seq, "held_cancelled", up_to=newest)
    ):
        cancelled += number
    return cancelled
