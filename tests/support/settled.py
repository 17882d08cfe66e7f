"""Waiting for screens that read their store in the background."""

from time import monotonic

from textual.pilot import Pilot

_LOOKS_THE_SAME = 4
_PATIENCE = 10.0
_SHORT = ("enter", "jump", "pane", "walk", "count", "act", "buttons")
"""Groups of workers that end by themselves; others live as long as the app, or a dialog."""


async def opened(pilot: Pilot[None]) -> None:
    """Wait until the first screen stands with what it read: its last word is who delivers."""
    while "deliver" not in _drawn(pilot).partition("\n")[0]:
        await pilot.pause(0.03)
    await settled(pilot)


async def settled(pilot: Pilot[None], at_least: float = 0.0) -> None:
    """Wait until nothing that is drawn has changed for a few looks; `at_least` for so many seconds."""
    began = monotonic()
    before, same = "", 0
    while monotonic() < began + at_least or (same < _LOOKS_THE_SAME and monotonic() < began + _PATIENCE):
        await pilot.pause(0.03)
        now = _drawn(pilot)
        busy = any(worker.is_running for worker in pilot.app.workers if worker.group in _SHORT)
        before, same = now, same + 1 if now == before and not busy else 0


async def drawn_as(pilot: Pilot[None], picture: str) -> str:
    """The screen's picture once it is this one, or whatever it is after a busy machine's patience."""
    patience = monotonic() + _PATIENCE
    while (now := pilot.app.export_screenshot()) and named(now) != picture and monotonic() < patience:
        await pilot.pause(0.05)
    return named(now)


def named(svg: str) -> str:
    """A picture without the number that is another one in each."""
    head, *rest = svg.split("terminal-")
    return "terminal".join([head, *(part.lstrip("0123456789") for part in rest)])


def _drawn(pilot: Pilot[None]) -> str:
    screen = pilot.app.screen
    lines = ("".join(segment.text for segment in strip) for strip in screen._compositor.render_strips())
    return "\n".join((*lines, str(screen), str(pilot.app.focused)))
