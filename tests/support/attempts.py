"""One attempt at a URL, as the dispatcher would make it."""

from pydantic import SecretStr

from core.delivery.attempt import Request, attempt
from core.delivery.http import Http
from core.models import AcceptedAnswer, AttemptResult, Outcome

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = b'{"interviewId": "1",  "interviewId":"2", "n":1.10}'


def request_to(url: str, **changes: object) -> Request:
    """Return a request whose body would change if its JSON were parsed and written again."""
    values: dict[str, object] = {
        "url": url, "delivery_id": "dlv_1", "event_type": "session-failed", "number": 3, "body": BODY,
        "is_test": False, "signing_secrets": (SecretStr(SECRET),), "custom_headers": (),
        "accepted_answer": AcceptedAnswer.ANY_2XX, "deadline": 10.0,
    }  # fmt: skip
    return Request(**(values | changes))  # type: ignore[arg-type]  # the values above


async def attempt_at(http: Http, url: str, **changes: object) -> AttemptResult:
    """Make an attempt without a token and return its result."""
    return await attempt(http, request_to(url, **changes), None)


async def attempt_until_answered(http: Http, url: str, deadline: float) -> AttemptResult:
    """Make an attempt at a receiver that never finishes its answer, so that the attempt takes the whole deadline.

    A busy machine may need longer than the deadline for the response head alone. The attempt is then repeated with
    four times the deadline.
    """
    result = await attempt_at(http, url, deadline=deadline)
    while result.outcome is Outcome.TIMEOUT and deadline < 60:
        deadline *= 4
        result = await attempt_at(http, url, deadline=deadline)
    return result
