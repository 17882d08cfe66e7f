"""What an endpoint bears, learned from its answers."""

import pytest

from core.delivery.pace import Pace
from core.models import AttemptResult, Outcome
from core.store.paces import PaceWord


def _answer(status: int, retry_after: float | None = None) -> AttemptResult:
    outcome = Outcome.OK if status < 300 else Outcome.HTTP_STATUS
    return AttemptResult(outcome, f"answered {status}", "u", 0, 1, status, retry_after=retry_after)


def _failure(outcome: Outcome) -> AttemptResult:
    return AttemptResult(outcome, str(outcome), "u", 0, 1)


@pytest.mark.parametrize(
    "trouble",
    [_answer(429), _answer(500), _answer(503), _failure(Outcome.TIMEOUT), _failure(Outcome.CONNECTION)],
    ids=str,
)
def test_trouble_halves_at_most_once_a_second(trouble: AttemptResult) -> None:
    """10, 5, 2, 1, then the breaker is open; what fails within a second of the last halving changes nothing."""
    pace = Pace.of(10)
    seen = []
    for moment in (0.0, 0.5, 1.0, 2.0, 2.9, 3.0):
        pace.note(trouble, moment)
        seen.append(pace.limit)
    assert seen == [5, 5, 2, 1, 1, 0]
    assert pace.is_open


@pytest.mark.parametrize(
    "other",
    [
        _failure(Outcome.TOKEN_ERROR),
        _failure(Outcome.INTERRUPTED),
        _failure(Outcome.SHUTDOWN),
        _failure(Outcome.DNS),
        _failure(Outcome.TLS),
        _failure(Outcome.ADDRESS_BLOCKED),
    ],
    ids=str,
)
def test_what_is_not_the_endpoints_trouble(other: AttemptResult) -> None:
    """Tokens, kills, names and certificates do not slow an endpoint down."""
    pace = Pace.of(10)
    pace.note(other, 0.0)
    assert pace.limit == 10


def test_nothing_begins_until_the_second_of_a_halving_is_over() -> None:
    """An endpoint that refuses at once is asked by 10, 5, 2 and 1, not by hundreds; an answer ends the rest."""
    pace = Pace.of(10)
    pace.note(_failure(Outcome.CONNECTION), 5.0)
    assert [pace.room(0, at) for at in (5.0, 5.9, 6.0)] == [0, 0, 5]
    pace.note(_answer(200), 5.5)
    assert pace.room(0, 5.5) == 6


def test_each_answer_adds_one() -> None:
    """After trouble the concurrency comes back one by one, up to the cap; 404 is an answer as well."""
    pace = Pace.of(3)
    pace.note(_answer(500), 0.0)
    seen = []
    for status in (200, 404, 204):
        pace.note(_answer(status), 1.0)
        seen.append(pace.limit)
    assert seen == [2, 3, 3]


def _opened() -> Pace:
    pace = Pace.of(1)
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
    assert pace.room(0, 6.0) == 5


def test_an_endpoint_says_when_to_probe() -> None:
    """A 429 that opens the breaker is probed when Retry-After says, and no earlier for what else fails meanwhile."""
    pace = Pace.of(1)
    pace.note(_answer(429, retry_after=2.0), 5.0)
    assert pace.is_open
    assert [pace.room(0, at) for at in (6.9, 7.0)] == [0, 1]
    pace.note(_answer(503, retry_after=600.0), 8.0)
    pace.note(_answer(500), 9.0)
    assert [pace.room(0, at) for at in (607.9, 608.0)] == [0, 1]
