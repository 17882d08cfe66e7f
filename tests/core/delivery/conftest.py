"""A receiver and the HTTP module, on loopback."""

from collections.abc import AsyncIterator

import pytest

from core.delivery.http import Http
from tests.support.receiver import Receiver


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
