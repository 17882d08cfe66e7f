"""The verdict on a delivery after an attempt: its state, its step in the schedule, and its due time."""

import httpx
import pytest
from pydantic import SecretStr

from core import schedule
from core.auth import Credentials, TokenError, TokenSource
from core.delivery.verdict import judge
from core.models import AttemptResult, DeliveryState, Outcome
from core.store.queue import RETRY, Claim, Verdict
from tests.support.token_endpoint import TokenEndpoint

NOW = 1_790_000_000_000
WAITS = (5.0, 300.0)
SLOW_DOWN = 2.5
STEP_BEFORE = 1
CLAIM = Claim(1, "dlv_1", 1, "session-failed", b"{}", False, 7, STEP_BEFORE, RETRY)


@pytest.fixture(autouse=True)
def _clock_and_jitter(monkeypatch: pytest.MonkeyPatch) -> None:
    """The wall clock stands still, and no wait is longer than the schedule says."""
    monkeypatch.setattr(schedule, "_JITTER", 0.0)
    monkeypatch.setattr("core.delivery.verdict.now_ms", lambda: NOW)


def _ended(outcome: Outcome, status: int | None = None, retry_after: float | None = None) -> AttemptResult:
    return AttemptResult(outcome, "as it went", "https://a.example/", NOW, 5, status, retry_after=retry_after)


def _judged(result: AttemptResult, claim: Claim = CLAIM) -> Verdict:
    return judge(claim, result, WAITS, None, SLOW_DOWN)


def test_one_that_arrived() -> None:
    """Its attempt was a step of the schedule as well: it shows which attempt of its run arrived."""
    assert _judged(_ended(Outcome.OK, 204)) == Verdict(DeliveryState.DELIVERED, 2, due_at=0, gone=False)


@pytest.mark.parametrize(
    "outcome",
    sorted({*Outcome} - {Outcome.OK, Outcome.SHUTDOWN, Outcome.TOKEN_ERROR, Outcome.LOCAL_LIMIT}),
)
def test_one_that_did_not(outcome: Outcome) -> None:
    """Whatever the reason, it takes a step, and its next attempt comes after the wait of that step."""
    assert _judged(_ended(outcome, 503)) == Verdict(DeliveryState.PENDING, 2, NOW + 300_000)
    first = CLAIM._replace(step=0)
    assert _judged(_ended(outcome, 503), first) == Verdict(DeliveryState.PENDING, 1, NOW + 5_000)


def test_the_last_attempt() -> None:
    """Without a wait left the delivery has failed."""
    assert _judged(_ended(Outcome.TIMEOUT), CLAIM._replace(step=2)) == Verdict(DeliveryState.FAILED, 3)


def test_the_shortest_wait() -> None:
    """A schedule may have waits of a millisecond."""
    verdict = judge(CLAIM._replace(step=0), _ended(Outcome.TIMEOUT), (0.001,), None, SLOW_DOWN)
    assert verdict == Verdict(DeliveryState.PENDING, 1, NOW + 1)


def test_the_dispatcher_stopped() -> None:
    """That takes no step: it is due at once."""
    assert _judged(_ended(Outcome.SHUTDOWN)) == Verdict(DeliveryState.PENDING, 1, NOW)


def test_a_limit_of_this_machine() -> None:
    """It takes no step; all webhooks slow down together."""
    assert _judged(_ended(Outcome.LOCAL_LIMIT)) == Verdict(DeliveryState.PENDING, 1, NOW + 2_500)


@pytest.mark.parametrize(
    ("seconds", "wait"), [(0.0, 300_000), (299.0, 300_000), (300.5, 300_500), (86_400.0, 86_400_000)]
)
def test_a_receiver_that_asks_for_time(seconds: float, wait: int) -> None:
    """It gets the longer of its own wait and the schedule's."""
    result = _ended(Outcome.HTTP_STATUS, 503, retry_after=seconds)
    assert _judged(result) == Verdict(DeliveryState.PENDING, 2, NOW + wait)


@pytest.mark.parametrize(("status", "gone"), [(410, True), (404, False), (409, False), (411, False)])
def test_gone(status: int, gone: bool) -> None:
    """410 alone says so for good: the delivery keeps its step and waits for its webhook."""
    verdict = _judged(_ended(Outcome.HTTP_STATUS, status))
    assert verdict.gone == gone
    assert (verdict.state, verdict.step) == (DeliveryState.PENDING, 1 if gone else 2)
    assert verdict.due_at == (NOW if gone else NOW + 300_000)


async def test_no_token() -> None:
    """It takes no step, and the next attempt comes when the token endpoint may be asked again."""
    result = _ended(Outcome.TOKEN_ERROR)
    assert _judged(result) == Verdict(DeliveryState.PENDING, 1, NOW)
    async with (
        TokenEndpoint() as endpoint,
        httpx.AsyncClient(trust_env=False) as client,
        TokenSource(
            client, Credentials(endpoint.url, endpoint.client_id, SecretStr("wrong")), clock=lambda: 1000.0
        ) as tokens,
    ):
        assert judge(CLAIM, result, WAITS, tokens, SLOW_DOWN) == Verdict(DeliveryState.PENDING, 1, NOW)
        with pytest.raises(TokenError):
            await tokens.token()
        assert tokens.wait is not None
        assert tokens.wait > 0.5
        due_at = NOW + round(tokens.wait * 1000)
        assert judge(CLAIM, result, WAITS, tokens, SLOW_DOWN) == Verdict(DeliveryState.PENDING, 1, due_at)
