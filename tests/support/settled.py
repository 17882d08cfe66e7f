"""Pressing keys, and waiting for screens that read their store in the background."""

from collections.abc import Callable
from time import monotonic

from textual.pilot import Pilot
from textual.screen import ModalScreen
from textual.worker import Worker

from tui.dialogs.choice import DEAF

_PATIENCE = 10.0
_LASTING = ("current", "changes", "leave")
"""Groups of workers that live as long as the app."""


async def opened(pilot: Pilot[None]) -> None:
    """Wait until the first screen stands with what it read: its last word is who delivers."""
    while "deliver" not in _drawn(pilot).partition("\n")[0]:
        await pilot.pause(0.03)
    await settled(pilot)


async def press(pilot: Pilot[None], *keys: str) -> None:
    """One key after the other, each once all has been done that the one before it asked for."""
    for key in keys:
        before = pilot.app.screen
        await pilot.press(key)
        await settled(pilot)
        if isinstance(pilot.app.screen, ModalScreen) and pilot.app.screen is not before:
            await pilot.pause(DEAF)


async def write(pilot: Pilot[None], words: str) -> None:
    """Put these words into the field that has the focus, in place of what it holds."""
    await pilot.press("end", "ctrl+u", *("space" if character == " " else character for character in words))
    await settled(pilot)


async def settled(pilot: Pilot[None]) -> None:
    """Wait until no worker has anything left to do and what is drawn stays the same."""
    patience = monotonic() + _PATIENCE
    before, now = "", _drawn(pilot)
    while (now != before or _is_busy(pilot)) and monotonic() < patience:
        await pilot.pause(0.02)
        if not _is_busy(pilot):  # drawing takes a while
            before, now = now, _drawn(pilot)


async def until(pilot: Pilot[None], done: Callable[[], object]) -> None:
    """Let the app work until a condition holds."""
    patience = monotonic() + 2 * _PATIENCE
    while not done():
        assert monotonic() < patience, "it did not happen"
        await pilot.pause(0.03)


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


def text(pilot: Pilot[None]) -> str:
    """What is drawn, line by line."""
    strips = pilot.app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip) for strip in strips)


def _drawn(pilot: Pilot[None]) -> str:
    return f"{text(pilot)}\n{pilot.app.screen}\n{pilot.app.focused}"


def _is_busy(pilot: Pilot[None]) -> bool:
    return any(_works(worker, pilot) for worker in pilot.app.workers)


def _works(worker: Worker[object], pilot: Pilot[None]) -> bool:
    """Whether it does something now: below a dialog it waits for an answer."""
    return worker.is_running and worker.group not in _LASTING and worker.node.screen is pilot.app.screen
