"""The real app over a real store, driven by Pilot."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Button, Static

from core.store import Store, open_store
from tests.support.settled import already_open, opened, until
from tui.app import HookkeeperApp
from tui.screens.delivery import DeliveryScreen
from tui.widgets.delivery_detail import DeliveryDetail

Screens = Callable[..., AbstractAsyncContextManager[Pilot[None]]]


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The path of a test's database. None of the user's own files are touched."""
    monkeypatch.setenv("HOOKKEEPER_KEY_FILE", str(tmp_path / "keys"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    return tmp_path / "hookkeeper.db"


@pytest.fixture
async def store(database: Path) -> AsyncIterator[Store]:
    """A store with which the test itself reads the books."""
    async with open_store(database) as store:
        yield store


@pytest.fixture
def screens(store: Store) -> Screens:
    """Opens the app at a size."""

    @asynccontextmanager
    async def app(width: int = 80, height: int = 24) -> AsyncIterator[Pilot[None]]:
        started = HookkeeperApp(already_open(store), starts_dispatcher=False)
        async with started.run_test(size=(width, height)) as pilot:
            await opened(pilot)
            yield pilot

    return app


def detail_text(pilot: Pilot[None]) -> str:
    """Return the whole text of a delivery's page."""
    return "\n".join(
        str(part.content) for part in pilot.app.screen.query("DeliveryDetail Static").results(Static)
    )


async def show_delivery(pilot: Pilot[None], delivery: str) -> None:
    """Open its page and wait until it has been read."""
    pilot.app.push_screen(DeliveryScreen(delivery))
    await until(pilot, lambda: pilot.app.screen.query(DeliveryDetail) and delivery in detail_text(pilot))


def dialog_lines(pilot: Pilot[None]) -> list[str]:
    """The lines of the open dialog."""
    return [str(line.content) for line in pilot.app.screen.query("#fields Static").results(Static)]


def field_error(pilot: Pilot[None], field: str) -> str:
    """Return the error below a field of the open form."""
    return str(pilot.app.screen.query_one(f"#field-{field} .error", Static).content)


def button_label(pilot: Pilot[None]) -> str:
    """Return the label of the focused button."""
    button = pilot.app.screen.focused
    assert isinstance(button, Button)
    return str(button.label)
