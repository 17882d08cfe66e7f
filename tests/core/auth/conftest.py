from collections.abc import AsyncIterator

import httpx
import pytest
from pydantic import SecretStr

from core.auth import Credentials, TokenSource
from core.models import ClientAuthentication
from tests.support.token_endpoint import TokenEndpoint


@pytest.fixture
async def endpoint() -> AsyncIterator[TokenEndpoint]:
    async with TokenEndpoint() as endpoint:
        yield endpoint


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(trust_env=False) as client:
        yield client


@pytest.fixture
def credentials(endpoint: TokenEndpoint) -> Credentials:
    """The credentials that the endpoint accepts."""
    return Credentials(
        endpoint.url, endpoint.client_id, SecretStr(endpoint.secret), ClientAuthentication.BASIC, ""
    )


class Clock:
    """A monotonic clock that only a test advances."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def source(
    client: httpx.AsyncClient, credentials: Credentials, clock: Clock
) -> AsyncIterator[TokenSource]:
    async with TokenSource(client, credentials, clock=clock) as source:
        yield source
