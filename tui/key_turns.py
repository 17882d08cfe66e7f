"""Handles keys that arrive together as if they were pressed one after the other."""

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
"""Most seconds that a key waits for the effect of the one before it."""
_DRAWN = 0.03
"""Seconds in which a key's effect is usually drawn."""
_ROUNDS = 4
"""Quiet rounds to wait for, since a handler may post a message whose handler posts the next one, up to this depth."""
_AGAIN = 0.01
_MOVING = frozenset({"dialog", "enter", "add", "buttons", "save", "walk"})
"""Worker groups that open a dialog or move the focus after they have read from the store."""


class KeyTurns:
    """Passes keys on one at a time, each after the one before it has taken effect.

    Textual sends a key to the focused widget. The key then goes through the queue of that widget, of each ancestor and
    of the app, and Tab moves the focus only at the last of them. Keys that arrived together with Tab would by then be
    queued at the widget that had the focus before.
    """

    def __init__(self, app: "App[None]", pass_on: Callable[[Typed], Awaitable[None]]) -> None:
        self._app = app
        self._pass_on = pass_on
        self._waiting: deque[Typed] = deque()
        self._news = asyncio.Event()
        self.pause = asyncio.Lock()
        """A lock. No key is passed on while it is held."""
        self._is_text = False
        """Whether the last key was typed into a text field."""
        self._taken: Typed | None = None
        """The key that waits for the effect of the one before it."""

    @property
    def is_empty(self) -> bool:
        """Whether all keys have been passed on."""
        return not self._waiting and self._taken is None

    def add(self, key: Typed) -> None:
        """Queue a key after all others."""
        self._waiting.append(key)
        self._news.set()

    def add_first(self, keys: Iterable[Typed]) -> None:
        """Queue keys before all that are waiting."""
        self._waiting.extendleft(reversed(list(keys)))
        self._news.set()

    async def run(self) -> None:
        """Pass keys on forever."""
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
        """Give the key's effect time to be drawn, unless the next key is already waiting."""
        if not self._waiting:
            self._news.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(_DRAWN):
                    await self._news.wait()

    def _goes_into_text(self, key: Typed) -> bool:
        """Whether the key only inserts text into the focused field."""
        return isinstance(self._app.focused, Input) and (isinstance(key, Paste) or key.is_printable)

    async def _settled(self) -> None:
        """Wait until nothing that a key started can still move the focus."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE):
                await self._settle()

    async def _settle(self) -> None:
        await self._queues_are_empty()
        while self._is_opening():
            await asyncio.sleep(_AGAIN)
            await self._queues_are_empty()

    def _is_opening(self) -> bool:
        """Whether a screen or dialog is opening, or a worker is running that will move the focus."""
        screen = self._app.screen
        if not screen.is_mounted or (isinstance(screen, Frame) and not screen.loaded.is_set()):
            return True
        # A worker of a screen below a dialog waits for the dialog's answer and does not count.
        return any(
            worker.group in _MOVING and not worker.is_finished and screen in worker.node.ancestors_with_self
            for worker in self._app.workers
        )

    async def _queues_are_empty(self) -> None:
        """Wait until the queues of all that see a key have been empty for `_ROUNDS` rounds."""
        rounds = 0
        while rounds < _ROUNDS:
            seen = self._who_see_keys()
            for each in seen:
                await _passed(each)
            is_quiet = seen == self._who_see_keys() and not any(each.message_queue_size for each in seen)
            rounds = rounds + 1 if is_quiet else 0

    def _who_see_keys(self) -> list[MessagePump]:
        """Return the widgets that see a key, in the order in which they see it."""
        return [*(self._app.focused or self._app.screen).ancestors_with_self]


async def _passed(pump: MessagePump) -> None:
    """Wait until it has handled the messages sent to it so far."""
    passed = asyncio.Event()
    if pump.call_later(passed.set):
        await passed.wait()
