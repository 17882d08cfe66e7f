"""Lists the keys and rotates them. After each step of a rotation, the key file has the key for every ciphertext."""

import asyncio
from dataclasses import dataclass

from core.store import audit, key_file
from core.store.database import Database
from core.store.sealed import keys_in_use, seal_anew
from core.store.store import Store


@dataclass(frozen=True, slots=True)
class Key:
    """Describes a key of the key file, without the key itself. The `newest` one encrypts what is stored from now on.

    `secrets` is the number of secrets in this database that are encrypted with it.
    """

    id: str
    newest: bool
    secrets: int


async def list_keys(store: Store) -> list[Key]:
    """Return the keys in the order of the key file. Raises StoreError."""
    keys, _ = await asyncio.to_thread(key_file.read, store.keyring.path)
    newest = next(reversed(keys), "")
    numbers = await store.read(keys_in_use)
    return [Key(identity, identity == newest, numbers[identity]) for identity in keys]


@dataclass(frozen=True, slots=True)
class Rotation:
    """The result of a rotation: the new key's ID, how many secrets it encrypts, how many older keys were removed."""

    key: str
    secrets: int
    removed: int


async def rotate_keys(store: Store, *, actor: str, remove_old: bool = False) -> Rotation:
    """Add a key to the key file and encrypt everything in this database with it.

    `remove_old` then removes the older keys from the file. Do not use it if another database, or a copy of this one,
    still needs them. Processes that have the database open pick up the new key by themselves. Raises StoreError.
    """
    path = store.keyring.path
    key_file.require_ours(path)
    key = await asyncio.to_thread(key_file.append, path)

    def seal(database: Database) -> int:
        secrets = seal_anew(database, store.keyring)
        audit.note(database, actor, "keys rotated", "keys", f"{secrets:,} secrets encrypted with {key}")
        return secrets

    secrets = await store.write(seal)
    removed = await asyncio.to_thread(key_file.remove_before, path, key) if remove_old else 0
    return Rotation(key, secrets, removed)
