"""The pace of a destination, adapted to its endpoint's answers."""

import random
from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count

import pytest

from core.delivery.pace import Pace
from core.models import AttemptResult, Outcome
from core.store.paces import PaceState, PaceWord


def _answer(status: int, retry_after: float | None = None) -> AttemptResult:
    outcome = Outcome.OK if status < 300 else Outcome.HTTP_STATUS
    return AttemptResult(outcome, f"answered {status}", "u", 0, 1, status, retry_after=retry_after)


def _failure(outcome: Outcome, *, took_ms: int = 1) -> AttemptResult:
    return AttemptResult(outcome, str(outcome), "u", 0, took_ms)


each_trouble = pytest.mark.parametrize(
    "trouble",
    [_answer(429), _answer(500), _answer(503), _failure(Outcome.TIMEOUT), _failure(Outcome.CONNECTION)],
    ids=["429", "500", "503", "timeout", "connection"],
)


@each_trouble
def test_trouble_halves_at_most_once_a_second(trouble: AttemptResult) -> None:
    """Concurrency falls from 10 to 5, 2, 1, never to 0. Failures within a second of a halving change nothing."""
    pace = Pace.of(10)
    seen = []
    for moment in (0.0, 0.5, 1.0, 2.0, 2.9, 3.0):
        pace.note(trouble, moment)
        seen.append(pace.limit)
    assert seen == [5, 5, 2, 1, 1, 1]
    assert not pace.is_open


@pytest.mark.parametrize("cap", [1, 2, 10, 100, 256])
@each_trouble
def test_twenty_failures_in_a_row_open_the_breaker_at_every_concurrency(
    trouble: AttemptResult, cap: int
) -> None:
    """Nineteen do not, and the number is the same whatever may be in flight."""
    pace = Pace.of(cap)
    opened = []
    for moment in range(1, 21):
        pace.note(trouble, moment / 10)
        opened.append(pace.is_open)
    assert opened == [False] * 19 + [True]
    assert pace.room(0, 2.0) == 0
    assert pace.state is not None
    assert pace.state.word is PaceWord.OPEN


@pytest.mark.parametrize("cap", [1, 2, 10, 256])
@each_trouble
def test_one_failed_attempt_stops_nothing(trouble: AttemptResult, cap: int) -> None:
    """Nor do four in a row: the next attempt may begin at once."""
    pace = Pace.of(cap)
    for number in range(4):
        pace.note(trouble, number / 100)
        assert pace.room(0, number / 100) >= 1
    assert pace.state is None


def test_an_answer_ends_the_row() -> None:
    """Nineteen failures, an answer of any kind (404 is one), nineteen failures: the breaker stays closed."""
    pace = Pace.of(10)
    for moment in range(39):
        pace.note(_answer(404 if moment == 19 else 500), moment / 10)
        assert not pace.is_open


def test_in_doubt_one_at_a_time_half_a_second_apart() -> None:
    """This begins after five failures in a row, to waste few attempts on a dead endpoint. An answer ends it at once."""
    pace = Pace.of(10)
    for _ in range(5):
        pace.note(_answer(500), 3.0)
    assert [pace.room(0, at) for at in (3.0, 3.4, 3.5)] == [0, 0, 1]
    assert pace.room(1, 3.5) == 0
    assert pace.begins_at == 3.5
    pace.note(_answer(200), 3.6)
    assert pace.room(0, 3.6) == 6


def test_what_is_over_within_a_second_stops_nothing() -> None:
    """A hundred in flight that fail together are one moment's trouble; the next failure a second later is an outage."""
    pace = Pace.of(100)
    for _ in range(100):
        pace.note(_failure(Outcome.CONNECTION), 7.0)
    assert not pace.is_open
    assert [pace.room(0, at) for at in (7.4, 7.5)] == [0, 1]
    pace.note(_failure(Outcome.CONNECTION), 7.9)
    assert not pace.is_open
    pace.note(_failure(Outcome.CONNECTION), 8.0)
    assert pace.is_open


def test_failures_long_after_one_another_are_no_row() -> None:
    """An attempt that began more than 10 s after the last failure starts a new row, however long it took to fail."""
    rare = Pace.of(1)
    for number in range(100):
        rare.note(_answer(500), number * 10.1)
    assert not rare.is_open
    slow = Pace.of(1)
    for number in range(20):
        slow.note(_failure(Outcome.TIMEOUT, took_ms=15_000), 15.0 + number * 15.5)
    assert slow.is_open


def test_a_pause_that_was_asked_for_does_not_end_the_row() -> None:
    """An endpoint that answers 503 with `Retry-After: 60` again and again is down, though asked once a minute."""
    pace = Pace.of(1)
    for number in range(20):
        assert not pace.is_open
        pace.note(_answer(503, retry_after=60.0), number * 60.0)
    assert pace.is_open


