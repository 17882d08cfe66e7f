"""The rules for what an attempt does to its delivery and to its webhook: pure functions, without database and clock."""

from typing import Literal, NamedTuple

from core import schedule
from core.models import DeliveryState

INTERRUPTIONS_PER_STEP = 5
"""So many interruptions in a row use up a step of the schedule. This limits a body that crashes the dispatcher."""

RequestedAction = Literal["resend", "cancel"]
"""The action that a person requested while the delivery was being sent."""


class Verdict(NamedTuple):
    """The next state of a delivery after an attempt. `due_at` is ms since 1970, 0 for at once.

    `gone`: the endpoint answered that it no longer exists, so its webhook is disabled.
    """

    state: DeliveryState
    step: int
    due_at: int = 0
    gone: bool = False


def takes_effect_at_once(state: DeliveryState) -> bool:
    """Return whether a requested action changes the delivery now. In flight, the action waits for the outcome."""
    return state is not DeliveryState.SENDING


def after_request(verdict: Verdict, requested: RequestedAction | None, now: int) -> Verdict:
    """Return the verdict on an attempt, given the action that was requested meanwhile. A success stays delivered.

    A resend restarts the schedule at `now` (ms since 1970). A cancelled delivery keeps its step and due time, because
    the deletion of its webhook may be undone.
    """
    if requested is None or verdict.state is DeliveryState.DELIVERED:
        return verdict
    if requested == "cancel":
        return Verdict(DeliveryState.CANCELLED, verdict.step, verdict.due_at)
    return Verdict(DeliveryState.PENDING, 0, now)


def after_interruption(step: int, interruptions: int, retry_schedule: str, now: int) -> tuple[Verdict, int]:
    """Return the verdict on an attempt that a stop of the dispatcher interrupted, and the new number of interruptions.

    `interruptions` is the number in a row, including this one. The delivery is due at once at the same step. Every
    fifth interruption in a row counts as a failed attempt: the delivery moves to the next step of its schedule.
    """
    if interruptions < INTERRUPTIONS_PER_STEP:
        return Verdict(DeliveryState.PENDING, step, now), interruptions
    wait = schedule.wait_after(schedule.parse(retry_schedule), step + 1)
    if wait is None:
        return Verdict(DeliveryState.FAILED, step + 1), 0
    return Verdict(DeliveryState.PENDING, step + 1, now + int(wait * 1000)), 0


LONGEST_FAILING_MS = 5 * 86_400_000
"""A webhook that has failed for so long is disabled."""
LEAST_FAILURES = 20
"""A webhook with fewer failed attempts than this is neither disabled nor reported, however long they take."""
_REPORTED_PERCENT = (50, 70, 90)


def failing_percent(since: int, failures: int, now: int) -> int:
    """Return how much of the longest time a webhook has failed, in percent; at 100 and more it is disabled.

    `since` and `now` are ms since 1970. `failures` is the number of attempts that have failed since then.
    """
    return 0 if failures < LEAST_FAILURES else (now - since) * 100 // LONGEST_FAILING_MS


def percent_to_report(percent: int, reported: int) -> int | None:
    """Return the percentage that a notice reports now: 50, 70 or 90. None if it was reported before, or below 50."""
    reached = max((each for each in _REPORTED_PERCENT if each <= percent), default=0)
    return reached if reached > reported else None
