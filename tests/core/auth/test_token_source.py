"""The token source, which shares one token between all workers."""

import asyncio

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from core.auth import Credentials, Token, TokenError, TokenSource
from tests.core.auth.conftest import Clock
from tests.support.token_endpoint import TokenEndpoint


def value(token: Token | None) -> str | None:
    return None if token is None else token.value.get_secret_value()


def waiting(source: TokenSource, count: int) -> list[asyncio.Task[Token]]:
    return [asyncio.create_task(source.token()) for _ in range(count)]


def under_way() -> int:
    """Return the number of requests that a source has begun, whether or not they have reached the endpoint."""
    coroutines = [task.get_coro() for task in asyncio.all_tasks()]
    return sum(getattr(coroutine, "__qualname__", "") == "TokenSource._renew" for coroutine in coroutines)


async def test_one_request_for_all(endpoint: TokenEndpoint, source: TokenSource) -> None:
    """Fifty callers at once share one request and one token."""
    endpoint.delay = 0.05

    tokens = await asyncio.gather(*waiting(source, 50))

    assert {value(token) for token in tokens} == {"tok-1"}
    assert (endpoint.count, endpoint.most_in_flight) == (1, 1)


async def test_nothing_is_asked_before_it_is_needed(endpoint: TokenEndpoint, source: TokenSource) -> None:
    """An unused source sends no request and has nothing to report."""
    assert (source.failure, source.retry_at, source.wait, endpoint.count) == (None, None, None, 0)


async def test_kept(endpoint: TokenEndpoint, source: TokenSource, clock: Clock) -> None:
    """The source returns the same token without a request until shortly before it expires."""
    first = await source.token()
    clock.now += 3569

    assert await source.token() is first
    assert (endpoint.count, under_way()) == (1, 0)


async def test_a_cancelled_caller_leaves_the_request_to_the_others(
    endpoint: TokenEndpoint, source: TokenSource
) -> None:
    """Cancelling the caller that started the request does not cancel the request."""
    endpoint.gate.clear()
    first, second = waiting(source, 2)
    await endpoint.wait_for(1)

    first.cancel()
    await asyncio.wait({first})
    endpoint.gate.set()

    assert first.cancelled()
    assert value(await second) == "tok-1"
    assert endpoint.count == 1


async def test_a_request_outlives_all_its_callers(endpoint: TokenEndpoint, source: TokenSource) -> None:
    """After every caller was cancelled, the next one joins the request that is still running."""
    endpoint.gate.clear()
    callers = waiting(source, 3)
    await endpoint.wait_for(1)
    for caller in callers:
        caller.cancel()
    await asyncio.wait(callers)

    [late] = waiting(source, 1)
    endpoint.gate.set()

    assert value(await late) == "tok-1"
    assert endpoint.count == 1


@pytest.mark.parametrize(("life", "margin"), [(3600, 30), (300, 30), (100, 10), (2, 0.2)])
async def test_refreshed_early(
    endpoint: TokenEndpoint, source: TokenSource, clock: Clock, life: float, margin: float
) -> None:
    """One request fetches the next token min(30 s, 10 %) before the expiry. Nobody waits for it."""
    endpoint.expires_in = life
    first = await source.token()

    clock.now += life - margin - 0.01
    assert await source.token() is first
    assert (endpoint.count, under_way()) == (1, 0)

    endpoint.gate.clear()
    clock.now += 0.02
    assert [await source.token() for _ in range(10)] == [first] * 10
    await endpoint.wait_for(2)

    clock.now += margin
    [late] = waiting(source, 1)
    endpoint.gate.set()
    assert value(await late) == "tok-2"
    assert (endpoint.count, endpoint.most_in_flight) == (2, 1)


async def test_expired(endpoint: TokenEndpoint, source: TokenSource, clock: Clock) -> None:
    """An expired token is never returned. Its lifetime counts from the start of the request."""
    endpoint.expires_in = 100
    await source.token()
    clock.now += 100

    assert value(await source.token()) == "tok-2"


async def test_a_failing_refresh_is_no_error_while_the_token_is_valid(
    endpoint: TokenEndpoint, client: httpx.AsyncClient, credentials: Credentials, clock: Clock
) -> None:
    """Callers notice a failing endpoint only once the token has expired."""
    endpoint.expires_in = 100
    changes: list[str | None] = []

    def on_change(source: TokenSource) -> None:
        changes.append(None if source.failure is None else source.failure.words)

    async with TokenSource(client, credentials, clock=clock, on_change=on_change) as source:
        first = await source.token()
        endpoint.status, endpoint.headers = 503, {"Retry-After": "60"}
        clock.now += 95
        before = asyncio.all_tasks()
        assert await source.token() is first
        await asyncio.wait(asyncio.all_tasks() - before)
        assert await source.token() is first
        assert (source.wait, changes, endpoint.count) == (None, [], 2)

        clock.now += 5
        with pytest.raises(TokenError, match=r"^the token endpoint answered 503\.$"):
            await source.token()
        assert (changes, endpoint.count) == (["the token endpoint answered 503"], 2)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(steps=st.lists(st.floats(min_value=0, max_value=5), min_size=1, max_size=20), life=st.floats(0.1, 5))
