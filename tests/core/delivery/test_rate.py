"""A webhook's limit of attempts a second."""

from hypothesis import given
from hypothesis import strategies as st

from core.delivery.rate import Rate


def test_a_slow_rate_is_one_at_a_time() -> None:
    """Two a second: one now, the next half a second later."""
    rate = Rate(2)
    assert rate.room(0.0) == 1
    rate.take()
    assert [rate.room(at) for at in (0.0, 0.4, 0.5)] == [0, 0, 1]
    rate.take()
    assert rate.next_at(0.5) == 1.0


def test_idle_time_is_not_saved_up() -> None:
    """After an hour of silence no more begin at once than ever: a tenth of a second's worth."""
    rate = Rate(100)
    assert rate.room(0.0) == 10
    rate.take()
    assert rate.room(3600.0) == 10


@given(st.floats(0.01, 10_000), st.lists(st.floats(0, 5), min_size=1, max_size=60))
def test_it_is_never_exceeded(per_second: float, pauses: list[float]) -> None:
    """Over any stretch of time no more begin than the rate allows, and what may begin at once."""
    rate, now, begun = Rate(per_second), 0.0, 0
    for pause in pauses:
        now += pause
        for _ in range(rate.room(now)):
            rate.take()
            begun += 1
    assert begun <= per_second * now + max(1.0, per_second * 0.1) + 1e-6
