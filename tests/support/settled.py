"""Pressing keys, and waiting for screens that read their store in the background."""

import asyncio
import unicodedata
from collections.abc import Callable
from time import monotonic

from textual.events import Key
from textual.keys import REPLACED_KEYS, _character_to_key, _get_unicode_name_from_key
from textual.message_pump import MessagePump
from textual.pilot import Pilot
from textual.screen import Screen
from textual.worker import Worker

from core.store import Store
from core.store.sqlite.sqlite_store import SqliteStore
from tui.app import HookkeeperApp, Opens
from tui.dialogs.choice import DEAF

_PATIENCE = 50.0
"""Seconds that a busy machine has for what certainly happens."""
_PATIENCE_FOR_A_PICTURE = 10.0
"""Seconds in which it may become another one: less, for each picture that was changed takes as long."""
_LOOKS, _APART = 2, 0.01
"""So many times in a row, so many seconds apart, nothing is found that has something left to do."""
_LASTING = ("open", "keys", "current", "changes", "leave")
"""Groups of workers that live as long as the app."""


def already_open(store: Store, read_only: str = "") -> Opens:
    """For an app over a store that somebody else opens and closes."""

    async def opens() -> tuple[Store, str]:
        return store, read_only

    return opens


async def opened(pilot: Pilot[None]) -> None:
    """Wait until the first screen stands with what it read: its last word is who delivers."""
    while "deliver" not in text(pilot).partition("\n")[0]:
        await pilot.pause(0.03)
    await settled(pilot)


async def press(pilot: Pilot[None], *keys: str) -> None:
    """One key after the other, each once all has been done that the one before it asked for."""
    for key in keys:
        if key in ("enter", "space"):
            await _hears(pilot)
        _press(pilot, key)
        await settled(pilot)


async def press_at_once(pilot: Pilot[None], *keys: str) -> None:
    """All of them before the app has seen the first; then wait for what they do."""
    press_only(pilot, *keys)
    await settled(pilot)


def press_only(pilot: Pilot[None], *keys: str) -> None:
    """All of them, without waiting for what they do."""
    for key in keys:
        _press(pilot, key)


async def write(pilot: Pilot[None], words: str) -> None:
    """Put these words into the field that has the focus, in place of what it holds."""
    await press(pilot, "end", "ctrl+u")
    for character in words:
        _press(pilot, character)
    await settled(pilot)


async def _hears(pilot: Pilot[None]) -> None:
    """A dialog that was opened just now hears no Enter, nor does a button that is drawn as pressed."""
    await asyncio.sleep(getattr(pilot.app.screen, "_opened", 0.0) + DEAF - monotonic())
    await until(pilot, lambda: (focused := pilot.app.focused) is None or not focused.has_class("-active"))


def _press(pilot: Pilot[None], key: str) -> None:
    """As a pilot does, which waits after each key for twenty milliseconds in which nothing is computed, and twice."""
    name = key if len(key) > 1 or key.isalnum() else _character_to_key(key)
    try:
        character = unicodedata.lookup(_get_unicode_name_from_key(REPLACED_KEYS.get(name, name)))
    except KeyError:
        character = key if len(key) == 1 else ""
    pilot.app.post_message(Key(name, character or None))


async def settled(pilot: Pilot[None]) -> None:
    """Wait until nothing has anything left to do."""
    patience = monotonic() + _PATIENCE
    looks = 0
    while looks < _LOOKS:
        assert monotonic() < patience, "it still has something to do"
        await asyncio.sleep(_APART)
        looks = 0 if _is_busy(pilot) else looks + 1


async def until(pilot: Pilot[None], done: Callable[[], object]) -> None:
    """Let the app work until a condition holds."""
    patience = monotonic() + _PATIENCE
    while not done():
        assert monotonic() < patience, "it did not happen"
        await pilot.pause(0.03)


async def drawn_as(pilot: Pilot[None], picture: str) -> str:
    """The screen's picture: this one, as soon as it is, or whatever it is after a busy machine's patience."""
    patience = monotonic() + _PATIENCE_FOR_A_PICTURE
    if not picture:
        await until(pilot, lambda: not pilot.app.screen.query(".-active"))  # no button is drawn as pressed
    while named(now := pilot.app.export_screenshot()) != picture and picture and monotonic() < patience:
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


def _is_read(store: Store) -> bool:
    assert isinstance(store, SqliteStore)
    return store._reading.locked()


def _is_busy(pilot: Pilot[None]) -> bool:
    app = pilot.app
    assert isinstance(app, HookkeeperApp)
    if not app.is_running:
        return False
    current = app._current
    return (
        # What was done is still to be read from the store and drawn.
        (current is not None and (current._hurry.is_set() or _is_read(current.store)))
        or not app._turns.is_empty
        or any(_works(worker, pilot) for worker in app.workers)
        or _is_undrawn(app.screen)
        or not all(_waits(each) for each in (app, *app.screen.walk_children(with_self=True)))
    )


def _waits(pump: MessagePump) -> bool:
    """Whether it has nothing to do until the next message."""
    news: asyncio.Event = pump._message_queue.ready_event
    return bool(news._waiters) and not news.is_set()


def _is_undrawn(screen: Screen[object]) -> bool:
    return bool(
        screen._layout_required
        or screen._scroll_required
        or screen._repaint_required
        or screen._recompose_required
        or screen._dirty_widgets
        or screen._callbacks
    )


def _works(worker: Worker[object], pilot: Pilot[None]) -> bool:
    """Whether it does something now: below a dialog it waits for an answer."""
    return worker.is_running and worker.group not in _LASTING and worker.node.screen is pilot.app.screen
