"""Keys that arrive together act as keys that are pressed one after the other."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING

from textual.events import Key, Paste
from textual.message_pump import MessagePump
from textual.widgets import Input

from tui.screens.frame import Frame

if TYPE_CHECKING:
    from textual.app import App

Typed = Key | Paste

_PATIENCE = 5.0
"""Seconds that a key waits at most for what the one before it does."""
_DRAWN = 0.03
"""Seconds in which a key's effect is usually drawn."""
_ROUNDS = 4
"""A handler may post a message whose handler posts the next one: Enter, what was entered, what that means, the focus."""
_AGAIN = 0.01
_MOVING = frozenset({"dialog", "enter", "add", "buttons", "save", "walk"})
"""Groups of workers that open a dialog or move the focus, once they have read what they need."""


class KeyTurns:
    """Passes keys on, each when the one before it has had its effect.

    Textual sends a key to the widget that has the focus. This widget, its ancestors and the app see it one after the
    other, each from a queue of its own, and Tab moves the focus when it has reached the last of them. Keys that came
    together with it would by then be in the queue of the widget that is left.
    """

    def __init__(self, app: "App[None]", pass_on: Callable[[Typed], Awaitable[None]]) -> None:
        self._app = app
        self._pass_on = pass_on
        self._waiting: deque[Typed] = deque()
        self._news = asyncio.Event()
        self.pause = asyncio.Lock()
        """While somebody holds it no key is on its way."""
        self._is_text = False
        """Whether the last one went into a text."""
        self._taken: Typed | None = None
        """It waits for what the one before it does."""

    @property
    def is_empty(self) -> bool:
        """Whether all keys have been passed on."""
        return not self._waiting and self._taken is None

    def add(self, key: Typed) -> None:
        """This was typed after all others."""
        self._waiting.append(key)
        self._news.set()

    def add_first(self, keys: Iterable[Typed]) -> None:
        """These were typed before all that wait."""
        self._waiting.extendleft(reversed(list(keys)))
        self._news.set()

    async def run(self) -> None:
        """Pass keys on, without end."""
        while True:
            await self._news.wait()
            self._news.clear()
            while self._waiting:
                async with self.pause:
                    await self._take(self._waiting.popleft())

    async def _take(self, key: Typed) -> None:
        self._taken = key
        before, self._is_text = self._is_text, self._goes_into_text(key)
        if before and not self._is_text:
            await self._settled()
        await self._pass_on(key)
        self._taken = None
        if not self._is_text:
            await self._let_draw()
            await self._settled()

    async def _let_draw(self) -> None:
        """What the key has changed is drawn first, unless the next one is there already."""
        if not self._waiting:
            self._news.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(_DRAWN):
                    await self._news.wait()

    def _goes_into_text(self, key: Typed) -> bool:
        """Whether all it does is to be written where the focus is."""
        return isinstance(self._app.focused, Input) and (isinstance(key, Paste) or key.is_printable)

    async def _settled(self) -> None:
        """Wait until nothing that keys have set off is still to move the focus."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE):
                await self._settle()

    async def _settle(self) -> None:
        await self._queues_are_empty()
        while self._is_opening():
            await asyncio.sleep(_AGAIN)
            await self._queues_are_empty()

    def _is_opening(self) -> bool:
        """Whether a screen or a dialog is under way, or something is read that moves the focus."""
        screen = self._app.screen
        if not screen.is_mounted or (isinstance(screen, Frame) and not screen.loaded.is_set()):
            return True
        # One that belongs to what lies below a dialog waits for the answer.
        return any(
            worker.group in _MOVING and not worker.is_finished and screen in worker.node.ancestors_with_self
            for worker in self._app.workers
        )

    async def _queues_are_empty(self) -> None:
        """Wait for all who see a key, until none of them has had anything to do for some rounds."""
        rounds = 0
        while rounds < _ROUNDS:
            seen = self._who_see_keys()
            for each in seen:
                await _passed(each)
            is_quiet = seen == self._who_see_keys() and not any(each.message_queue_size for each in seen)
            rounds = rounds + 1 if is_quiet else 0

    def _who_see_keys(self) -> list[MessagePump]:
        """In this order."""
        return [*(self._app.focused or self._app.screen).ancestors_with_self]


async def _passed(pump: MessagePump) -> None:
    """Wait until it has handled what it has been sent so far."""
    passed = asyncio.Event()
    if pump.call_later(passed.set):
        await passed.wait()
