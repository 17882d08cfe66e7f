"""The wait that a receiver asks for, as it comes in with an attempt."""

import pytest

from core.delivery.http import Http
from core.models import Outcome
from tests.support.attempts import attempt_at
from tests.support.receiver import Receiver


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("99999999999", 86400.0),
        pytest.param("9" * 5000, 86400.0, id="5,000 digits"),
        ("12.", 12.0),
        (" 12 ", 12.0),
        ("0.25", 0.25),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 86400.0),
        ("Sunday, 06-Nov-94 08:49:37 GMT", 0.0),
        ("soon", None),
    ],
)
async def test_retry_after_of_a_receiver(
    http: Http, receiver: Receiver, text: str, seconds: float | None
) -> None:
    """What can be read comes with the outcome; what cannot is no error."""
    receiver.status, receiver.headers = 503, {"Retry-After": text}

    result = await attempt_at(http, receiver.url)

    assert (result.outcome, result.status_code) == (Outcome.HTTP_STATUS, 503)
    assert result.retry_after == seconds
