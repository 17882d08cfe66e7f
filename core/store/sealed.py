"""Where the database holds something encrypted."""

import sqlite3
from dataclasses import dataclass

from core.store.keyring import Keyring, key_of


@dataclass(frozen=True, slots=True)
class _Column:
    """`row` is what names a row in the associated data, "" where no row is named."""

    table: str
    row: str
    name: str

    def place(self, row: object) -> str:
        """What a ciphertext of this column is bound to."""
        return f"{self.table}/{row}/{self.name}" if self.row else f"{self.table}/{self.name}"


_SEALED = (
    _Column("settings", "id", "secret_key"),
    _Column("custom_headers", "position", "value"),
    _Column("webhooks", "id", "signing_secret"),
    _Column("webhooks", "id", "previous_secret"),
    _Column("requests", "", "settings"),
)


def keys_in_use(database: sqlite3.Connection) -> set[str]:
    """The ids of the keys without which something could not be read."""
    return {
        key_of(ciphertext)
        for column in _SEALED
        for (ciphertext,) in database.execute(
            f"SELECT {column.name} FROM {column.table} WHERE {column.name} IS NOT NULL"
        )
    }


def seal_anew(database: sqlite3.Connection, keyring: Keyring) -> int:
    """Encrypt everything with the newest key, inside the caller's transaction; how many secrets."""
    number = 0
    for column in _SEALED:
        rows = database.execute(
            f"SELECT rowid, {column.row or 'NULL'}, {column.name} FROM {column.table} WHERE {column.name} IS NOT NULL"
        ).fetchall()
        for rowid, row, ciphertext in rows:
            place = column.place(row)
            sealed = keyring.encrypt(keyring.decrypt(ciphertext, place), place)
            database.execute(f"UPDATE {column.table} SET {column.name} = ? WHERE rowid = ?", (sealed, rowid))
        number += len(rows)
    return number
