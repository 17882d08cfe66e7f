"""What the dispatcher needs of the webhooks."""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import SecretStr

from core.models import Webhook
from core.store.config.rows import WEBHOOK, webhook_of
from core.store.config.secrets import OlderSecret, older_secrets
from core.store.keyring import Keyring
from core.store.store import Store


@dataclass(frozen=True, slots=True)
class Destination:
    """What the dispatcher needs of a webhook. After a rotation older secrets sign, too, each until its end."""

    seq: int
    webhook: Webhook
    signing_secret: SecretStr
    older_secrets: tuple[OlderSecret, ...] = ()


async def list_destinations(store: Store) -> list[Destination]:
    """What the dispatcher delivers to: the webhooks that are enabled, with their signing secrets."""

    def read(database: sqlite3.Connection) -> list[Destination]:
        rows = database.execute(
            f"SELECT seq, signing_secret, {WEBHOOK} FROM webhooks WHERE deleted_at IS NULL AND enabled ORDER BY seq"
        ).fetchall()
        older = older_secrets(database, store.keyring)
        return [_destination(store.keyring, row, older) for row in rows]

    return await store.read(read)


def _destination(
    keyring: Keyring,
    row: tuple[Any, ...],  # Any: as SQLite gives it
    older: Mapping[int, tuple[OlderSecret, ...]],
) -> Destination:
    seq, secret, *columns = row
    webhook = webhook_of(tuple(columns))
    current = keyring.decrypt(secret, f"webhooks/{webhook.id}/signing_secret")
    return Destination(seq, webhook, current, older.get(seq, ()))
