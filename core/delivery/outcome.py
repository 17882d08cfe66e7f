"""Turns an answer or an error into an outcome and a reason in words."""

import asyncio
import http
import os
import ssl
from collections.abc import Iterator
from functools import lru_cache

from core import local_limit
from core.auth import TokenError
from core.delivery.guard import AddressBlocked
from core.delivery.http import ClosedWithoutAnswer, HeadTooLarge, NameNotResolved, NotHttp
from core.delivery.tls import UnusableFile
from core.models import AcceptedAnswer, Outcome

_ACCEPTED = "this webhook accepts 204, or 200 with application/json"


@lru_cache
def of_answer(status: int, content_type: str, accepted: AcceptedAnswer) -> tuple[Outcome, str]:
    """Return the outcome and the reason for an answer, from its status and content type."""
    if 200 <= status < 300:
        return _of_success(status, content_type, accepted)
    if 300 <= status < 400 and status != 304:
        return Outcome.REDIRECT, f"answered {status}: redirects are not followed"
    return Outcome.HTTP_STATUS, f"answered {_status(status)}"


def _of_success(status: int, content_type: str, accepted: AcceptedAnswer) -> tuple[Outcome, str]:
    media_type = content_type.partition(";")[0].strip().lower()
    if (
        accepted is AcceptedAnswer.ANY_2XX
        or status == 204
        or (status, media_type) == (200, "application/json")
    ):
        return Outcome.OK, f"answered {_status(status)}"
    if status == 200:
        what = media_type[:60] or "without a content type"
        return Outcome.ANSWER_NOT_ACCEPTED, f"200 but {what}: {_ACCEPTED}"
    return Outcome.ANSWER_NOT_ACCEPTED, f"{status}: {_ACCEPTED}"


def _status(status: int) -> str:
    try:
        return f"{status} {http.HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def of_error(error: BaseException, host: str, peer: str, deadline: float) -> tuple[Outcome, str]:
    """Return the outcome and the reason for an error, from its innermost known cause.

    `peer` is the address that was tried, "" if there was none. `deadline` is in seconds.
    """
    if isinstance(error, TokenError):
        return Outcome.TOKEN_ERROR, f"{error.words}; the endpoint was not asked"
    limits = (local_limit.reason_of(cause, peer) for cause in _causes(error))
    if limit := next(filter(None, limits), None):
        return Outcome.LOCAL_LIMIT, f"{limit}; no attempt used"
    kind, reason = _of_others(error, host, peer, deadline)
    # A library that cannot open a file or socket reports an unknown host or an untrusted certificate instead.
    if kind in (Outcome.DNS, Outcome.TLS) and (limit := local_limit.reached()):
        return Outcome.LOCAL_LIMIT, f"{limit}; no attempt used"
    return kind, reason


def _of_others(error: BaseException, host: str, peer: str, deadline: float) -> tuple[Outcome, str]:
    for cause in _causes(error):
        known = _of_cause(cause, host, peer or host, deadline)
        if known is not None:
            return known
    return Outcome.CONNECTION, f"no valid HTTP answer from {host} ({type(error).__name__})"


def _causes(error: BaseException) -> Iterator[BaseException]:
    causes = [error]
    while (cause := causes[-1].__cause__ or causes[-1].__context__) is not None:
        causes.append(cause)
    return reversed(causes)


def _of_cause(cause: BaseException, host: str, peer: str, deadline: float) -> tuple[Outcome, str] | None:
    match cause:
        case AddressBlocked():
            return Outcome.ADDRESS_BLOCKED, str(cause)
        case UnusableFile():
            return Outcome.TLS, f"no TLS connection with {host}: {str(cause).removesuffix('.')}"
        case NameNotResolved():
            return Outcome.DNS, cause.words
        case HeadTooLarge():
            return Outcome.ANSWER_TOO_LARGE, "the answer's headers are too large"
        case ssl.SSLCertVerificationError():
            return Outcome.TLS, _of_certificate(cause, host)
        case ssl.SSLError():
            return Outcome.TLS, _of_handshake(cause, peer)
        case ConnectionRefusedError():
            return Outcome.CONNECTION, f"connection refused by {peer}"
        case ClosedWithoutAnswer() | ConnectionResetError() | BrokenPipeError():
            return Outcome.CONNECTION, f"{peer} closed the connection before it answered"
        case TimeoutError() | asyncio.CancelledError():
            return Outcome.TIMEOUT, f"no complete answer within {deadline:g} s"
        case NotHttp():
            return Outcome.CONNECTION, f"no valid HTTP answer from {host}: {cause}"
        case OSError() if cause.errno:
            return Outcome.CONNECTION, f"{peer}: {os.strerror(cause.errno).lower()}"
        case OSError():
            return Outcome.CONNECTION, f"no address of {host} can be reached, each for another reason"
    return None


def _of_certificate(error: ssl.SSLCertVerificationError, host: str) -> str:
    """Return why a certificate was refused, without its dates: OpenSSL does not keep the certificate."""
    match error.verify_code:
        case 10:
            return "certificate expired"
        case 9:
            return "certificate not yet valid"
        case 62 | 64:
            return f"certificate is not for {host}"
        case 18:
            return "certificate is self-signed"
        case 2 | 19 | 20 | 21:
            return "certificate of an unknown authority"
    return f"certificate refused: {error.verify_message.lower()[:100]}"


def _of_handshake(error: ssl.SSLError, peer: str) -> str:
    match error.reason:
        case "WRONG_VERSION_NUMBER" | "HTTP_REQUEST" | "RECORD_LAYER_FAILURE":
            return f"{peer} does not speak TLS"
        case "TLSV1_ALERT_PROTOCOL_VERSION" | "UNSUPPORTED_PROTOCOL":
            return f"{peer} does not speak TLS 1.2 or newer"
        case "TLSV13_ALERT_CERTIFICATE_REQUIRED":
            return f"{peer} asks for a client certificate"
    words = (error.reason or "handshake failed").lower().replace("_", " ")
    return f"no TLS connection with {peer}: {words[:100]}"
