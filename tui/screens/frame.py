"""The frame that every main screen has: top bar, body, message line, strip, key bar."""

import asyncio
from collections.abc import Awaitable
from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.events import Key
from textual.screen import Screen

from core.errors import HookkeeperError
from tui.actions import EVERYWHERE, Action, bindings
from tui.drawn_once import DrawnOnce
from tui.widgets.lines import KeyBar, MessageLine, Paragraph, TopBar, bar_actions

if TYPE_CHECKING:
    from core.store import Store
    from tui.app import HookkeeperApp


class Frame(DrawnOnce, Screen[None]):
    """A main screen. Subclasses compose the body and read what they show in `reload`."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(EVERYWHERE)
    number: ClassVar[int]
    actions: ClassVar[tuple[Action, ...]]
    is_page: ClassVar[bool] = False
    """Whether it lies over a main screen, and goes when another one is shown."""

    _is_new = True

    def __init__(self) -> None:
        super().__init__()
        self.loaded = asyncio.Event()
        """Set once it shows what was read for it, or that nothing could be read."""

    @property
    def keeper(self) -> "HookkeeperApp":
        """The application, by its own type."""
        return cast("HookkeeperApp", self.app)

    @property
    def store(self) -> "Store":
        return self.keeper.store

    def compose(self) -> ComposeResult:
        self.hold()
        yield TopBar(self.number)
        yield from self.compose_body()
        yield MessageLine()
        yield from self.compose_strip()
        yield KeyBar(bar_actions(self.app, self.actions), refusal=self.refusal)

    def refusal(self, action: Action) -> str:
        """Why an action cannot be done now; "" if it can."""
        return self.keeper.read_only if action.changes else ""

    async def action_perform(self, name: str) -> None:
        """Do it, or say why not."""
        action = next(each for each in self.actions if each.name == name)
        reason = self.refusal(action)
        if reason:
            self.say(f"! {reason}")
        else:
            await self.run_action(name)

    def compose_body(self) -> ComposeResult:
        """What grows."""
        raise NotImplementedError

    def compose_strip(self) -> ComposeResult:
        """What there is to say about the row under the cursor."""
        yield Paragraph(id="strip")

    async def reload(self) -> None:
        """Read what is shown and draw what has changed. Raises StoreError."""
        raise NotImplementedError

    def say(self, words: str) -> None:
        """Put the result of an action on the message line."""
        self.query_one(MessageLine).say(words)

    def stand(self, words: str) -> None:
        """What stands on the message line while there is no result of an action."""
        self.query_one(MessageLine).stand(words)

    def unsay(self, words: str) -> None:
        """Take these words off the message line, if they stand there."""
        line = self.query_one(MessageLine)
        if line.words == words:
            line.say("")

    def on_screen_resume(self) -> None:
        # A class of the app's that came or went while another screen was shown has not reached this one.
        if not self._is_new:
            self.update_node_styles(animate=False)
        self._is_new = False
        self.keeper.look()

    def on_key(self, event: Key) -> None:
        """The message of the last action stands until the next key."""
        # r has words of its own, and says nothing while it is held down.
        if event.key not in ("up", "down", "j", "k", "r") and not self.query_one(
            MessageLine
        ).words.startswith("…"):
            self.query_one(MessageLine).say("")

    def action_back(self) -> None:
        """From a page to the screen below: once, though a second key may still reach a page that has gone."""
        if self.is_active and self.is_mounted:
            self.app.pop_screen()

    def act(self, work: Awaitable[str]) -> None:
        """Do something to the store in the background; its words go to the message line."""
        self.run_worker(self._act(work), exit_on_error=True, group="act")

    def ask(self, work: Awaitable[None]) -> None:
        """Begin what asks something in a dialog, in place of what asked before; its error goes to the message line."""
        self.run_worker(self._ask(work), exclusive=True, exit_on_error=True, group="dialog")

    async def _ask(self, work: Awaitable[None]) -> None:
        try:
            await work
        except HookkeeperError as error:
            self.say(f"✗ {error}")

    async def _act(self, work: Awaitable[str]) -> None:
        try:
            words = await work
        except HookkeeperError as error:
            words = f"✗ {error}"
        if words:
            self.say(words)
        self.keeper.look()
