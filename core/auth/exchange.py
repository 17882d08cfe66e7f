"""One HTTP exchange of the authorization. It limits the size of the answer and describes errors in words."""

import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass

import httpx

from core import local_limit
from core.auth.json_body import MOST_BYTES, Unreadable, json_object
from core.auth.token import TokenError
from core.errors import HookkeeperError
from core.models import InvalidSetting
from core.retry_after import retry_after

# Exchanges are minutes apart: the other side would have closed most kept connections by then.
HEADERS = {"Accept": "application/json", "Accept-Encoding": "identity", "Connection": "close"}


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer of any status. `cut` says in words why the body ended early; it is "" if the body is complete."""

    status: int
    headers: httpx.Headers
    body: bytes
    cut: str = ""

    def json_object(self) -> dict[str, object]:
        """Return the JSON object in the body. Raises Unreadable, or TokenError if the body ended too early."""
        try:
            return json_object(self.body, self.headers.get("content-encoding", ""))
        except Unreadable:
            if self.cut:
                raise TokenError(self.cut) from None
            raise

    @property
    def fields(self) -> dict[str, object]:
        """The JSON object in the body; empty if there is none."""
        try:
            return self.json_object()
        except (Unreadable, TokenError):
            return {}

    @property
    def retry_after(self) -> float:
        """The wait in seconds that the answer asks for, or 0 (RFC 9110, section 10.2.3)."""
        return retry_after(self.headers.get("retry-after", "")) or 0.0


async def exchange(
    client: httpx.AsyncClient, request: httpx.Request, auth: httpx.Auth | None = None
) -> Answer:
    """Send a request and return its answer, without following redirects. Raises TokenError if there is none."""
    host = request.url.netloc.decode("ascii")
    try:
        response = await client.send(request, stream=True, auth=auth, follow_redirects=False)
        try:
            body, cut = await _read(response, host)
        finally:
            await response.aclose()
    # The address guard and unusable TLS files raise HookkeeperError.
    except (httpx.HTTPError, HookkeeperError) as error:
        raise TokenError(_words(error, host)) from None
    return Answer(response.status_code, response.headers, body, cut)


async def _read(response: httpx.Response, host: str) -> tuple[bytes, str]:
    """Return the body, and why it ended early. Reading stops as soon as the body exceeds `MOST_BYTES`."""
    body = bytearray()
    try:
        async for part in response.aiter_raw():
            body += part
            if len(body) > MOST_BYTES:
                break
    # The token may be complete although the connection broke or the framing of the body is wrong.
    except httpx.HTTPError as error:
        return bytes(body), _words(error, host)
    return bytes(body), ""


def _words(error: BaseException, host: str) -> str:
    """Say what went wrong. The innermost cause is the most specific, as outer exceptions each stand for many causes."""
    for cause in reversed(list(_causes(error))):
        if limit := local_limit.reason_of(cause):
            return f"the token endpoint at {host} was not asked: {limit}"
        match cause:
            case InvalidSetting():
                return f"the token endpoint at {host} cannot be asked: {str(cause).removesuffix('.')}"
            case HookkeeperError():
                return f"the token endpoint is blocked: {str(cause).removesuffix('.')}"
            case ssl.SSLCertVerificationError():
                return f"the certificate of the token endpoint at {host} is refused: {cause.verify_message}"
            case ssl.SSLError():
                return f"the token endpoint at {host} does not speak TLS as it should"
            case socket.gaierror():
                return f"no address is found for the token endpoint at {host}"
            case ConnectionRefusedError():
                return f"the token endpoint at {host} refuses the connection"
            case TimeoutError():
                return f"the token endpoint at {host} does not answer in time"
            case httpx.ConnectError():
                return f"the token endpoint at {host} cannot be reached"
    return f"the token endpoint at {host} gave no complete HTTP answer"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