async def test_every_token_given_out_is_valid(
    client: httpx.AsyncClient, clock: Clock, steps: list[float], life: float
) -> None:
    """Every returned token is valid at the endpoint, however much time passes between calls."""
    async with TokenEndpoint(expires_in=life, clock=clock) as endpoint:
        credentials = Credentials(endpoint.url, endpoint.client_id, SecretStr(endpoint.secret))
        async with TokenSource(client, credentials, clock=clock) as source:
            for step in steps:
                clock.now += step
                assert endpoint.is_valid(value(await source.token()) or "")


async def test_tokens_of_two_seconds(
    endpoint: TokenEndpoint, client: httpx.AsyncClient, credentials: Credentials
) -> None:
    """In real time, the second token is there before the first one expires."""
    endpoint.expires_in = 2
    async with TokenSource(client, credentials) as source:
        first = second = await source.token()
        while second is first:
            await asyncio.sleep(0.02)
            second = await source.token()

        assert value(second) == "tok-2"
        assert endpoint.count == 2


async def test_fifty_refusals_cause_one_request(endpoint: TokenEndpoint, source: TokenSource) -> None:
    """After fifty 401s in flight, all get the same new token, and so do callers that ask meanwhile."""
    refused = await source.token()
    endpoint.revoke()
    endpoint.delay = 0.05

    replaced = await asyncio.gather(*(source.replace(refused) for _ in range(50)), source.token())

    assert {value(token) for token in replaced} == {"tok-2"}
    assert endpoint.count == 2


async def test_a_late_refusal_of_an_older_token(endpoint: TokenEndpoint, source: TokenSource) -> None:
    """A late 401 gets the newer token that already exists, without a request."""
    refused = await source.token()
    newer = await source.replace(refused)

    assert await source.replace(refused) is newer
    assert endpoint.count == 2


async def test_one_replacement_a_minute(endpoint: TokenEndpoint, source: TokenSource, clock: Clock) -> None:
    """A receiver that refuses every token does not keep the token endpoint busy."""
    refused = await source.replace(await source.token())
    assert refused is not None
    clock.now += 59.9

    assert await source.replace(refused) is None
    assert await source.token() is refused
    assert endpoint.count == 2

    clock.now += 0.2
    assert value(await source.replace(refused)) == "tok-3"


async def test_a_token_that_ended_on_its_way(
    endpoint: TokenEndpoint, source: TokenSource, clock: Clock
) -> None:
    """A 401 for an expired token does not count as the one replacement per minute."""
    endpoint.expires_in = 2
    for number in range(2, 5):
        refused = await source.token()
        clock.now += 2
        assert value(await source.replace(refused)) == f"tok-{number}"


async def test_a_replacement_that_fails(endpoint: TokenEndpoint, source: TokenSource, clock: Clock) -> None:
    """The refused token is not returned again. The next one comes once the endpoint is healthy."""
    refused = await source.token()
    endpoint.status = 503

    for request in (source.replace(refused), source.replace(refused), source.token()):
        with pytest.raises(TokenError, match="answered 503"):
            await request
    assert endpoint.count == 2

    endpoint.status = None
    clock.now += 1.1
    assert value(await source.token()) == "tok-2"


async def test_closing_leaves_nothing_behind(endpoint: TokenEndpoint, source: TokenSource) -> None:
    """Waiting callers get a TokenError, not a cancellation. No task and no request are left."""
    endpoint.gate.clear()
    callers = waiting(source, 3)
    await endpoint.wait_for(1)
    assert under_way() == 1

    await source.close()

    assert under_way() == 0
    for error in await asyncio.gather(*callers, return_exceptions=True):
        assert isinstance(error, TokenError)
        assert str(error) == "the token request was given up: the settings changed, or the dispatcher stops."
    endpoint.gate.set()
    with pytest.raises(TokenError):
        await source.token()
    await source.close()
    assert endpoint.count == 1


async def test_a_closed_source_asks_no_more(
    endpoint: TokenEndpoint, source: TokenSource, clock: Clock
) -> None:
    """A closed source still returns a valid token, but starts no request."""
    first = await source.token()
    await source.close()
    clock.now += 3590

    assert await source.token() is first
    clock.now += 10
    with pytest.raises(TokenError):
        await source.token()
    assert (endpoint.count, under_way()) == (1, 0)
