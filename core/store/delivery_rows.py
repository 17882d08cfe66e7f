"""Deliveries as they are shown: the stored row, and what a pending delivery is waiting for."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from core import schedule
from core.clock import from_ms, now_ms
from core.models import Delivery, DeliveryState, Outcome
from core.store.database import Database
from core.store.ordering import NEVER
from core.store.paces import PaceState, pace_of

_COLUMNS = f"""
SELECT d.seq, d.id, e.id, w.id, e.type, w.url, d.state, w.enabled, e.is_test, d.attempts, d.step,
    coalesce(w.retry_schedule, (SELECT retry_schedule FROM settings), 'standard'),
    d.last_outcome, d.last_status, d.last_reason, d.due_at, d.cancel_reason, e.session, e.external_id,
    d.created_at, d.changed_at, d.last_ms, (SELECT next_try_at FROM token_endpoint), w.rate,
    CASE WHEN d.state = 'pending' AND d.due_at = {NEVER} THEN (
        SELECT head.id FROM deliveries head INDEXED BY deliveries_line
        WHERE head.webhook = d.webhook AND head.ordering_key = d.ordering_key AND head.state IN ('pending', 'sending')
        ORDER BY head.seq LIMIT 1
    ) END,
    p.state, p.since, p.until, p.reason
"""
_JOINED = "JOIN events e ON e.seq = d.event JOIN webhooks w ON w.seq = d.webhook LEFT JOIN paces p ON p.webhook = d.webhook"
_ONE = f"{_COLUMNS} FROM deliveries d {_JOINED} WHERE d.seq = ?"
_MANY = f"{_COLUMNS} FROM deliveries d {_JOINED} WHERE d.seq IN (SELECT value FROM json_each(?))"


@dataclass(frozen=True, slots=True)
class Row:
    """A delivery in a list. `seq` is its row number, which gives its place in the order."""

    seq: int
    delivery: Delivery


def read_delivery(database: Database, seq: int) -> Delivery:
    """Return the delivery with this row number."""
    return _delivery(database.execute(_ONE, (seq,)).fetchone())


def read_rows(database: Database, seqs: Sequence[int]) -> list[Row]:
    """Return the deliveries with these row numbers, in this order. Deliveries that no longer exist are left out."""
    found = {row[0]: row for row in database.execute(_MANY, (json.dumps(list(seqs)),))}
    return [Row(seq, _delivery(found[seq])) for seq in seqs if seq in found]


def _delivery(values: tuple[object, ...]) -> Delivery:
    (_, identity, event, webhook, kind, url, state_text, enabled, is_test, attempts, step, waits, outcome, status,
     reason, due_at, cancel_reason, session, external_id, created_at, changed_at, took, token_wait, rate, head,
     *pace) = values  # fmt: skip
    state = DeliveryState(str(state_text))
    held = state is DeliveryState.PENDING and not enabled
    next_at, waits_for = None, None
    if state is DeliveryState.PENDING:
        next_at, waits_for = _next(held, int(str(due_at)), token_wait, pace_of(*pace), rate)
    return Delivery.model_construct(
        id=identity,
        event_id=event,
        webhook_id=webhook,
        type=kind,
        url=url,
        state=state,
        held=held,
        is_test=bool(is_test),
        attempts=attempts,
        tries=int(str(step)) + (state is DeliveryState.SENDING),
        most_tries=len(schedule.parse(str(waits))) + 1,
        outcome=Outcome(str(outcome)) if outcome else None,
        status_code=status,
        reason=reason,
        took_ms=took,
        next_attempt_at=next_at,
        waits_for=waits_for,
        head_id=head,
        cancel_reason=cancel_reason if state is DeliveryState.CANCELLED else None,
        session=session,
        external_id=external_id,
        created_at=from_ms(int(str(created_at))),
        changed_at=from_ms(int(str(changed_at))),
    )


def _next(
    held: bool, due_at: int, token_wait: object, pace: PaceState | None, rate: object
) -> tuple[datetime | None, str]:
    """Return when a pending delivery is tried next, and what it waits for."""
    now = now_ms()
    if held:
        return None, "enabling"
    if due_at == NEVER:
        return None, "order"
    if pace is not None and due_at <= max(now, pace.until):
        return from_ms(pace.until), "breaker" if pace.is_breaker else "pause"
    if token_wait is not None and due_at <= max(now, int(str(token_wait))):
        return from_ms(int(str(token_wait))), "token"
    if due_at > now:
        return from_ms(due_at), "time"
    return None, "now" if rate is None else "rate"
