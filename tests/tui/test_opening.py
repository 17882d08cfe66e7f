"""The screen before the store is open, and the keys that are typed meanwhile."""

import asyncio
from collections.abc import Callable

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.image import SVGImageSnapshotExtension
from textual.app import App
from textual.events import Key, Paste
from textual.widgets import Input

from core.errors import HookkeeperError
from core.store import Store
from tests.support.settled import named, settled, text, until
from tui.app import HookkeeperApp, Opens
from tui.dialogs.webhook import WebhookDialog
from tui.screens.webhooks import WebhooksScreen


@pytest.fixture
def gate() -> asyncio.Event:
    """Set, it lets the store open."""
    return asyncio.Event()


@pytest.fixture
def opens(store: Store, gate: asyncio.Event) -> Opens:
    async def wait() -> tuple[Store, str]:
        await gate.wait()
        return store, ""

    return wait


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
async def test_looks(opens: Opens, size: tuple[int, int], snapshot: SnapshotAssertion) -> None:
    """A frame without anything that could be wrong."""
    app = HookkeeperApp(opens, starts_dispatcher=False)
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: "Opening the database …" in text(pilot))
        assert named(app.export_screenshot()) == snapshot(extension_class=SVGImageSnapshotExtension)


async def test_keys_are_kept(opens: Opens, gate: asyncio.Event) -> None:
    """They do what they do on the screen that follows."""
    app = HookkeeperApp(opens, starts_dispatcher=False)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("n")
        assert "Opening the database …" in text(pilot)
        gate.set()
        await until(pilot, lambda: isinstance(app.screen, WebhookDialog))
        await settled(pilot)


async def test_a_paste_is_kept_among_them(opens: Opens, gate: asyncio.Event) -> None:
    """In its place: what is typed before it leads to the field that it goes into."""
    app = HookkeeperApp(opens, starts_dispatcher=False)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "Opening the database …" in text(pilot))
        for typed in (Key("2", "2"), Key("tab", "\t"), Paste("https://a.example/"), Key("x", "x")):
            app.post_message(typed)
        await pilot.pause()
        gate.set()
        await until(pilot, lambda: bool(app.screen.query("#authentication_url")))
        await settled(pilot)
        assert app.screen.query_one("#authentication_url", Input).value == "https://a.example/x"


async def test_a_terminal_that_is_too_small_meanwhile(opens: Opens, gate: asyncio.Event) -> None:
    """Says so until there is room again."""
    app = HookkeeperApp(opens, starts_dispatcher=False)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.resize_terminal(52, 14)
        await until(pilot, lambda: "Hookkeeper needs 60x18" in text(pilot))
        gate.set()
        await until(pilot, lambda: any(isinstance(each, WebhooksScreen) for each in app.screen_stack))
        await until(pilot, lambda: "Hookkeeper needs 60x18" in text(pilot))
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: "Webhook configurations" in text(pilot))
        await settled(pilot)


@pytest.mark.parametrize("key", ["ctrl+c", "ctrl+q"])
async def test_leaving_meanwhile(opens: Opens, key: str) -> None:
    app = HookkeeperApp(opens, starts_dispatcher=False)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await pilot.press(key)
        await until(pilot, _ended(app))
    assert (app.return_code, app.failure) == (0, "")


async def test_a_store_that_does_not_open(gate: asyncio.Event) -> None:
    """One sentence, for after the screens."""

    async def refuses() -> tuple[Store, str]:
        await gate.wait()
        raise HookkeeperError("The file is not a database.")

    app = HookkeeperApp(refuses, starts_dispatcher=False)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        gate.set()
        await until(pilot, _ended(app))
    assert (app.return_code, app.failure) == (1, "The file is not a database.")


def _ended(app: App[None]) -> Callable[[], bool]:
    return lambda: app.return_code is not None
