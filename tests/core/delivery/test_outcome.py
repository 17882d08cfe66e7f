"""How an answer or an error counts, and the words for it."""

import errno
import ssl

import pytest

from core.delivery.http import NotHttp
from core.delivery.outcome import of_answer, of_error
from core.models import AcceptedAnswer, Outcome

ANY, INCODE = AcceptedAnswer.ANY_2XX, AcceptedAnswer.INCODE
ACCEPTS = "this webhook accepts 204, or 200 with application/json"


@pytest.mark.parametrize(
    ("status", "content_type", "accepted", "outcome", "words"),
    [
        (200, "", ANY, Outcome.OK, "answered 200 OK"),
        (299, "text/html", ANY, Outcome.OK, "answered 299"),
        (204, "", INCODE, Outcome.OK, "answered 204 No Content"),
        (200, " Application/JSON ; charset=utf-8; x=y", INCODE, Outcome.OK, "answered 200 OK"),
        (
            200,
            "Text/HTML; charset=utf-8",
            INCODE,
            Outcome.ANSWER_NOT_ACCEPTED,
            f"200 but text/html: {ACCEPTS}",
        ),
        (200, "", INCODE, Outcome.ANSWER_NOT_ACCEPTED, f"200 but without a content type: {ACCEPTS}"),
        (200, "x" * 61, INCODE, Outcome.ANSWER_NOT_ACCEPTED, f"200 but {'x' * 60}: {ACCEPTS}"),
        (201, "application/json", INCODE, Outcome.ANSWER_NOT_ACCEPTED, f"201: {ACCEPTS}"),
        (205, "", INCODE, Outcome.ANSWER_NOT_ACCEPTED, f"205: {ACCEPTS}"),
        (300, "", ANY, Outcome.REDIRECT, "answered 300: redirects are not followed"),
        (399, "", ANY, Outcome.REDIRECT, "answered 399: redirects are not followed"),
        (304, "", ANY, Outcome.HTTP_STATUS, "answered 304 Not Modified"),
        (199, "", ANY, Outcome.HTTP_STATUS, "answered 199"),
        (400, "", ANY, Outcome.HTTP_STATUS, "answered 400 Bad Request"),
    ],
)
def test_answers(
    status: int, content_type: str, accepted: AcceptedAnswer, outcome: Outcome, words: str
) -> None:
    """The status line decides; where only 204 or JSON counts, the type of the content as well."""
    assert of_answer(status, content_type, accepted) == (outcome, words)


def _of_error(error: BaseException, peer: str = "192.0.2.1:443") -> tuple[Outcome, str]:
    return of_error(error, "a.example", peer, 10.0)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (NotHttp("a bad line"), "no valid HTTP answer from a.example: a bad line"),
        (OSError(errno.EHOSTUNREACH, "x"), "192.0.2.1:443: no route to host"),
        (OSError("several"), "no address of a.example can be reached, each for another reason"),
        (ValueError("x"), "no valid HTTP answer from a.example (ValueError)"),
    ],
)
def test_errors_of_a_connection(error: Exception, words: str) -> None:
    """What the machine or the other side says, with the address where there is one."""
    assert _of_error(error) == (Outcome.CONNECTION, words)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (2, "certificate of an unknown authority"),
        (9, "certificate not yet valid"),
        (10, "certificate expired"),
        (18, "certificate is self-signed"),
        (19, "certificate of an unknown authority"),
        (20, "certificate of an unknown authority"),
        (21, "certificate of an unknown authority"),
        (62, "certificate is not for a.example"),
        (64, "certificate is not for a.example"),
        (23, f"certificate refused: revoked {'x' * 92}"),
    ],
)
def test_certificates(code: int, words: str) -> None:
    """By the number of OpenSSL (x509_vfy.h); what has no words of ours has its."""
    error = ssl.SSLCertVerificationError(1, "x")
    error.verify_code, error.verify_message = code, "REVOKED " + "X" * 100
    assert _of_error(error) == (Outcome.TLS, words)


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("WRONG_VERSION_NUMBER", "{} does not speak TLS"),
        ("HTTP_REQUEST", "{} does not speak TLS"),
        ("RECORD_LAYER_FAILURE", "{} does not speak TLS"),
        ("TLSV1_ALERT_PROTOCOL_VERSION", "{} does not speak TLS 1.2 or newer"),
        ("UNSUPPORTED_PROTOCOL", "{} does not speak TLS 1.2 or newer"),
        ("TLSV13_ALERT_CERTIFICATE_REQUIRED", "{} asks for a client certificate"),
        ("NO_SHARED_CIPHER", "no TLS connection with {}: no shared cipher"),
        ("X" * 101, "no TLS connection with {}: " + "x" * 100),
        (None, "no TLS connection with {}: handshake failed"),
    ],
)
def test_handshakes(reason: str, words: str) -> None:
    """By the reason of OpenSSL, with the address, or the name where no address was reached."""
    error = ssl.SSLError(1, "x")
    error.reason = reason
    assert _of_error(error) == (Outcome.TLS, words.format("192.0.2.1:443"))
    assert _of_error(error, "") == (Outcome.TLS, words.format("a.example"))
