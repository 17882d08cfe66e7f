"""The signing secrets of webhooks: reading, showing and rotating them."""

import base64
import os
import sys
from dataclasses import dataclass
from datetime import datetime

from pydantic import SecretStr

from core.clock import clock_and_date, from_ms, now_ms
from core.models import Webhook
from core.store import audit
from core.store.config.webhook_rows import find_existing, find_webhook, update_webhook
from core.store.database import Database
from core.store.errors import NotPossible
from core.store.keyring import Keyring
from core.store.store import Store

OVERLAP_MS = 24 * 3_600_000
"""How long a replaced secret still signs, in addition to the new one."""
MOST_OLDER = 30
"""How many replaced secrets may sign. Each adds a signature of 48 bytes to a header, and subscribers limit its size."""


@dataclass(frozen=True, slots=True)
class OlderSecret:
    """A secret that was replaced. It still signs, in addition to the new one, until `ends_at` (ms since 1970)."""

    secret: SecretStr
    ends_at: int


async def signing_secret(store: Store, identity: str) -> SecretStr:
    """Return the secret that signs the webhook's requests: `whsec_` followed by base64. Raises NotFound.

    For programs, and for the person who has just generated it. Use `reveal_secret` to show it to anybody else.
    """
    return await store.read(
        lambda database: _secret(database, store.keyring, find_webhook(database, identity))
    )


async def reveal_secret(store: Store, identity: str, *, actor: str) -> SecretStr:
    """Return the same for a person who asked to see it, and record that in the audit log. Raises NotFound."""

    def reveal(database: Database) -> SecretStr:
        seq, webhook = find_webhook(database, identity)
        secret = _secret(database, store.keyring, (seq, webhook))
        audit.note(database, actor, "secret shown", webhook.id)
        return secret

    return await store.write(reveal)


async def rotate_secret(store: Store, identity: str, *, actor: str, now: bool = False) -> SecretStr:
    """Give a webhook a new signing secret. Each replaced secret still signs for 24 hours, in addition to the new one.

    `now` ends all replaced secrets at once instead. Raises NotFound, Conflict if the webhook was deleted, or
    NotPossible if there were already 30 rotations within 24 hours.
    """
    new = new_secret()

    def rotate(database: Database) -> SecretStr:
        seq, webhook = find_existing(database, identity)
        before = _secret(database, store.keyring, (seq, webhook))
        _end_older(database, seq, all_of_them=now)
        if not now:
            _keep(database, store.keyring, (seq, webhook), before)
        values = {"signing_secret": store.keyring.encrypt(new, f"webhooks/{webhook.id}/signing_secret")}
        update_webhook(database, seq, values, actor)
        details = "those before ended at once" if now else "the one before signs for 24 hours more"
        audit.note(database, actor, "secret rotated", webhook.id, details)
        return new

    return await store.write(rotate)


async def older_secret_ends(store: Store, identity: str) -> list[datetime]:
    """Return the end of each replaced secret that still signs, the first end first. Raises NotFound."""

    def read(database: Database) -> list[datetime]:
        seq, _ = find_webhook(database, identity)
        rows = database.execute(
            "SELECT ends_at FROM older_secrets WHERE webhook = ? AND ends_at > ? ORDER BY ends_at",
            (seq, now_ms()),
        ).fetchall()
        return [from_ms(ends_at) for (ends_at,) in rows]

    return await store.read(read)


def older_secrets(database: Database, keyring: Keyring) -> dict[int, tuple[OlderSecret, ...]]:
    """Return the replaced secrets that still sign, by the row number of their webhook, the latest first."""
    rows = database.execute(
        "SELECT o.webhook, w.id, o.secret, o.ends_at FROM older_secrets o JOIN webhooks w ON w.seq = o.webhook"
        " WHERE o.ends_at > ? ORDER BY o.seq DESC",
        (now_ms(),),
    ).fetchall()
    found: dict[int, tuple[OlderSecret, ...]] = {}
    for seq, identity, sealed, ends_at in rows:
        older = OlderSecret(keyring.decrypt(sealed, _older_place(identity)), ends_at)
        found[seq] = (*found.get(seq, ()), older)
    return found


def _end_older(database: Database, seq: int, *, all_of_them: bool) -> None:
    until = sys.maxsize if all_of_them else now_ms()
    database.execute("DELETE FROM older_secrets WHERE webhook = ? AND ends_at <= ?", (seq, until))


def _keep(database: Database, keyring: Keyring, found: tuple[int, Webhook], secret: SecretStr) -> None:
    """Keep a replaced secret, so that it signs for 24 more hours. Raises NotPossible if there are too many."""
    seq, webhook = found
    number, first_end = database.execute(
        "SELECT count(*), min(ends_at) FROM older_secrets WHERE webhook = ?", (seq,)
    ).fetchone()
    if number >= MOST_OLDER:
        raise NotPossible(
            f"{number} older secrets of {webhook.id} still sign, and more are not kept. Rotate again after "
            f"{clock_and_date(from_ms(first_end))}, or end them at once (--now)."
        )
    database.execute(
        "INSERT INTO older_secrets (webhook, secret, ends_at) VALUES (?, ?, ?)",
        (seq, keyring.encrypt(secret, _older_place(webhook.id)), now_ms() + OVERLAP_MS),
    )


def _older_place(identity: str) -> str:
    """Return its place for encryption: the column of earlier versions, since a migration cannot re-encrypt."""
    return f"webhooks/{identity}/previous_secret"


def _secret(database: Database, keyring: Keyring, found: tuple[int, Webhook]) -> SecretStr:
    seq, webhook = found
    (sealed,) = database.execute("SELECT signing_secret FROM webhooks WHERE seq = ?", (seq,)).fetchone()
    return keyring.decrypt(sealed, f"webhooks/{webhook.id}/signing_secret")


def new_secret() -> SecretStr:
    return SecretStr("whsec_" + base64.b64encode(os.urandom(32)).decode())
