"""Odd answers of a receiver that must not break anything."""

import pytest

from core.delivery.http import Http
from core.models import AcceptedAnswer, Outcome
from core.url import on_the_wire
from tests.support.attempts import attempt_at
from tests.support.receiver import Receiver


async def test_a_content_type_that_is_no_text(http: Http, receiver: Receiver) -> None:
    """Its bytes are replaced in the words, so that they can be stored."""
    receiver.raw = b"HTTP/1.1 200 OK\r\nContent-Type: text/\xff\xfehtml\r\nContent-Length: 0\r\n\r\n"
    result = await attempt_at(http, receiver.url, accepted_answer=AcceptedAnswer.INCODE)
    assert result.outcome is Outcome.ANSWER_NOT_ACCEPTED
    assert result.reason == "200 but text/��html: this webhook accepts 204, or 200 with application/json"
    assert result.reason.encode()


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("http://[::1]:8399/ä", "http://[::1]:8399/%C3%A4"),
        ("http://127.0.0.1:8399//echo/ä/x?q=ö", "http://127.0.0.1:8399//echo/%C3%A4/x?q=%C3%B6"),
        ("https://bücher.example:444/a%20b", "https://xn--bcher-kva.example:444/a%20b"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
        ("https://a.example/{{x}}/%7E", "https://a.example/{{x}}/%7E"),
    ],
)
def test_urls_on_the_wire(typed: str, sent: str) -> None:
    """Brackets, double slashes and what is encoded already stay; only what is not ASCII is encoded."""
    assert on_the_wire(typed) == sent
