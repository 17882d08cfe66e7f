"""The slow-down of all webhooks after a limit of this machine was reached."""

from core.delivery.slow_down import SlowDown
from core.delivery.verdict import judge
from core.models import AttemptResult, DeliveryState, Outcome
from core.store.queue import FRESH, Claim

REASON = "too many open files; no attempt used"


def _ended(outcome: Outcome, took_ms: int = 0) -> AttemptResult:
    return AttemptResult(outcome, REASON, "u", 0, took_ms, 200 if outcome is Outcome.OK else None)


LIMIT, OK = _ended(Outcome.LOCAL_LIMIT), _ended(Outcome.OK)


def test_as_long_as_no_limit_is_reached() -> None:
    """All that the limit of open files leaves may be in flight."""
    slow_down = SlowDown(200)
    slow_down.note(OK, 3, 1.0)
    slow_down.begin(200, 1.0)
    assert [slow_down.room(in_flight, 1.0) for in_flight in (0, 199, 200)] == [200, 1, 0]
    assert slow_down.reason(1.0) == ""


def test_nothing_begins_for_half_a_second_then_twice_as_long() -> None:
    """0.5, 1, 2, 4, 5, 5 s; one that gets through begins anew with half a second."""
    slow_down, now, waits = SlowDown(200), 100.0, []
    for _ in range(6):
        slow_down.note(LIMIT, 0, now)
        assert slow_down.room(0, slow_down.not_before - 0.01) == 0
        assert slow_down.room(0, slow_down.not_before) == 1
        waits.append(slow_down.not_before - now)
        now = slow_down.not_before
    assert waits == [0.5, 1.0, 2.0, 4.0, 5.0, 5.0]
    slow_down.note(OK, 0, now)
    slow_down.note(LIMIT, 0, now)
    assert slow_down.not_before - now == 0.5


def test_many_that_met_the_limit_together_count_once() -> None:
    """A hundred of them wait for half a second, not for five; those that end well later began before it."""
    slow_down = SlowDown(200)
    for number in range(100):
        slow_down.note(LIMIT, 199 - number, 10.0 + number / 1000)
    assert slow_down.not_before == 10.5
    for _ in range(50):
        slow_down.note(_ended(Outcome.OK, took_ms=700), 50, 10.6)
    assert slow_down.limit == 100


def test_as_many_as_were_in_flight_then_one_more_for_each_that_gets_through() -> None:
    """This keeps hundreds of attempts from hitting the limit again at once."""
    slow_down = SlowDown(200)
    slow_down.note(LIMIT, 20, 0.0)
    assert slow_down.room(5, 0.5) == 15
    for _ in range(10):
        slow_down.note(OK, 20, 0.5)
    assert slow_down.room(20, 0.5) == 10
    for _ in range(500):
        slow_down.note(OK, 20, 0.5)
    assert slow_down.limit == 200


def test_webhooks_that_hang_do_not_stop_the_others() -> None:
    """All that was in flight hangs: still one more may begin each half second."""
    slow_down = SlowDown(200)
    slow_down.note(LIMIT, 150, 0.0)
    assert slow_down.room(150, 0.5) == 1
    slow_down.begin(151, 0.5)
    assert [slow_down.room(151, at) for at in (0.5, 0.9, 1.0)] == [0, 0, 1]


def test_what_says_nothing_of_connections_changes_nothing() -> None:
    """An attempt without a token has opened none."""
    slow_down = SlowDown(200)
    slow_down.note(LIMIT, 0, 0.0)
    slow_down.note(_ended(Outcome.TOKEN_ERROR), 0, 0.6)
    assert slow_down.limit == 1


def test_people_are_told_for_ten_seconds() -> None:
    """In a few words, and after the last time."""
    slow_down = SlowDown(200)
    slow_down.note(LIMIT, 0, 0.0)
    slow_down.note(LIMIT, 0, 5.0)
    assert [slow_down.reason(at) for at in (5.0, 14.9, 15.0)] == ["too many open files"] * 2 + [""]


def test_a_limit_of_ours_takes_no_step() -> None:
    """The delivery is due again when the slow-down ends, even with its last wait used."""
    claim = Claim(1, "dlv_1", 1, "session-failed", b"{}", False, 9, 1, FRESH)
    verdict = judge(claim, LIMIT, (5.0,), None, 2.0)
    now = judge(claim, _ended(Outcome.SHUTDOWN), (5.0,), None, 2.0).due_at
    assert (verdict.state, verdict.step) == (DeliveryState.PENDING, 1)
    assert 1_900 <= verdict.due_at - now <= 2_000
