"""The webhooks as the dispatcher needs them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from pydantic import SecretStr

from core.models import Webhook
from core.store.config.secrets import OlderSecret, older_secrets
from core.store.config.webhook_rows import WEBHOOK, webhook_of
from core.store.database import Database
from core.store.keyring import Keyring
from core.store.store import Store


@dataclass(frozen=True, slots=True)
class WebhookWithSecrets:
    """A webhook as the dispatcher needs it. After a rotation the older secrets also sign, each until its end."""

    seq: int
    webhook: Webhook
    signing_secret: SecretStr
    older_secrets: tuple[OlderSecret, ...] = ()


async def list_with_secrets(store: Store) -> list[WebhookWithSecrets]:
    """Return the enabled webhooks, with their signing secrets."""
    return (await changed_webhooks(store, {})).changed


class ChangedWebhooks(NamedTuple):
    """The row numbers of all enabled webhooks, and those webhooks that have changed."""

    current: frozenset[int]
    changed: list[WebhookWithSecrets]


async def changed_webhooks(store: Store, known: Mapping[int, int]) -> ChangedWebhooks:
    """Return the enabled webhooks and which of them have changed. `known` has the known versions by row number.

    Only the secrets of changed webhooks are decrypted.
    """

    def read(database: Database) -> ChangedWebhooks:
        versions = dict(
            database.execute("SELECT seq, version FROM webhooks WHERE deleted_at IS NULL AND enabled")
        )
        wanted = [seq for seq, version in versions.items() if known.get(seq) != version]
        rows = database.execute(
            f"SELECT seq, signing_secret, {WEBHOOK} FROM webhooks"
            " WHERE seq IN (SELECT value FROM json_each(?)) ORDER BY seq",
            (json.dumps(wanted),),
        ).fetchall()
        older = older_secrets(database, store.keyring) if rows else {}
        return ChangedWebhooks(
            frozenset(versions), [_with_secrets(store.keyring, row, older) for row in rows]
        )

    return await store.read(read)


def _with_secrets(
    keyring: Keyring,
    row: tuple[Any, ...],  # Any: SQLite decides the type
    older: Mapping[int, tuple[OlderSecret, ...]],
) -> WebhookWithSecrets:
    seq, secret, *columns = row
    webhook = webhook_of(tuple(columns))
    current = keyring.decrypt(secret, f"webhooks/{webhook.id}/signing_secret")
    return WebhookWithSecrets(seq, webhook, current, older.get(seq, ()))
