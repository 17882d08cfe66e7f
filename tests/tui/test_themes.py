"""The themes: readable colours that every terminal has, and switching a theme while the app runs."""

from itertools import product
from pathlib import Path

import pytest
import time_machine
from rich.color import Color
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.image import SVGImageSnapshotExtension
from textual.color import Color as Shade

from core.store import Store
from tests.support.books import NOW, write_books
from tests.support.settled import already_open, named, opened, settled
from tui import theme
from tui.app import HookkeeperApp
from tui.state import StateFile

COLOURED = [name for name, palette in theme.PALETTES.items() if palette.has_colours]
ON_GROUNDS = list(
    product(
        ("plain", "muted", "primary", "success", "warning", "error"),
        ("ground", "surface", "field"),
    )
)
ON_FOCUS = [("plain", "field-focus"), ("muted", "field-focus"), ("primary", "field-focus")]
PAIRS = [*ON_GROUNDS, *ON_FOCUS, ("selection-text", "selection"), ("ground", "primary")]


@pytest.mark.parametrize("name", COLOURED)
@pytest.mark.parametrize(("text", "ground"), PAIRS, ids="-".join)
def test_every_text_can_be_read(name: str, text: str, ground: str) -> None:
    """At least 4.5 to 1 on each ground that it may stand on (WCAG 2.1, 1.4.3)."""
    colours = theme.PALETTES[name].colours
    assert _contrast(colours[text], colours[ground]) >= 4.5


def test_contrast_is_measured_right() -> None:
    """Black on white is 21 to 1, and #767676 just passes on white."""
    assert _contrast("#000000", "#ffffff") == pytest.approx(21)
    assert _contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


def _contrast(one: str, other: str) -> float:
    darker, lighter = sorted(_luminance(Shade.parse(colour)) for colour in (one, other))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: Shade) -> float:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour.normalized
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("name", COLOURED)
def test_every_colour_is_one_of_the_256(name: str) -> None:
    """And not one of the first 16, which terminals change."""
    fixed = {Color.from_ansi(number).get_truecolor().hex for number in range(16, 256)}
    assert set(theme.PALETTES[name].colours.values()) <= fixed


@pytest.mark.parametrize("keys", [(), ("e",)], ids=["webhooks", "edit"])
@pytest.mark.parametrize("name", [name for name in theme.PALETTES if name != theme.INK])
async def test_looks(
    name: str, keys: tuple[str, ...], database: Path, store: Store, snapshot: SnapshotAssertion
) -> None:
    """As it was when somebody last looked at it; chosen while the app runs, with nothing left of the other one."""
    await write_books(database)
    app = HookkeeperApp(already_open(store), starts_dispatcher=False)
    with time_machine.travel(NOW / 1000, tick=False):
        async with app.run_test(size=(80, 24)) as pilot:
            await opened(pilot)
            app.choose_theme(name)
            await settled(pilot)
            await pilot.press(*keys)
            await settled(pilot)
            svg = named(app.export_screenshot())
    for colour in theme.PALETTES[theme.INK].colours.values():
        assert colour in theme.PALETTES[name].colours.values() or colour not in svg
    assert svg == snapshot(extension_class=SVGImageSnapshotExtension)


@pytest.mark.parametrize("name", theme.PALETTES)
async def test_a_theme_looks_the_same_from_the_start(name: str, store: Store) -> None:
    """As when it was chosen while the app ran, in another theme."""
    pictures: list[str] = []
    StateFile().keep(theme="paper" if name == theme.ANSI else theme.ANSI)
    for _ in range(2):
        app = HookkeeperApp(already_open(store), starts_dispatcher=False)
        async with app.run_test(size=(80, 24)) as pilot:
            await opened(pilot)
            if not pictures:
                app.choose_theme(name)
            await settled(pilot)
            pictures.append(named(app.export_screenshot()))
    assert pictures[0] == pictures[1]


async def test_a_theme_comes_back(store: Store) -> None:
    """Chosen once, it is there the next time; one that is not known is ink."""
    app = HookkeeperApp(already_open(store), starts_dispatcher=False)
    async with app.run_test():
        app.choose_theme("paper")
    again = HookkeeperApp(already_open(store), starts_dispatcher=False)
    async with again.run_test():
        assert again.theme == "paper"
    StateFile().keep(theme="nosuch")
    unknown = HookkeeperApp(already_open(store), starts_dispatcher=False)
    async with unknown.run_test():
        assert unknown.theme == "ink"
