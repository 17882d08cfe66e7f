"""Names: nameservers that say nothing delay nobody else, and no answer leads into our own network."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from core.delivery.attempt import Request, attempt
from core.delivery.http import Http
from core.models import AcceptedAnswer, AttemptResult, Outcome
from tests.support.nameserver import Nameserver
from tests.support.receiver import Receiver


@pytest.fixture
async def nameserver() -> AsyncIterator[Nameserver]:
    """A real nameserver."""
    async with Nameserver() as nameserver:
        yield nameserver


async def _attempt(http: Http, url: str, deadline: float = 5.0) -> AttemptResult:
    request = Request(
        url, "dlv_1", "session-failed", 1, b"{}", False, (), (), AcceptedAnswer.ANY_2XX, deadline
    )
    return await attempt(http, request, None)


async def test_silent_nameservers_delay_nobody_else(receiver: Receiver, nameserver: Nameserver) -> None:
    """While 200 lookups of four names wait in vain, a healthy name is resolved and delivered to at once."""
    nameserver.answers["good.test"] = [["127.0.0.1"]]
    async with Http(lambda: ("127.0.0.0/8",), nameservers=[nameserver.address]) as http:
        silent = [f"https://silent{number % 4}.test/{number}" for number in range(200)]
        waiting = [asyncio.create_task(_attempt(http, url, 4.0)) for url in silent]
        await nameserver.wait_for(4)
        began = time.monotonic()
        result = await _attempt(http, f"http://good.test:{receiver.port}/")
        print(f"healthy name beside four silent ones: {(time.monotonic() - began) * 1000:.0f} ms")
        assert result.outcome is Outcome.OK
        assert not any(task.done() for task in waiting)
        results = await asyncio.gather(*waiting)
    assert {each.outcome for each in results} == {Outcome.DNS}


async def test_one_private_answer_refuses_the_name(nameserver: Nameserver, receiver: Receiver) -> None:
    """Public and private side by side: nothing is connected to."""
    nameserver.answers["mixed.test"] = [["203.0.114.1", "127.0.0.1"]]
    async with Http(lambda: (), nameservers=[nameserver.address]) as http:
        result = await _attempt(http, f"http://mixed.test:{receiver.port}/")
    assert result.outcome is Outcome.ADDRESS_BLOCKED
    assert receiver.connections == 0
