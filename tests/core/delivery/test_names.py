"""Name resolution: silent nameservers delay no other name, and no answer leads into our own network."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from core.delivery.attempt import Request, attempt
from core.delivery.http import Http, names
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


async def test_silent_nameservers_delay_nobody_else(
    receiver: Receiver, nameserver: Nameserver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While 200 lookups of four names wait in vain, a healthy name is resolved and delivered to."""
    monkeypatch.setattr(names, "DNS_LIMIT", 600.0)
    nameserver.answers["good.test"] = [["127.0.0.1"]]
    async with Http(lambda: ("127.0.0.0/8",), nameservers=[nameserver.address]) as http:
        silent = [f"https://silent{number % 4}.test/{number}" for number in range(200)]
        waiting = [asyncio.create_task(_attempt(http, url, 600.0)) for url in silent]
        await nameserver.wait_for(4)
        result = await _attempt(http, f"http://good.test:{receiver.port}/", 60.0)
        assert result.outcome is Outcome.OK
        assert not any(task.done() for task in waiting)
        for task in waiting:
            task.cancel()
        await asyncio.wait(waiting)


@pytest.mark.parametrize("address", ["192.0.0.192", "168.63.129.16", "192.88.99.1"])
async def test_metadata_and_platform_addresses_are_never_connected_to(
    nameserver: Nameserver, address: str
) -> None:
    """Refused at both doors, as an answer for a name and as the address itself, although everything is allowed."""
    nameserver.answers["cloud.test"] = [[address]]
    async with Http(lambda: ("0.0.0.0/0", "::/0"), nameservers=[nameserver.address]) as http:
        for host in ("cloud.test", address):
            result = await _attempt(http, f"http://{host}/")
            assert result.outcome is Outcome.ADDRESS_BLOCKED
            assert result.reason.startswith(f"{address} is never delivered to: ")


@pytest.mark.parametrize("address", ["fec0::1", "::ffff:0:7f00:1", "5f00::1", "64:ff9b:1::7f00:1"])
async def test_special_ipv6_addresses_are_never_connected_to(address: str) -> None:
    """Refused at the socket, although everything is allowed."""
    async with Http(lambda: ("0.0.0.0/0", "::/0")) as http:
        result = await _attempt(http, f"http://[{address}]/")
    assert result.outcome is Outcome.ADDRESS_BLOCKED
    assert " is never delivered to: " in result.reason


async def test_one_private_answer_refuses_the_name(nameserver: Nameserver, receiver: Receiver) -> None:
    """Public and private side by side: nothing is connected to."""
    nameserver.answers["mixed.test"] = [["203.0.114.1", "127.0.0.1"]]
    async with Http(lambda: (), nameservers=[nameserver.address]) as http:
        result = await _attempt(http, f"http://mixed.test:{receiver.port}/")
    assert result.outcome is Outcome.ADDRESS_BLOCKED
    assert receiver.connections == 0
