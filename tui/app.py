"""The application: it starts up, switches between screens, and quits.

The first frame is drawn before the models, the store and the screens are imported, so this module does not import them
at the top.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from functools import partial
from importlib import import_module
from inspect import isawaitable
from time import monotonic
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.app import App, ScreenStackError
from textual.binding import Binding, BindingType
from textual.css.query import NoMatches
from textual.events import Event, Key, Paste, Resize
from textual.widget import MountError
from textual.worker import WorkerFailed

from core.actor import actor
from core.errors import HookkeeperError
from core.service.child import start_dispatcher, stop_dispatcher
from tui.actions import EVERYWHERE, places_from
from tui.ascii import AsciiDriver, speaks_utf8
from tui.crash import report
from tui.dialogs.choice import Choice, ChoiceDialog
from tui.dialogs.dialog import Dialog
from tui.dialogs.palette import Command, PaletteDialog
from tui.dialogs.quit import quit_dialog
from tui.driver import TerminalDriver
from tui.key_turns import KeyTurns
from tui.screens.frame import Frame
from tui.screens.help import HelpScreen
from tui.screens.main_screens import MAIN_SCREENS
from tui.screens.opening import OpeningScreen
from tui.screens.over import OverScreen
from tui.screens.too_small import TooSmallScreen, is_too_small
from tui.state import StateFile
from tui.theme import ANSI, PALETTES, PLAIN, known, theme, use
from tui.widgets.lines import MessageLine

if TYPE_CHECKING:
    from core.store import Store
    from tui.current import Current
    from tui.screens.settings import SettingsScreen

Opens = Callable[[], Awaitable[tuple["Store", str]]]
"""Opens the store. Returns it with the reason why it is read-only, or "" if it is not. Raises HookkeeperError."""
RESEND_PAUSE = 1.0


class HookkeeperApp(App[None]):
    """The screens over one store.

    `starts_dispatcher`: start a dispatcher if none is running. `problems`: messages to show at start.
    """

    CSS_PATH = "hookkeeper.tcss"
    TITLE = "Hookkeeper"
    ENABLE_COMMAND_PALETTE = False  # PaletteDialog replaces Textual's, which is animated
    SCREENS = MAIN_SCREENS
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "leave", show=False, priority=True),
        Binding("ctrl+c", "screen.dismiss_or_leave", show=False),
    ]

    def __init__(self, opens: Opens, *, starts_dispatcher: bool = True, problems: Sequence[str] = ()) -> None:
        kept = StateFile()
        chosen = known(kept.state.theme)
        driver = TerminalDriver if speaks_utf8() else AsciiDriver
        super().__init__(driver_class=driver, ansi_color=chosen == ANSI)
        self._begin_with(chosen)
        self.kept = kept
        self.actor = actor()
        self.read_only = ""
        """Why the database is read-only; "" if it is not."""
        self.child: int | None = None
        self.failure = ""
        self._opens = opens
        self._current: Current | None = None
        self._settings: SettingsScreen | None = None
        self._starts_dispatcher = starts_dispatcher
        self._problems = problems
        self._resent: tuple[str, float] = ("", 0.0)
        self._turns = KeyTurns(self, super().on_event)

    @property
    def current(self) -> "Current":
        """The data that the screens show. Must not be used before the store is open."""
        assert self._current is not None
        return self._current

    @property
    def store(self) -> "Store":
        return self.current.store

    @property
    def unsaved(self) -> int:
        """The number of fields in Settings with unsaved changes."""
        return self._settings.changes if self._settings is not None else 0

    @property
    def _ends(self) -> bool:
        """Whether the app is shutting down."""
        return not self.is_running or self.return_code is not None

    def resends(self, delivery_id: str) -> bool:
        """Whether `r` resends this delivery. False if it repeats within a second: then the key is being held down."""
        before, self._resent = self._resent, (delivery_id, monotonic())
        return before[0] != delivery_id or self._resent[1] - before[1] >= RESEND_PAUSE

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Return our own colour names, which the style sheet needs before a theme is set."""
        return theme(ANSI).variables

    async def on_event(self, event: Event) -> None:
        """Queue keys, so that each is handled after the one before it. Forwarded keys come through here again."""
        if isinstance(event, Key | Paste) and not event.is_forwarded:
            self._turns.add(event)
        else:
            await super().on_event(event)

    def on_mount(self) -> None:
        self.run_worker(self._turns.run(), group="keys", exit_on_error=True)
        self.animation_level = "none"
        self.push_screen(OpeningScreen(list(MAIN_SCREENS).index(self._first)))
        self.call_after_refresh(self._open)

    @property
    def _first(self) -> str:
        """The name of the screen that was shown when the program was last used."""
        kept = self.kept.state.screen
        return kept if kept in MAIN_SCREENS else "webhooks"

    @work(group="open", exit_on_error=True)
    async def _open(self) -> None:
        """Open the store, show the last used screen, and pass it the keys that were typed meanwhile."""
        try:
            store, self.read_only = await self._opens()
        except HookkeeperError as error:
            self.failure = str(error)
            self.exit(return_code=1)
            return
        await asyncio.to_thread(import_module, f"tui.screens.{self._first}")
        from tui.current import Current

        self._current = Current(self, store)
        opening = next(screen for screen in self.screen_stack if isinstance(screen, OpeningScreen))
        async with self._turns.pause:
            await self._replace(opening)
            self._turns.add_first(opening.keys)
        if self._starts_dispatcher and not self.read_only and not self.current.status.running:
            self.action_start_dispatcher()
        if self._problems:
            more = f" And {len(self._problems) - 1} more." if len(self._problems) > 1 else ""
            self.call_after_refresh(self.say, f"! {self._problems[0]}{more}")
        self.current.begin()

    async def _replace(self, opening: OpeningScreen) -> None:
        """Replace the opening screen, even if the notice that the terminal is too small lies over it."""
        if self.screen is not opening:
            await self.pop_screen()
        await self.switch_screen(self._first)
        if is_too_small(self.size):
            await self.push_screen(TooSmallScreen())

    def _begin_with(self, name: str) -> None:
        """Set the theme before anything is drawn. Setting it later would parse the whole style sheet again."""
        for each in PALETTES:
            self.register_theme(theme(each))
        self.set_reactive(App.theme, name)
        self.stylesheet.set_variables(self.get_css_variables())
        use(name)

    def choose_theme(self, name: str) -> None:
        """Switch to this theme and remember it for the next start."""
        use(name)
        self.ansi_color = name == ANSI
        self.theme = name
        self.remember(theme=name)

    def say(self, words: str) -> None:
        """Show these words on the message line."""
        frame = self.frame()
        if frame is not None and frame.is_mounted:
            frame.say(words)

    def said(self) -> str:
        """Return the words on the message line."""
        frame = self.frame()
        return frame.query_one(MessageLine).words if frame is not None and frame.is_mounted else ""

    def frame(self) -> Frame | None:
        """Return the current main screen or page, ignoring dialogs over it."""
        for screen in reversed(self.screen_stack):
            if isinstance(screen, Frame):
                return screen
        return None

    def on_settings_screen_edited(self, event: "SettingsScreen.Edited") -> None:
        """Remember the screen, to show its unsaved changes in the top bar and to ask before they are lost."""
        self._settings = event.screen
        self.current.draw_top_bar()

    def look(self, *, now: bool = True) -> None:
        """Reload and redraw after a person's action. `now=False`: the redraw may wait for a slow line."""
        self.current.look(now=now)

    def action_show_webhooks(self) -> None:
        self._show("webhooks")

    def action_show_settings(self) -> None:
        self._show("settings")

    def action_show_monitor(self) -> None:
        self._show("monitor")

    def _show(self, name: str) -> None:
        while isinstance(self.screen, Frame) and self.screen.is_page:
            self.pop_screen()
        if isinstance(self.screen, Frame) and self.screen is not self.get_screen(name):
            self.switch_screen(name)
            self.remember(screen=name)

    def remember(self, **changes: str) -> None:
        """Save these choices for the next start."""
        self._kept(partial(self.kept.keep, **changes))

    def keep_filter(self, text: str) -> None:
        """Save the Monitor's filter and its history for the next start."""
        self._kept(partial(self.kept.keep_filter, text))

    def _kept(self, keep: Callable[[], None]) -> None:
        try:
            keep()
        except HookkeeperError as error:
            self.call_later(self.say, f"! Not kept for the next time: {error}")

    def action_show_notices(self) -> None:
        from tui.screens.notices import NoticesScreen

        if isinstance(self.screen, Frame) and not isinstance(self.screen, NoticesScreen):
            self.push_screen(NoticesScreen())

    def action_show_types(self) -> None:
        """Show the event types."""
        from tui.dialogs.event_types import TypesDialog

        self.push_screen(TypesDialog())

    def action_show_help(self) -> None:
        frame = self.frame()
        if frame is None or isinstance(self.screen, HelpScreen):
            return
        dialog = self.screen
        here = [(dialog.title_words, dialog.keys)] if isinstance(dialog, Dialog) else []
        self.push_screen(HelpScreen([*here, *places_from(frame.actions)]))

    def action_redraw(self) -> None:
        self.refresh(layout=True)

    def action_start_dispatcher(self) -> None:
        """Start a dispatcher as our child process, if none is running."""
        if self.read_only:
            self.say(f"! {self.read_only}")
            return
        self.current.look_at_dispatcher()
        if self.current.status.running:
            return
        try:
            self.child = start_dispatcher(self.store.place)
        except HookkeeperError as error:
            self.say(f"✗ {error}")

    def action_command_palette(self) -> None:
        """Open the command palette over the current screen."""
        frame = self.frame()
        if frame is not None and self.screen is frame:
            self.push_screen(PaletteDialog(list(self._commands(frame))), self._run_command)

    def _commands(self, frame: Frame) -> Iterator[Command]:
        """Yield the commands: this screen's actions, the global ones, Start dispatcher if none runs, and the themes."""
        for action in frame.actions:
            if action.name:
                reason = frame.refusal(action)
                yield Command(action.words, action.key, reason, partial(frame.run_action, action.name))
        for action in EVERYWHERE:
            if action.name != "command_palette":
                yield Command(action.words, action.key, "", partial(self.run_action, action.name))
        yield Command("Event types", "", "", self.action_show_types)
        if not self.current.status.running:
            yield Command("Start dispatcher", "", self.read_only, self.action_start_dispatcher)
        for name, palette in PALETTES.items():
            reason = "The terminal has no colours." if PLAIN else ""
            words = f"Theme: {palette.title}{' (in use)' if name == self.theme else ''}"
            yield Command(words, "", reason, partial(self.choose_theme, name))

    async def _run_command(self, command: Command | None) -> None:
        if command is not None:
            result = command.run()
            if isawaitable(result):
                await result

    def on_resize(self, event: Resize) -> None:
        self.set_class(event.size.height < 24 or event.size.width < 80, "small")
        if is_too_small(event.size) and self.screen_stack and not isinstance(self.screen, TooSmallScreen):
            self.push_screen(TooSmallScreen())

    def action_leave(self) -> None:
        """Quit. Ask first if there are unsaved settings, or if our own dispatcher still has work."""
        if isinstance(self.screen, OverScreen):
            self.exit(return_code=1)
        elif self._current is None:
            self.exit()
        else:
            self.run_worker(self._leave(), group="leave", exclusive=True, exit_on_error=True)

    async def _leave(self) -> None:
        if self.unsaved:
            await self._show_unsaved(self.unsaved)
            return
        await self._leave_dispatcher()

    async def _show_unsaved(self, number: int) -> None:
        """Ask before quitting discards the unsaved changes in Settings."""
        noun = "change" if number == 1 else "changes"
        words = f"Settings has {number} {noun} that {'is' if number == 1 else 'are'} not saved."
        choices = [
            Choice("", "Cancel"),
            Choice("show", "Show Settings"),
            Choice("discard", "Discard and quit"),
        ]
        answer = await self.push_screen_wait(ChoiceDialog("Quit", [words], choices))
        if answer == "show":
            self.action_show_settings()
        elif answer == "discard":
            await self._leave_dispatcher()

    async def _leave_dispatcher(self) -> None:
        self.current.look_at_dispatcher()
        if self.child is None or self.current.status.pid != self.child:
            self.exit()
            return
        try:
            totals = await self.current.totals()
        except HookkeeperError as error:
            # The backlog cannot be read, so the dispatcher is left running. Its log says what is wrong.
            self.failure = str(error)
            self.exit(return_code=1)
            return
        if not totals.sending and not totals.waiting:
            self._stop_child()
            self.exit()
            return
        choice = await self.push_screen_wait(quit_dialog(totals.sending, totals.waiting))
        if choice == "stop":
            self._stop_child()
        if choice:
            self.exit()

    def _stop_child(self) -> None:
        try:
            if self.child is not None:
                stop_dispatcher(self.child)
        except HookkeeperError as error:
            self.failure = str(error)

    def _handle_exception(self, error: Exception) -> None:
        """Write the traceback to a file without local variables, which may hold secrets. Textual would print them."""
        cause = error.error if isinstance(error, WorkerFailed) else error
        if isinstance(cause, ScreenStackError | MountError | NoMatches) and self._ends:
            return  # a task was still running on a screen that has been removed
        self.failure = f"Hookkeeper stopped with an error of its own ({type(cause).__name__})"
        try:
            self.failure += f"; see {report(cause)}."
        except OSError as unwritten:
            self.failure += f", and its report could not be written: {unwritten.strerror}."
        if self._exception is None:
            self._exception = error
            self._exception_event.set()
        self.exit(return_code=1)
