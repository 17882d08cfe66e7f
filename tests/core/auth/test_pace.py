"""The backoff of requests to a failing token endpoint."""

import asyncio

import httpx
import pytest

from core.auth import Credentials, TokenError, TokenSource
from tests.core.auth.conftest import Clock
from tests.support.token_endpoint import TokenEndpoint


async def failed(source: TokenSource) -> TokenError:
    with pytest.raises(TokenError) as failure:
        await source.token()
    return failure.value


async def test_no_request_before_its_time(endpoint: TokenEndpoint, source: TokenSource, clock: Clock) -> None:
    """The backoff is 1, 2, 4, ... 30 s, plus up to a tenth. Until then callers get the last error without a request."""
    endpoint.status = 503

    for requests, wait in enumerate([1, 2, 4, 8, 16, 30, 30, 30], start=1):
        asked = await failed(source)
        assert wait <= asked.retry_at - clock.now <= wait * 1.1
        assert (source.retry_at, source.wait) == (asked.retry_at, asked.retry_at - clock.now)

        clock.now = asked.retry_at - 0.001
        told = await failed(source)
        assert (told.words, told.retry_at) == ("the token endpoint answered 503", asked.retry_at)
        assert told is not await failed(source)
        assert endpoint.count == requests

        clock.now = asked.retry_at + 1
        assert source.wait == 0.0


async def test_one_request_when_the_time_has_come(
    endpoint: TokenEndpoint, source: TokenSource, clock: Clock
) -> None:
    """Fifty callers that waited for the endpoint share one request, and its failure."""
    endpoint.status = 503
    clock.now = (await failed(source)).retry_at
    endpoint.delay = 0.05

    failures = await asyncio.gather(*(failed(source) for _ in range(50)))

    assert endpoint.count == 2
    assert len({id(failure) for failure in failures}) == 50
    assert {failure.retry_at for failure in failures} == {source.retry_at}


async def test_well_again(endpoint: TokenEndpoint, source: TokenSource, clock: Clock) -> None:
    """A successful fetch resets the backoff, so the next failure starts from 1 s."""
    endpoint.status = 503
    for _ in range(3):
        clock.now = (await failed(source)).retry_at
    endpoint.status = None

    await source.token()
    assert (source.failure, source.retry_at, source.wait) == (None, None, None)

    endpoint.status = 503
    clock.now += 3600
    assert source.failure is None
    assert 1 <= (await failed(source)).retry_at - clock.now <= 1.1


@pytest.mark.parametrize(
    ("retry_after", "least", "most"),
    [
        ("120", 120, 120),
        ("7200", 7200, 7200),
        ("99999999999", 86400, 86400),
        ("12.5", 12.5, 12.5),
        ("0", 1, 1.1),
        ("x", 1, 1.1),
    ],
)
async def test_retry_after(
    endpoint: TokenEndpoint, source: TokenSource, clock: Clock, retry_after: str, least: float, most: float
) -> None:
    """The next request comes after the longer of our backoff and Retry-After, at most a day."""
    endpoint.status, endpoint.headers = 429, {"Retry-After": retry_after}

    assert least <= (await failed(source)).retry_at - clock.now <= most


async def test_refused_credentials(endpoint: TokenEndpoint, source: TokenSource, clock: Clock) -> None:
    """An error that only a person can fix is retried every 30 s from the start."""
    endpoint.secret = "changed"

    error = await failed(source)

    assert error.code == "invalid_client"
    assert 30 <= error.retry_at - clock.now <= 33


async def test_down_and_up_again(endpoint: TokenEndpoint, source: TokenSource, clock: Clock) -> None:
    """A closed port gives a clear error, and a token comes once the port is open again."""
    await endpoint.close()
    error = await failed(source)
    assert (
        str(error) == f"the token endpoint at {endpoint.base.removeprefix('http://')} refuses the connection."
    )

    await endpoint.open()
    clock.now = error.retry_at
    assert (await source.token()).value.get_secret_value() == "tok-1"


async def test_changes_are_told(
    endpoint: TokenEndpoint, client: httpx.AsyncClient, credentials: Credentials, clock: Clock
) -> None:
    """Each failure and the recovery is reported once, with the state at that time."""
    told: list[tuple[str | None, float | None]] = []

    def on_change(source: TokenSource) -> None:
        told.append((None if source.failure is None else source.failure.words, source.retry_at))

    async with TokenSource(client, credentials, clock=clock, on_change=on_change) as source:
        endpoint.status = 503
        first = await failed(source)
        await failed(source)
        clock.now = first.retry_at
        second = await failed(source)
        clock.now = second.retry_at
        endpoint.status = None
        await source.token()
        await source.token()

    assert told == [
        ("the token endpoint answered 503", first.retry_at),
        ("the token endpoint answered 503", second.retry_at),
        (None, None),
    ]
