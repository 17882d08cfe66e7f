"""Notices to the operator. Each matter is reported once."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.clock import from_ms, now_ms
from core.ids import new_id
from core.models import Notice, NoticeKind
from core.store.database import Database
from core.store.errors import NotFound
from core.store.store import Store

_NOTICE = (
    "SELECT n.id, n.kind, (SELECT w.id FROM webhooks w WHERE w.seq = n.webhook), n.words, n.created_at,"
    " n.acknowledged_at, n.acknowledged_by, n.tries FROM notices n"
)


@dataclass(frozen=True, slots=True)
class DueNotice:
    """A notice that is due to be sent to the operator's URL, and how often that was tried."""

    notice: Notice
    tries: int


def add(database: Database, about: str, kind: NoticeKind, words: str, *, webhook: int | None = None) -> None:
    """Add a notice inside the caller's transaction, unless there is already one about the same matter.

    `about` identifies the matter, `webhook` is a row number.
    """
    now = now_ms()
    database.execute(
        "INSERT INTO notices (id, about, kind, webhook, words, created_at, send_at)"
        " VALUES (?, ?, ?, ?, ?, ?, (SELECT ? FROM settings WHERE notice_url IS NOT NULL))"
        " ON CONFLICT (about) DO NOTHING",
        (new_id("ntc"), about, kind, webhook, words, now, now),
    )


async def tell(store: Store, about: str, kind: NoticeKind, words: str) -> None:
    """Do the same in a transaction of its own, for a matter that does not concern a webhook."""
    await store.write(lambda database: add(database, about, kind, words))


async def list_notices(store: Store, *, acknowledged: bool = False, limit: int = 100) -> list[Notice]:
    """Return the latest open notices, newest first. `acknowledged` includes those that somebody acknowledged."""
    where = "" if acknowledged else "WHERE n.acknowledged_at IS NULL"
    sql = f"{_NOTICE} {where} ORDER BY n.seq DESC LIMIT ?"
    return await store.read(lambda database: [_notice(row) for row in database.execute(sql, (limit,))])


async def acknowledge(store: Store, ids: Sequence[str] | None, *, actor: str) -> int:
    """Acknowledge these notices, or all for None; return how many were open. On NotFound, none is acknowledged."""

    def mark(database: Database) -> int:
        which = [None] if ids is None else [_find(database, identity) for identity in ids]
        return sum(
            database.execute(
                "UPDATE notices SET acknowledged_at = :now, acknowledged_by = :actor"
                " WHERE acknowledged_at IS NULL AND (:seq IS NULL OR seq = :seq)",
                {"now": now_ms(), "actor": actor, "seq": seq},
            ).rowcount
            for seq in which
        )

    return await store.write(mark)


def _find(database: Database, identity: str) -> int:
    """Return the row number for an ID or its unique tail of at least 4 characters. Raises NotFound."""
    tail = identity.strip().rpartition("…")[2].rpartition("_")[2]
    rows: list[tuple[int]] = []
    if len(tail) >= 4 and tail.isascii() and tail.isalnum():
        rows = database.execute(
            "SELECT seq FROM notices WHERE id = ? OR id LIKE ? LIMIT 2", (identity.strip(), f"%{tail}")
        ).fetchall()
    if len(rows) == 1:
        return rows[0][0]
    if rows:
        raise NotFound(f"More than one notice ends in {tail}. Write more of its ID.")
    raise NotFound(f"There is no notice {identity.strip()[:60]}. hookkeeper notices --all shows them.")


async def due_notices(store: Store, *, limit: int = 20) -> list[DueNotice]:
    """Return the notices that the dispatcher has to send to the operator's URL now, oldest first."""

    def read(database: Database) -> list[DueNotice]:
        rows = database.execute(
            f"{_NOTICE} WHERE n.send_at IS NOT NULL AND n.send_at <= ? ORDER BY n.send_at, n.seq LIMIT ?",
            (now_ms(), limit),
        )
        return [DueNotice(_notice(row), int(str(row[-1]))) for row in rows]

    return await store.read(read)


async def record_sent(store: Store, notice_id: str, next_try_at: int | None) -> None:
    """Record that the dispatcher tried to send a notice.

    `next_try_at` is ms since 1970; None if the notice arrived or was given up.
    """
    await store.write(
        lambda database: (
            database.execute(
                "UPDATE notices SET send_at = ?, tries = tries + 1 WHERE id = ?", (next_try_at, notice_id)
            ).rowcount
        )
    )


def move_clock(database: Database, step: int) -> None:
    """Move the due times by a change of the wall clock, in ms."""
    database.execute("UPDATE notices SET send_at = max(1, send_at + ?) WHERE send_at IS NOT NULL", (step,))


def _notice(row: tuple[object, ...]) -> Notice:
    identity, kind, webhook, words, created_at, acknowledged_at, acknowledged_by, _ = row
    return Notice.model_construct(
        id=identity,
        kind=NoticeKind(str(kind)),
        webhook=webhook,
        message=words,
        at=from_ms(int(str(created_at))),
        acknowledged_at=from_ms(int(str(acknowledged_at))) if acknowledged_at else None,
        acknowledged_by=acknowledged_by,
    )
