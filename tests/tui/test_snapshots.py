"""How every screen looks at 80x24 and 120x40, over the example books."""

import re
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.image import SVGImageSnapshotExtension

from core.store import Store
from tests.support.books import write_books
from tui.app import HookkeeperApp

SCREENS = {
    "webhooks": ("1", "down"),
    "generate": ("1", "n"),
    "generate-wrong": ("1", "n", "tab", "x", "ctrl+s"),
    "edit": ("1", "e"),
    "delete": ("1", "d"),
    "disable": ("1", "x"),
    "actions": ("1", "space"),
    "test": ("1", "t"),
    "settings": ("2",),
    "settings-wrong": ("2", "enter", "x", "ctrl+s"),
    "monitor": ("3", "down"),
    "attention": ("3", "v"),
    "delivery": ("3", "down", "enter"),
    "cancel": ("3", "down", "c"),
    "help": ("question_mark",),
}


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
@pytest.mark.parametrize("name", SCREENS)
async def test_looks(
    name: str, size: tuple[int, int], database: Path, store: Store, snapshot: SnapshotAssertion
) -> None:
    """As it was when somebody last looked at it (`pytest --snapshot-update` after looking again)."""
    await write_books(database)
    app = HookkeeperApp(store, starts_dispatcher=False)
    async with app.run_test(size=size) as pilot:
        await pilot.pause(0.8)
        for key in SCREENS[name]:
            await pilot.press(key)
            await pilot.pause(0.5)
            await pilot.pause()
        svg = app.export_screenshot()
    named = re.sub(r"terminal-[0-9]+", "terminal", svg)
    assert named == snapshot(extension_class=SVGImageSnapshotExtension)
