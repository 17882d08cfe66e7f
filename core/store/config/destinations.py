"""What the dispatcher needs of the webhooks."""

import sqlite3
from dataclasses import dataclass
from typing import Any

from pydantic import SecretStr

from core.clock import now_ms
from core.models import Webhook
from core.store.config.rows import WEBHOOK, webhook_of
from core.store.keyring import Keyring
from core.store.store import Store


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


async def list_destinations(store: Store) -> list[Destination]:
    """What the dispatcher delivers to: the webhooks that are enabled, with their signing secrets."""

    def read(database: sqlite3.Connection) -> list[Destination]:
        rows = database.execute(
            f"SELECT seq, signing_secret, previous_secret, previous_until, {WEBHOOK} FROM webhooks"
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
