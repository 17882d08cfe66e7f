"""Finds, reads and writes rows of the webhooks table."""

from collections.abc import Mapping
from typing import Any

from core.clock import from_ms, now_ms
from core.models import AcceptedAnswer, Webhook
from core.store.database import Database
from core.store.errors import NOT_SAVED, Conflict, NotFound

WEBHOOK = (
    "id, type, url, enabled, accepted_answer, retry_schedule, concurrency, deadline, rate,"
    " in_order, status_filter, disabled_reason, failing_since, version, created_at, created_by, updated_at, updated_by"
)
_NAMES = WEBHOOK.replace(",", "").split()


def webhook_of(row: tuple[object, ...]) -> Webhook:
    """Return the webhook of a row that has the columns named in `WEBHOOK`."""
    values: dict[str, Any] = dict(  # Any: SQLite decides the type
        zip(_NAMES, row, strict=True)
    )
    accepted = values["accepted_answer"]
    return Webhook.model_construct(
        **values
        | {
            "enabled": bool(values["enabled"]),
            "in_order": bool(values["in_order"]),
            "status_filter": tuple((values["status_filter"] or "").splitlines()),
            "accepted_answer": AcceptedAnswer(accepted) if accepted else None,
            "failing_since": from_ms(values["failing_since"]) if values["failing_since"] else None,
            "created_at": from_ms(values["created_at"]),
            "updated_at": from_ms(values["updated_at"]),
        }
    )


def find_webhook(database: Database, identity: str, *, deleted: bool = False) -> tuple[int, Webhook]:
    """Return the row number and the webhook for an ID or its unique tail. Raises NotFound."""
    select = f"SELECT seq, {WEBHOOK} FROM webhooks WHERE (deleted_at IS NOT NULL) = ? AND id"
    rows = database.execute(f"{select} = ?", (deleted, identity.strip())).fetchall()
    tail = identity.strip().rpartition("…")[2].rpartition("_")[2]
    if not rows and len(tail) >= 4 and tail.isalnum():
        rows = database.execute(f"{select} LIKE ? LIMIT 2", (deleted, f"%{tail}")).fetchall()
    if len(rows) == 1:
        return rows[0][0], webhook_of(rows[0][1:])
    if rows:
        raise NotFound(f"More than one webhook ends in {tail}. Write more of its ID.")
    kind, option = ("deleted webhook", " --deleted") if deleted else ("webhook", "")
    raise NotFound(
        f"There is no {kind} {identity.strip()[:60]}. hookkeeper webhooks list{option} shows them all."
    )


def find_existing(database: Database, identity: str, outcome: str = NOT_SAVED) -> tuple[int, Webhook]:
    """Return the same as `find_webhook`. Raises NotFound, or Conflict with the name of who deleted the webhook."""
    row = database.execute(
        "SELECT id, updated_by, deleted_at FROM webhooks WHERE id = ? AND deleted_at IS NOT NULL", (identity,)
    ).fetchone()
    if row is not None:
        raise Conflict(row[0], None, row[1], from_ms(row[2]), outcome)
    return find_webhook(database, identity)


def update_webhook(database: Database, seq: int, values: Mapping[str, object], actor: str) -> Webhook:
    """Write columns of a webhook, increase its version, and return the new webhook."""
    values = {**values, "updated_at": now_ms(), "updated_by": actor}
    assignments = ", ".join(f"{name} = :{name}" for name in values)
    row = database.execute(
        f"UPDATE webhooks SET {assignments}, version = version + 1 WHERE seq = :seq RETURNING {WEBHOOK}",
        {**values, "seq": seq},
    ).fetchone()
    return webhook_of(row)
