"""`make screenshots`: the screens over the example books, as SVG and PNG."""

import asyncio
import os
import tempfile
from pathlib import Path

import resvg_py
import time_machine

from core.store import open_store
from tests.support.books import NOW, somebody_delivers, write_books
from tests.support.settled import already_open, opened, press
from tui.app import HookkeeperApp

FOLDER = Path(__file__).parents[2] / "screenshots"
FONTS = Path(__file__).parent / "fonts"
FAMILY = "DejaVu Sans Mono"
SHOTS = {
    "webhooks": ("1", "down"),
    "generate": ("1", "n"),
    "settings": ("2",),
    "monitor": ("3", *["down"] * 5),
    "delivery": ("3", *["down"] * 5, "enter"),
}


async def _take(path: Path) -> None:
    for name, keys in SHOTS.items():
        for width, height in ((80, 24), (120, 40)):
            async with open_store(path) as store:
                app = HookkeeperApp(already_open(store), starts_dispatcher=False)
                async with app.run_test(size=(width, height)) as pilot:
                    await opened(pilot)
                    await press(pilot, *keys)
                    svg = app.export_screenshot(title="Hookkeeper")
            FOLDER.mkdir(exist_ok=True)
            file = FOLDER / f"{name}-{width}.svg"
            file.write_text(svg)
            file.with_suffix(".png").write_bytes(_png(svg))


def _png(svg: str) -> bytes:
    """Render an SVG with our own font files, so that the PNG is the same on every machine."""
    return bytes(
        resvg_py.svg_to_bytes(
            svg_string=svg,
            skip_system_fonts=True,
            font_files=[str(file) for file in sorted(FONTS.glob("*.ttf"))],
            monospace_family=FAMILY,
            serif_family=FAMILY,
            sans_serif_family=FAMILY,
            font_family=FAMILY,
        )
    )


def main() -> None:
    """Make all screenshots again."""
    os.environ["TZ"] = "UTC"
    with tempfile.TemporaryDirectory() as folder:
        os.environ["HOOKKEEPER_KEY_FILE"] = str(Path(folder) / "keys")
        os.environ["XDG_STATE_HOME"] = str(Path(folder) / "state")
        os.environ["XDG_CONFIG_HOME"] = str(Path(folder) / "config")
        path = Path(folder) / "hookkeeper.db"
        asyncio.run(write_books(path))
        with time_machine.travel(NOW / 1000, tick=False), somebody_delivers(path):
            asyncio.run(_take(path))


if __name__ == "__main__":
    main()
