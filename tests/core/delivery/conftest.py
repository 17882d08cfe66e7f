"""A receiver and the HTTP module, on loopback."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping

import pytest
import uvloop

from core.delivery.http import Http
from tests.support.receiver import Receiver


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """The loop that the dispatcher runs on: its exceptions are not always those of asyncio's own."""
    return {"uvloop": uvloop.new_event_loop}


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """A real receiver."""
    async with Receiver() as receiver:
        yield receiver


@pytest.fixture
async def http() -> AsyncIterator[Http]:
    """The HTTP module, with loopback allowed."""
    async with Http(lambda: ("127.0.0.0/8",)) as http:
        yield http
