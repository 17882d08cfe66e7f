"""What becomes of a delivery, as rules over values: nothing here knows a database or what time it is."""

from typing import Literal, NamedTuple

from core import schedule
from core.models import DeliveryState

INTERRUPTIONS_PER_STEP = 5
"""Interruptions in a row that take a step of the schedule: a body that kills the dispatcher must not do so for ever."""

RequestedAction = Literal["resend", "cancel"]
"""What a person asked for while the delivery was being sent."""


class Verdict(NamedTuple):
    """What becomes of a delivery after an attempt. `due_at` is ms since 1970, 0 for at once.

    `gone`: the endpoint says for good that it is no more; its webhook is disabled.
    """

    state: DeliveryState
    step: int
    due_at: int = 0
    gone: bool = False


def takes_effect_at_once(state: DeliveryState) -> bool:
    """Whether a requested action changes the delivery now. One that is being sent may still arrive: it waits for that."""
    return state is not DeliveryState.SENDING


def after_request(verdict: Verdict, requested: RequestedAction | None, now: int) -> Verdict:
    """What an attempt leads to if an action was requested meanwhile. What has arrived is delivered, whatever was asked.

    A resend begins the schedule anew at `now`, ms since 1970. A cancelled delivery keeps step and due time: the
    deletion of its webhook may be undone.
    """
    if requested is None or verdict.state is DeliveryState.DELIVERED:
        return verdict
    if requested == "cancel":
        return Verdict(DeliveryState.CANCELLED, verdict.step, verdict.due_at)
    return Verdict(DeliveryState.PENDING, 0, now)


def after_interruption(step: int, interruptions: int, retry_schedule: str, now: int) -> tuple[Verdict, int]:
    """What becomes of a delivery whose attempt a stop of the dispatcher cut short, and its interruptions in a row.

    `interruptions` counts this one. It is due at once and takes no step of the schedule, but each fifth one does.
    """
    if interruptions < INTERRUPTIONS_PER_STEP:
        return Verdict(DeliveryState.PENDING, step, now), interruptions
    wait = schedule.wait_after(schedule.parse(retry_schedule), step + 1)
    if wait is None:
        return Verdict(DeliveryState.FAILED, step + 1), 0
    return Verdict(DeliveryState.PENDING, step + 1, now + int(wait * 1000)), 0
