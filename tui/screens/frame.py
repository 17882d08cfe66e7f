"""The layout of every main screen: top bar, body, message line, strip, key bar."""

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
    """Whether this is a page over a main screen, closed when another main screen is shown."""

    _is_new = True

    def __init__(self) -> None:
        super().__init__()
        self.loaded = asyncio.Event()
        """Set once the first read has ended, whether or not it succeeded."""

    @property
    def keeper(self) -> "HookkeeperApp":
        """The application, typed as `HookkeeperApp`."""
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
        """Return why an action cannot be done now, or "" if it can."""
        return self.keeper.read_only if action.changes else ""

    async def action_perform(self, name: str) -> None:
        """Run an action, or say why it is refused."""
        action = next(each for each in self.actions if each.name == name)
        reason = self.refusal(action)
        if reason:
            self.say(f"! {reason}")
        else:
            await self.run_action(name)

    def compose_body(self) -> ComposeResult:
        """Compose the body, which takes the height that is left."""
        raise NotImplementedError

    def compose_strip(self) -> ComposeResult:
        """Compose the strip, which describes the row under the cursor."""
        yield Paragraph(id="strip")

    async def reload(self) -> None:
        """Read what is shown and draw what has changed. Raises StoreError."""
        raise NotImplementedError

    def say(self, words: str) -> None:
        """Put the result of an action on the message line."""
        self.query_one(MessageLine).say(words)

    def stand(self, words: str) -> None:
        """Set the words of the message line for when there is no result of an action."""
        self.query_one(MessageLine).stand(words)

    def unsay(self, words: str) -> None:
        """Clear the message line if it shows these words."""
        line = self.query_one(MessageLine)
        if line.words == words:
            line.say("")

    def on_screen_resume(self) -> None:
        # Changes to the app's CSS classes while another screen was shown have not been applied to this one.
        if not self._is_new:
            self.update_node_styles(animate=False)
        self._is_new = False
        self.keeper.look()

    def on_key(self, event: Key) -> None:
        """Clear the last message at the next key, except for keys that move or resend."""
        # r sets a message of its own, and none while it is held down.
        if event.key not in ("up", "down", "j", "k", "r") and not self.query_one(
            MessageLine
        ).words.startswith("…"):
            self.query_one(MessageLine).say("")

    def action_back(self) -> None:
        """Close the page. Does nothing if it is closed already, since a second key may still reach it."""
        if self.is_active and self.is_mounted:
            self.app.pop_screen()

    def act(self, work: Awaitable[str]) -> None:
        """Run work that changes the store in the background. Its result goes to the message line."""
        self.run_worker(self._act(work), exit_on_error=True, group="act")

    def ask(self, work: Awaitable[None]) -> None:
        """Run work that opens a dialog, and cancel any earlier one. An error goes to the message line."""
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