def _delivered(concurrency: int, fails: Callable[[int], bool], seconds: float = 10.0) -> int:
    """Return how many attempts succeed in this many seconds of simulated time.

    There is always something due. Each attempt takes 2 ms, as on loopback, where a pause costs most.
    """
    pace, now, numbers, succeeded = Pace.of(concurrency), 0.0, count(1), 0
    ends: list[tuple[float, int]] = []
    while now < seconds:
        for _ in range(pace.room(len(ends), now)):
            heappush(ends, (now + 0.002, next(numbers)))
        if not ends:
            now = max(now, pace.begins_at)
            continue
        now, number = heappop(ends)
        failed = fails(number)
        succeeded += not failed
        pace.note(_answer(500 if failed else 200), now)
    return succeeded


def _every_tenth(number: int) -> bool:
    return number % 10 == 0


def _by_chance(share: float, seed: int) -> Callable[[int], bool]:
    chance = random.Random(seed)
    return lambda number: chance.random() < share


@pytest.mark.parametrize("concurrency", [1, 2, 10])
@pytest.mark.parametrize(
    "fails", [_every_tenth, *(_by_chance(0.1, seed) for seed in range(3))], ids=["every tenth", *"abc"]
)
def test_ten_percent_failures_cost_little(fails: Callable[[int], bool], concurrency: int) -> None:
    """At least 60 % of the rate of a receiver that fails none, in the time of the pace."""
    assert _delivered(concurrency, lambda number: False) == pytest.approx(5_000 * concurrency, rel=0.01)
    assert _delivered(concurrency, fails) >= 0.6 * 5_000 * concurrency


@pytest.mark.parametrize("concurrency", [1, 2, 10])
def test_half_of_all_fail_by_chance_and_the_breaker_stays_closed(concurrency: int) -> None:
    """50,000 attempts; twenty in a row come once in two million."""
    chance, pace = random.Random(concurrency), Pace.of(concurrency)
    for number in range(50_000):
        pace.note(_answer(200 if chance.random() < 0.5 else 500), number * 0.5)
        assert not pace.is_open


@pytest.mark.parametrize(
    "other",
    [
        _failure(Outcome.TOKEN_ERROR),
        _failure(Outcome.INTERRUPTED),
        _failure(Outcome.SHUTDOWN),
        _failure(Outcome.LOCAL_LIMIT),
        _failure(Outcome.DNS),
        _failure(Outcome.TLS),
        _failure(Outcome.ADDRESS_BLOCKED),
    ],
    ids=str,
)
def test_what_is_not_the_endpoints_trouble(other: AttemptResult) -> None:
    """Tokens, kills, limits of ours, names and certificates do not slow an endpoint down."""
    pace = Pace.of(10)
    for number in range(50):
        pace.note(other, number / 10)
    assert (pace.limit, pace.is_open, pace.room(0, 5.0)) == (10, False, 10)


def test_each_answer_adds_one() -> None:
    """After trouble the concurrency comes back one by one, up to the cap; 404 is an answer as well."""
    pace = Pace.of(3)
    pace.note(_answer(500), 0.0)
    seen = []
    for status in (200, 404, 204):
        pace.note(_answer(status), 1.0)
        seen.append(pace.limit)
    assert seen == [2, 3, 3]


def _nearly_open() -> Pace:
    pace = Pace.of(1)
    for _ in range(19):
        pace.note(_answer(503), 99.0)
    return pace


def _opened() -> Pace:
    pace = _nearly_open()
    pace.note(_answer(503), 100.0)
    return pace


def test_an_open_breaker_lets_one_probe_through_every_30_seconds() -> None:
    """Nothing for 30 s, then one at a time; a probe that fails waits for 30 s again."""
    pace = _opened()
    assert [pace.room(0, at) for at in (100.0, 129.9, 130.0)] == [0, 0, 1]
    assert pace.room(1, 130.0) == 0
    state = pace.state
    assert state is not None
    assert (state.word, state.until - state.since) == (PaceWord.OPEN, 30_000)
    pace.probe()
    probed = pace.state
    pace.note(_failure(Outcome.DNS), 131.0)
    assert [pace.room(0, at) for at in (160.9, 161.0)] == [0, 1]
    again = pace.state
    assert [(each.word, each.since) for each in (probed, again) if each] == [
        (PaceWord.HALF_OPEN, state.since),
        (PaceWord.OPEN, state.since),
    ]


def test_the_first_answer_closes_it() -> None:
    """A probe that is answered closes the breaker: one at a time, then two."""
    pace = _opened()
    pace.set_cap(5)
    assert pace.is_open
    pace.probe()
    pace.note(_answer(200), 131.0)
    assert (pace.limit, pace.state, pace.room(0, 131.0)) == (1, None, 1)
    pace.note(_answer(200), 131.0)
    assert pace.room(1, 131.0) == 1


