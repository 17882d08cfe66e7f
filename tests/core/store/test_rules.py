"""The rules for deliveries, webhooks and jobs, without a database."""

import pytest

from core.clock import from_ms
from core.models import DeliveryState
from core.store.filter import DeliveryFilter
from core.store.jobs import Job, JobKind, JobState, Progress, can_change, progress
from core.store.queue.rules import (
    RequestedAction,
    Verdict,
    after_interruption,
    after_request,
    failing_percent,
    percent_to_report,
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


@pytest.mark.parametrize(
    ("hours", "failures", "percent"),
    [(0, 20, 0), (60, 19, 0), (60, 20, 50), (119, 1000, 99), (120, 19, 0), (120, 20, 100), (240, 20, 200)],
)
def test_how_long_a_webhook_has_failed(hours: int, failures: int, percent: int) -> None:
    """In percent of five days, and nothing below 20 failures."""
    assert failing_percent(NOW - hours * 3_600_000, failures, NOW) == percent


@pytest.mark.parametrize(
    ("percent", "reported", "now"),
    [(49, 0, None), (50, 0, 50), (69, 50, None), (95, 0, 90), (95, 70, 90), (99, 90, None), (75, 90, None)],
)
def test_a_percentage_is_reported_once(percent: int, reported: int, now: int | None) -> None:
    assert percent_to_report(percent, reported) == now


@pytest.mark.parametrize("state", DeliveryState)
def test_a_resend_job_leaves_the_deliveries_of_deleted_webhooks(state: DeliveryState) -> None:
    assert can_change(JobKind.RESEND, state, webhook_is_deleted=False)
    assert not can_change(JobKind.RESEND, state, webhook_is_deleted=True)


@pytest.mark.parametrize("deleted", [False, True])
def test_a_cancel_job_leaves_what_has_ended(deleted: bool) -> None:
    changed = {
        state for state in DeliveryState if can_change(JobKind.CANCEL, state, webhook_is_deleted=deleted)
    }
    assert changed == {DeliveryState.PENDING, DeliveryState.SENDING, DeliveryState.FAILED}


@pytest.mark.parametrize(
    ("changed", "unchanged", "ended", "expected"),
    [
        (200, 0, False, Progress(300, 5, 1000)),
        (200, 10, False, Progress(300, 15, 1000)),
        (800, 0, True, Progress(900, 100, 1000)),
        (950, 0, True, Progress(1050, 5, 1055)),
        (0, 0, True, Progress(100, 900, 1000)),
    ],
)
def test_the_counts_of_a_job_add_up(changed: int, unchanged: int, ended: bool, expected: Progress) -> None:
    """A job that has changed 100 of 1,000 deliveries and left 5: at its end both are the total."""
    job = Job(
        id="job_1",
        kind=JobKind.RESEND,
        filter=DeliveryFilter(),
        words="",
        state=JobState.RUNNING,
        total=1000,
        done=100,
        skipped=5,
        position=0,
        created_at=from_ms(NOW),
        created_by="ana",
        changed_at=from_ms(NOW),
    )
    assert progress(job, changed, unchanged, ended=ended) == expected
