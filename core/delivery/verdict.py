"""Decides the state of a delivery after an attempt."""

from collections.abc import Sequence

from core import schedule
from core.auth import TokenSource
from core.clock import now_ms
from core.models import AttemptResult, DeliveryState, Outcome
from core.store.queue import Claim, Verdict

GONE = 410


def judge(
    claim: Claim, result: AttemptResult, waits: Sequence[float], tokens: TokenSource | None, slow_down: float
) -> Verdict:
    """Return whether the delivery is delivered, due again, or failed because the schedule has no wait left.

    `waits` is the schedule, in seconds. After a token error, the backoff of the token endpoint counts instead. After a
    limit of this machine, `slow_down` counts, the shared backoff in seconds. An outcome that is not the endpoint's
    fault takes no step of the schedule.
    """
    match result.outcome:
        case Outcome.OK:
            return Verdict(DeliveryState.DELIVERED, claim.step + 1)
        case Outcome.SHUTDOWN:
            return Verdict(DeliveryState.PENDING, claim.step, now_ms())
        case Outcome.TOKEN_ERROR:
            return Verdict(DeliveryState.PENDING, claim.step, _in((tokens and tokens.wait) or 0.0))
        case Outcome.LOCAL_LIMIT:
            return Verdict(DeliveryState.PENDING, claim.step, _in(slow_down))
        case Outcome.HTTP_STATUS if result.status_code == GONE:
            return Verdict(DeliveryState.PENDING, claim.step, now_ms(), gone=True)
    wait = schedule.wait_after(waits, claim.step + 1)
    if wait is None:
        return Verdict(DeliveryState.FAILED, claim.step + 1)
    return Verdict(DeliveryState.PENDING, claim.step + 1, _in(max(wait, result.retry_after or 0.0)))


def _in(seconds: float) -> int:
    return now_ms() + round(seconds * 1000)
