"""The audit log: who changed what. Each entry is written in the same transaction as the change."""

from dataclasses import dataclass
from datetime import datetime

from core.clock import from_ms, now_ms
from core.store.database import Database
from core.store.store import Store


@dataclass(frozen=True, slots=True)
class Change:
    """One entry. `subject` is the ID of a webhook, delivery or job, `settings` or `keys`; `details` has no secrets."""

    at: datetime
    actor: str
    action: str
    subject: str
    details: str


def note(database: Database, actor: str, action: str, subject: str, details: str = "") -> None:
    """Write an entry inside the caller's transaction. `details` must not contain secrets."""
    database.execute(
        "INSERT INTO audit (at, actor, action, subject, details) VALUES (?, ?, ?, ?, ?)",
        (now_ms(), actor, action, subject, details),
    )


async def list_changes(store: Store, *, subject: str | None = None, limit: int = 100) -> list[Change]:
    """Return the latest entries, newest first. `subject` is a whole one, or the last 4 or more characters of it."""
    where = (
        ""
        if subject is None
        else "WHERE subject = :subject OR length(:tail) >= 4 AND subject LIKE '%' || :tail"
    )
    sql = f"SELECT at, actor, action, subject, details FROM audit {where} ORDER BY seq DESC LIMIT :limit"
    tail = "" if subject is None else subject.strip().rpartition("…")[2]

    def read(database: Database) -> list[Change]:
        rows = database.execute(
            sql, {"subject": subject, "tail": tail if tail.isalnum() else "", "limit": limit}
        )
        return [Change(from_ms(at), *rest) for at, *rest in rows]

    return await store.read(read)
