"""Press keys, and wait for screens that read their store in the background."""

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
"""Timeout in seconds for what must happen, with room for a busy machine."""
_PATIENCE_FOR_A_PICTURE = 10.0
"""Timeout in seconds for a picture to match. It is shorter, because each changed picture waits for all of it."""
_LOOKS, _APART = 2, 0.01
"""The app counts as settled after this many checks in a row, this many seconds apart, found no work left."""
_LASTING = ("open", "keys", "current", "changes", "leave")
"""Groups of workers that live as long as the app."""


def already_open(store: Store, read_only: str = "") -> Opens:
    """Return an opener for an app whose store the caller opens and closes."""

    async def opens() -> tuple[Store, str]:
        return store, read_only

    return opens


async def opened(pilot: Pilot[None]) -> None:
    """Wait until the first screen shows what it read. Who delivers is the last thing that appears."""
    while "deliver" not in text(pilot).partition("\n")[0]:
        await pilot.pause(0.03)
    await settled(pilot)


async def press(pilot: Pilot[None], *keys: str) -> None:
    """Press keys one after the other, each after the effects of the previous one are complete."""
    for key in keys:
        if key in ("enter", "space"):
            await _hears(pilot)
        _press(pilot, key)
        await settled(pilot)


async def press_at_once(pilot: Pilot[None], *keys: str) -> None:
    """Press all keys before the app has seen the first one, then wait for their effects."""
    press_only(pilot, *keys)
    await settled(pilot)


def press_only(pilot: Pilot[None], *keys: str) -> None:
    """Press all keys without waiting for their effects."""
    for key in keys:
        _press(pilot, key)


async def write(pilot: Pilot[None], words: str) -> None:
    """Replace the text of the focused field."""
    await press(pilot, "end", "ctrl+u")
    for character in words:
        _press(pilot, character)
    await settled(pilot)


async def _hears(pilot: Pilot[None]) -> None:
    """Wait until Enter is accepted: a new dialog ignores it at first, as does a button that is drawn as pressed."""
    await asyncio.sleep(getattr(pilot.app.screen, "_opened", 0.0) + DEAF - monotonic())
    await until(pilot, lambda: (focused := pilot.app.focused) is None or not focused.has_class("-active"))


def _press(pilot: Pilot[None], key: str) -> None:
    """Post a key as `Pilot.press` does, but without its two waits of 20 ms for an idle CPU after each key."""
    name = key if len(key) > 1 or key.isalnum() else _character_to_key(key)
    try:
        character = unicodedata.lookup(_get_unicode_name_from_key(REPLACED_KEYS.get(name, name)))
    except KeyError:
        character = key if len(key) == 1 else ""
    pilot.app.post_message(Key(name, character or None))


async def settled(pilot: Pilot[None]) -> None:
    """Wait until the app has no work left."""
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
    """Return the screen's picture: `picture` as soon as it matches, or the current one after a timeout."""
    patience = monotonic() + _PATIENCE_FOR_A_PICTURE
    if not picture:
        await until(pilot, lambda: not pilot.app.screen.query(".-active"))  # no button is drawn as pressed
    while named(now := pilot.app.export_screenshot()) != picture and picture and monotonic() < patience:
        await pilot.pause(0.05)
    return named(now)


def named(svg: str) -> str:
    """Return a picture without the number that differs in every picture."""
    head, *rest = svg.split("terminal-")
    return "terminal".join([head, *(part.lstrip("0123456789") for part in rest)])


def text(pilot: Pilot[None]) -> str:
    """Return the text of the screen, line by line."""
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
        # The result of the last action is yet to be read from the store and drawn.
        (current is not None and (current._hurry.is_set() or _is_read(current.store)))
        or not app._turns.is_empty
        or any(_works(worker, pilot) for worker in app.workers)
        or _is_undrawn(app.screen)
        or not all(_waits(each) for each in (app, *app.screen.walk_children(with_self=True)))
    )


def _waits(pump: MessagePump) -> bool:
    """Return whether the pump is idle until its next message."""
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
    """Return whether the worker is busy. A worker of a screen below a dialog only waits for the dialog's answer."""
    return worker.is_running and worker.group not in _LASTING and worker.node.screen is pilot.app.screen
