"""Signing secrets: what a webhook's requests are signed with, shown and rotated."""

import base64
import os
import sqlite3

from pydantic import SecretStr

from core.clock import now_ms
from core.models import Webhook
from core.store import audit
from core.store.config.rows import find_existing, find_webhook, update_webhook
from core.store.keyring import Keyring
from core.store.store import Store

OVERLAP_MS = 24 * 3_600_000
"""How long requests are signed with the previous secret, too, after a rotation."""


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
    new = new_secret()

    def rotate(database: sqlite3.Connection) -> SecretStr:
        seq, webhook = find_existing(database, identity)
        before = _secret(database, store.keyring, (seq, webhook))
        values = {
            "signing_secret": store.keyring.encrypt(new, f"webhooks/{webhook.id}/signing_secret"),
            "previous_secret": store.keyring.encrypt(before, f"webhooks/{webhook.id}/previous_secret"),
            "previous_until": now_ms() + OVERLAP_MS,
        }
        update_webhook(database, seq, values, actor)
        audit.note(database, actor, "secret rotated", webhook.id, "the one before signs for 24 hours more")
        return new

    return await store.write(rotate)


def _secret(database: sqlite3.Connection, keyring: Keyring, found: tuple[int, Webhook]) -> SecretStr:
    seq, webhook = found
    (sealed,) = database.execute("SELECT signing_secret FROM webhooks WHERE seq = ?", (seq,)).fetchone()
    return keyring.decrypt(sealed, f"webhooks/{webhook.id}/signing_secret")


def new_secret() -> SecretStr:
    return SecretStr("whsec_" + base64.b64encode(os.urandom(32)).decode())
