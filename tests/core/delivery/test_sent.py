"""The request that is shown as sent is the one that the receiver got."""

from pydantic import SecretStr

from core.auth import Credentials, TokenSource
from core.delivery.attempt import attempt
from core.delivery.http import Http
from core.delivery.sent import sent_headers
from core.models import CustomHeader, Delivery, GeneralSettings
from tests.support.attempts import request_to
from tests.support.receiver import Receiver
from tests.support.token_endpoint import TokenEndpoint

_OF_THE_CONNECTION = {"host", "content-length", "accept-encoding", "user-agent"}


async def test_what_was_sent_is_named(http: Http, receiver: Receiver) -> None:
    """Every header but those of the connection, in the values that are known; secrets are not among them."""
    settings = GeneralSettings(
        authentication_url="https://auth.example/token",
        client_id="c",
        secret_key=SecretStr("s"),
        custom_headers=(CustomHeader(name="X-Tenant", value=SecretStr("mx")),),
    )
    delivery = Delivery.model_construct(id="dlv_1", type="session-failed", is_test=True)
    async with TokenEndpoint() as endpoint:
        credentials = Credentials(endpoint.url, endpoint.client_id, SecretStr(endpoint.secret))
        async with TokenSource(http.client, credentials) as tokens:
            request = request_to(receiver.url, is_test=True, custom_headers=(("X-Tenant", "mx"),))
            await attempt(http, request, tokens)
    (seen,) = receiver.received
    arrived = {name.lower(): value for name, value in seen.headers.items()}
    named = {name.lower(): value for name, value in sent_headers(delivery, settings, 3)}
    assert named.keys() == arrived.keys() - _OF_THE_CONNECTION
    assert named == {
        "content-type": arrived["content-type"],
        "authorization": None,
        "webhook-id": arrived["webhook-id"],
        "webhook-timestamp": None,
        "webhook-signature": None,
        "hookkeeper-event": arrived["hookkeeper-event"],
        "hookkeeper-attempt": arrived["hookkeeper-attempt"],
        "hookkeeper-test": "1",
        "x-tenant": None,
    }
