"""The rules for the state of a delivery, without a database."""

import pytest

from core.models import DeliveryState
from core.store.queue.rules import (
    RequestedAction,
    Verdict,
    after_interruption,
    after_request,
    takes_effect_at_once,
)

NOW = 1_800_000_000_000
WAITING = Verdict(DeliveryState.PENDING, 3, NOW + 300_000)
FAILED = Verdict(DeliveryState.FAILED, 10)
DELIVERED = Verdict(DeliveryState.DELIVERED, 1)
GONE = Verdict(DeliveryState.FAILED, 1, gone=True)


@pytest.mark.parametrize("verdict", [WAITING, FAILED, DELIVERED, GONE])
def test_nothing_was_requested(verdict: Verdict) -> None:
    """The attempt alone decides."""
    assert after_request(verdict, None, NOW) is verdict


@pytest.mark.parametrize("requested", ["resend", "cancel"])
def test_what_has_arrived_is_delivered(requested: RequestedAction) -> None:
    """Whatever was requested while it was being sent."""
    assert after_request(DELIVERED, requested, NOW) is DELIVERED


def test_a_cancelled_delivery_keeps_step_and_due_time() -> None:
    """So that it waits as before when the deletion of its webhook is undone."""
    assert after_request(WAITING, "cancel", NOW) == Verdict(DeliveryState.CANCELLED, 3, NOW + 300_000)
    assert after_request(FAILED, "cancel", NOW) == Verdict(DeliveryState.CANCELLED, 10, 0)


@pytest.mark.parametrize("verdict", [WAITING, FAILED, GONE])
def test_a_resend_begins_the_schedule_anew(verdict: Verdict) -> None:
    """Due now, with the whole schedule before it."""
    assert after_request(verdict, "resend", NOW) == Verdict(DeliveryState.PENDING, 0, NOW)


@pytest.mark.parametrize("interruptions", [1, 2, 3, 4])
def test_an_interruption_takes_no_step(interruptions: int) -> None:
    """Due at once, at the same step, and counted."""
    expected = (Verdict(DeliveryState.PENDING, 2, NOW), interruptions)
    assert after_interruption(2, interruptions, "standard", NOW) == expected


def test_the_fifth_interruption_takes_a_step() -> None:
    """The wait of the schedule, with up to a tenth of jitter, and the count begins anew."""
    (state, step, due_at, gone), interruptions = after_interruption(0, 5, "10s 20s", NOW)
    assert (state, step, gone, interruptions) == (DeliveryState.PENDING, 1, False, 0)
    assert NOW + 10_000 <= due_at <= NOW + 11_000


def test_the_fifth_interruption_of_the_last_attempt_fails() -> None:
    """No wait is left."""
    assert after_interruption(2, 5, "10s 20s", NOW) == (Verdict(DeliveryState.FAILED, 3), 0)


@pytest.mark.parametrize("state", list(DeliveryState))
def test_only_what_is_being_sent_makes_a_request_wait(state: DeliveryState) -> None:
    """It may still arrive."""
    assert takes_effect_at_once(state) is (state != "sending")
