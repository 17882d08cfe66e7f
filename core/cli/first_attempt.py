"""Waits for the first attempt of a delivery and reports how it ended."""

import asyncio
import sys
from typing import TYPE_CHECKING

import typer

from core.cli.database import database_of, in_store
from core.cli.output import print_json, say
from core.clock import clock_time
from core.errors import HookkeeperError
from core.store import nodes

if TYPE_CHECKING:
    from core.models import Delivery
    from core.store import Store

_GLANCE = 0.05
_GRACE = 5.0
"""Seconds to wait beyond the deadline of an attempt, so that it can start and be recorded."""
_WAITS_FOR = {
    "token": "the token endpoint, which gives no token",
    "breaker": "the breaker of its webhook, which is open",
    "pause": "the time that its endpoint asked for",
    "rate": "the rate of its webhook",
    "order": "another one of its session",
    "enabling": "its webhook to be enabled",
}


def waits_by_default(running: bool) -> bool:
    """Whether to wait by default: on a terminal, and wherever a dispatcher runs."""
    return running or sys.stdout.isatty()


def tell_outcome(context: typer.Context, identity: str, *, as_json: bool) -> None:
    """Wait until the first attempt has ended, and report how. Raises HookkeeperError if it was not delivered.

    Waits for the deadline of an attempt plus `_GRACE` at most. Without a dispatcher it does not wait.
    """
    delivery, patience = in_store(context, lambda store: _first_outcome(store, identity))
    if as_json:
        print_json(delivery.model_dump(mode="json"))
    if delivery.state == "delivered":
        took = f" in {delivery.took_ms / 1000:g} s" if delivery.took_ms is not None else ""
        say(f"Delivered{took}: {delivery.reason}.")
        return
    raise HookkeeperError(_why_not(delivery, patience, nodes.standing_at(database_of(context)).running))


async def _first_outcome(store: "Store", identity: str) -> "tuple[Delivery, float]":
    from core.store import config, history

    delivery = await history.load_delivery(store, identity)
    webhook = await config.load_webhook(store, delivery.webhook_id)
    patience = (webhook.deadline or (await config.load_settings(store)).deadline) + _GRACE
    loop = asyncio.get_running_loop()
    until = loop.time() + patience
    while delivery.outcome is None and delivery.state in ("pending", "sending"):
        # Checked before the read, so that the last read sees what the dispatcher recorded before it stopped.
        is_over = loop.time() > until or not nodes.standing(store).running
        delivery = await history.load_delivery(store, identity)
        if is_over:
            break
        await asyncio.sleep(_GLANCE)
    return delivery, patience


def _why_not(delivery: "Delivery", patience: float, is_running: bool) -> str:
    if delivery.outcome is not None:
        then = (
            f"The next attempt is at {clock_time(delivery.next_attempt_at)}."
            if delivery.next_attempt_at is not None and delivery.state == "pending" and not delivery.held
            else f"hookkeeper deliveries show {delivery.id} tells more."
        )
        return f"Not delivered: {(delivery.reason or delivery.outcome).removesuffix('.')}. {then}"
    if delivery.state == "cancelled":
        return f"Not delivered: {delivery.cancel_reason or 'cancelled'}."
    if not is_running:
        return "Not delivered: it is stored, and nobody delivers now. Start hookkeeper serve."
    cause = _WAITS_FOR.get(delivery.waits_for or "", "its turn")
    return f"Not delivered within {patience:g} s: it waits for {cause}. hookkeeper deliveries show {delivery.id} tells more."