def test_a_closed_breaker_opens_after_twenty_again() -> None:
    """One failure after the answer that closed it does not stop everything for 30 s."""
    pace = _opened()
    pace.note(_answer(200), 131.0)
    for number in range(19):
        pace.note(_answer(500), 131.0 + number)
        assert not pace.is_open
    pace.note(_answer(500), 151.0)
    assert pace.is_open


def test_a_limit_of_ours_does_not_fail_a_probe() -> None:
    """Our own limit says nothing about the endpoint, so the next probe goes out without another wait."""
    pace = _opened()
    pace.note(_failure(Outcome.LOCAL_LIMIT), 131.0)
    assert (pace.is_open, pace.room(0, 131.0)) == (True, 1)


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_pauses_the_destination(status: int) -> None:
    """Nothing begins until the time that the endpoint asked for, however much room there is."""
    pace = Pace.of(10)
    pace.note(_answer(status, retry_after=90.0), 5.0)
    assert [pace.room(0, at) for at in (94.9, 95.0)] == [0, 5]
    assert pace.state is not None
    assert pace.state.word is PaceWord.PAUSED
    pace.note(_answer(status, retry_after=1.0), 6.0)
    assert pace.room(0, 94.9) == 0


def test_retry_after_of_other_answers_is_the_deliverys_own() -> None:
    """A 500 with Retry-After halves, but pauses nobody else."""
    pace = Pace.of(10)
    pace.note(_answer(500, retry_after=90.0), 5.0)
    assert pace.room(0, 5.0) == 5


def test_an_endpoint_says_when_to_probe() -> None:
    """A 429 that opens the breaker is probed when Retry-After says, and no earlier for what else fails meanwhile."""
    pace = _nearly_open()
    pace.note(_answer(429, retry_after=2.0), 105.0)
    assert pace.is_open
    assert [pace.room(0, at) for at in (106.9, 107.0)] == [0, 1]
    pace.note(_answer(503, retry_after=600.0), 108.0)
    pace.note(_answer(500), 109.0)
    assert [pace.room(0, at) for at in (707.9, 708.0)] == [0, 1]


@pytest.mark.parametrize(
    ("halved", "cap", "limit"), [(False, 20, 20), (False, 4, 4), (True, 20, 5), (True, 4, 4), (True, 5, 5)]
)
def test_a_changed_concurrency(halved: bool, cap: int, limit: int) -> None:
    """Where all is well it counts at once; what an endpoint in trouble bears does not grow by it."""
    pace = Pace.of(10)
    if halved:
        pace.note(_answer(500), 0.0)
    pace.set_cap(cap)
    assert (pace.limit, pace.cap) == (limit, cap)


def test_a_changed_concurrency_of_an_open_breaker() -> None:
    """One probe at a time, and the new number counts when it is closed."""
    pace = _opened()
    pace.set_cap(20)
    assert (pace.limit, pace.is_open) == (1, True)
    for moment in range(40):
        pace.note(_answer(204), 100.0 + moment)
    assert pace.limit == 20


def test_an_outage_begins_with_its_first_failure() -> None:
    """A second after it the breaker may open, however close together the others came."""
    pace = Pace.of(10)
    pace.note(_answer(500), 100.0)
    for _ in range(18):
        pace.note(_answer(500), 100.9)
    assert not pace.is_open
    pace.note(_answer(500), 101.0)
    assert pace.is_open


def test_what_is_told_of_an_open_breaker(monkeypatch: pytest.MonkeyPatch) -> None:
    """The report has the time since when it is open, whatever probes came since, the next probe, and the reason."""
    wall = 1_000_000
    monkeypatch.setattr("core.delivery.pace.now_ms", lambda: wall)
    pace = Pace.of(10)
    pace.note(_answer(429, 5.0), 0.0)
    assert pace.state == PaceState(PaceWord.PAUSED, 1_000_000, 1_005_000, "answered 429")
    wall = 1_002_000
    pace.note(_answer(503, 7.0), 2.0)
    assert pace.state == PaceState(PaceWord.PAUSED, 1_000_000, 1_009_000, "answered 503")
    wall = 1_010_000
    for number in range(18):
        pace.note(_answer(500), 10.0 + number / 10)
    assert pace.state == PaceState(PaceWord.OPEN, 1_010_000, 1_040_000, "answered 500")
    wall = 1_040_000
    pace.probe()
    assert pace.state == PaceState(PaceWord.HALF_OPEN, 1_010_000, 1_040_000, "answered 500")
    wall = 1_041_000
    pace.note(_answer(502), 42.0)
    assert pace.state == PaceState(PaceWord.OPEN, 1_010_000, 1_071_000, "answered 502")
    pace.note(_answer(204), 80.0)
    assert pace.state is None
    pace.probe()
    assert pace.state is None
