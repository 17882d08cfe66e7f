"""The webhooks with a summary of their health."""

from dataclasses import dataclass

from core.models import Outcome, Webhook
from core.store.config.webhook_rows import WEBHOOK, webhook_of
from core.store.counts import Count, read_counts
from core.store.database import Database
from core.store.paces import SELECT_PACES, PaceState, pace_of
from core.store.store import Store

_WEBHOOKS = f"""
SELECT seq, last_outcome, last_status, {WEBHOOK} FROM webhooks WHERE deleted_at IS NULL ORDER BY seq LIMIT ?
"""
_NOTHING = Count(enabled=False, pending=0, sending=0, tried=0, failed=0)

_Facts = tuple[tuple[object, ...], Count, PaceState | None]
"""The data of a summary: the webhook's row, its counts of open deliveries, and the state of its endpoint."""


@dataclass(frozen=True, slots=True)
class WebhookSummary:
    """A webhook with a summary of its health. `waiting` counts deliveries that are pending or being sent, `undelivered`
    also those that failed, `held` the pending ones of a disabled webhook.
    """

    webhook: Webhook
    last_outcome: Outcome | None
    last_status: int | None
    waiting: int
    undelivered: int
    held: int
    pace: PaceState | None = None


class WebhookReader:
    """Reads the webhooks repeatedly. The summary of an unchanged webhook is the same object as in the previous read, so
    it is cheap to find the changed ones among very many.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[object, tuple[_Facts, WebhookSummary]] = {}

    async def read(self, limit: int | None = None) -> list[WebhookSummary]:
        """Return the webhooks in the order of creation, with their health. `limit` restricts them to the first ones."""
        return await self._store.read(lambda database: self._read(database, limit))

    def _read(self, database: Database, limit: int | None) -> list[WebhookSummary]:
        counts = read_counts(database)
        paces = {row[0]: pace_of(*row[1:]) for row in database.execute(SELECT_PACES)}
        before, self._known = self._known, {}
        for row in database.execute(_WEBHOOKS, (-1 if limit is None else limit,)).fetchall():
            facts = row, counts.get(row[0], _NOTHING), paces.get(row[0])
            known = before.get(row[0])
            self._known[row[0]] = (
                known if known is not None and known[0] == facts else (facts, _summary(*facts))
            )
        return [summary for _, summary in self._known.values()]


async def list_webhooks(store: Store) -> list[WebhookSummary]:
    """Return all webhooks in the order of creation, with their health."""
    return await WebhookReader(store).read()


def _summary(row: tuple[object, ...], count: Count, pace: PaceState | None) -> WebhookSummary:
    _, last_outcome, last_status, *columns = row
    webhook = webhook_of(tuple(columns))
    waiting = count.pending + count.sending
    return WebhookSummary(
        webhook,
        Outcome(str(last_outcome)) if last_outcome else None,
        int(str(last_status)) if last_status is not None else None,
        waiting,
        waiting + count.failed,
        0 if webhook.enabled else count.pending,
        pace,
    )
