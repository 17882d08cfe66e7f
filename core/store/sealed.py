"""The columns of the database that hold encrypted values."""

from collections import Counter
from dataclasses import dataclass

from core.store.database import Database
from core.store.keyring import Keyring, key_of
from core.store.store import Store


@dataclass(frozen=True, slots=True)
class _Column:
    """An encrypted column of a table with the primary key `key`.

    `place` is an SQL expression for the place that its ciphertexts are bound to.
    """

    table: str
    key: str
    name: str
    place: str


_SEALED = (
    _Column("settings", "id", "secret_key", "'settings/' || id || '/secret_key'"),
    _Column("custom_headers", "position", "value", "'custom_headers/' || position || '/value'"),
    _Column("webhooks", "seq", "signing_secret", "'webhooks/' || id || '/signing_secret'"),
    # The name of this place dates from when a webhook had only one previous secret.
    _Column(
        "older_secrets",
        "seq",
        "secret",
        "(SELECT 'webhooks/' || id || '/previous_secret' FROM webhooks WHERE seq = webhook)",
    ),
    _Column("requests", "seq", "settings", "'requests/settings'"),
)


def keys_in_use(database: Database) -> Counter[str]:
    """Return the IDs of the keys that this database needs, with the number of secrets that each encrypts."""
    return Counter(
        key_of(ciphertext)
        for column in _SEALED
        for (ciphertext,) in database.execute(
            f"SELECT {column.name} FROM {column.table} WHERE {column.name} IS NOT NULL"
        )
    )


def seal_anew(database: Database, keyring: Keyring) -> int:
    """Encrypt all secrets with the newest key, inside the caller's transaction. Return how many there are."""
    number = 0
    for column in _SEALED:
        rows = database.execute(
            f"SELECT {column.key}, {column.place}, {column.name} FROM {column.table} WHERE {column.name} IS NOT NULL"
        ).fetchall()
        for key, place, ciphertext in rows:
            sealed = keyring.encrypt(keyring.decrypt(ciphertext, place), place)
            database.execute(
                f"UPDATE {column.table} SET {column.name} = ? WHERE {column.key} = ?", (sealed, key)
            )
        number += len(rows)
    return number


async def require_keys(store: Store) -> None:
    """Raise KeyMissing if the key of any secret in the database is missing."""
    for identity in await store.read(keys_in_use):
        store.keyring.require(identity)
