"""The webhooks with their health at a glance."""

from dataclasses import dataclass

from core.models import Outcome, Webhook
from core.store.config.rows import WEBHOOK, webhook_of
from core.store.counts import read_counts
from core.store.database import Database
from core.store.paces import SELECT_PACES, PaceState, pace_of
from core.store.store import Store


@dataclass(frozen=True, slots=True)
class WebhookSummary:
    """A webhook with its health at a glance. `waiting` counts what is pending or being sent, `undelivered` also
    what failed; `held` is what of it is held.
    """

    webhook: Webhook
    last_outcome: Outcome | None
    last_status: int | None
    waiting: int
    undelivered: int
    held: int
    pace: PaceState | None = None


async def list_webhooks(store: Store) -> list[WebhookSummary]:
    """Every webhook in the order of creation, with its last answer and what it has not delivered."""

    def read(database: Database) -> list[WebhookSummary]:
        counts = read_counts(database)
        rows = database.execute(
            f"SELECT seq, last_outcome, last_status, {WEBHOOK} FROM webhooks WHERE deleted_at IS NULL ORDER BY seq"
        ).fetchall()
        paces = {row[0]: pace_of(*row[1:]) for row in database.execute(SELECT_PACES)}
        return [
            WebhookSummary(
                webhook_of(row[3:]),
                Outcome(row[1]) if row[1] else None,
                row[2],
                counts[row[0]].pending + counts[row[0]].sending,
                counts[row[0]].pending + counts[row[0]].sending + counts[row[0]].failed,
                0 if row[6] else counts[row[0]].pending,
                paces.get(row[0]),
            )
            for row in rows
        ]

    return await store.read(read)
