"""The application: what is drawn before the store is open, the way between its screens, the way out.

A frame stands before the models, the store and the screens are imported: nothing here imports them at its top.
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
"""Opens the store; with it, why it is for reading only, "" where it is not. Raises HookkeeperError."""
RESEND_PAUSE = 1.0


class HookkeeperApp(App[None]):
    """Three screens over one store. `starts_dispatcher`: start one if nobody delivers. `problems`: to be told at start."""

    CSS_PATH = "hookkeeper.tcss"
    TITLE = "Hookkeeper"
    ENABLE_COMMAND_PALETTE = False  # ours is a dialog like the others: nothing fades or spins
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
        """Why nothing can be changed, "" where it can."""
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
        """What is known of the books; there is none before the store is open."""
        assert self._current is not None
        return self._current

    @property
    def store(self) -> "Store":
        return self.current.store

    @property
    def unsaved(self) -> int:
        """How many fields of Settings were changed and not saved."""
        return self._settings.changes if self._settings is not None else 0

    @property
    def _ends(self) -> bool:
        """Whether the screens are being taken down."""
        return not self.is_running or self.return_code is not None

    def resends(self, delivery_id: str) -> bool:
        """Whether `r` counts: the same delivery once more within a second is a key that is held down."""
        before, self._resent = self._resent, (delivery_id, monotonic())
        return before[0] != delivery_id or self._resent[1] - before[1] >= RESEND_PAUSE

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Our own colour names, known before the theme is."""
        return theme(ANSI).variables

    async def on_event(self, event: Event) -> None:
        """A key is passed on when the one before it has acted; what has been passed on comes here a second time."""
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
        """The screen that was shown the last time."""
        kept = self.kept.state.screen
        return kept if kept in MAIN_SCREENS else "webhooks"

    @work(group="open", exit_on_error=True)
    async def _open(self) -> None:
        """Open the store, then show the screen that was shown the last time, and give it the keys typed so far."""
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
        """Even below the notice that the terminal is too small."""
        if self.screen is not opening:
            await self.pop_screen()
        await self.switch_screen(self._first)
        if is_too_small(self.size):
            await self.push_screen(TooSmallScreen())

    def _begin_with(self, name: str) -> None:
        """Before anything is drawn: a theme that is set later has the whole style sheet parsed once more."""
        for each in PALETTES:
            self.register_theme(theme(each))
        self.set_reactive(App.theme, name)
        self.stylesheet.set_variables(self.get_css_variables())
        use(name)

    def choose_theme(self, name: str) -> None:
        """Draw everything in this theme, now and the next time."""
        use(name)
        self.ansi_color = name == ANSI
        self.theme = name
        self.remember(theme=name)

    def say(self, words: str) -> None:
        """Put this on the message line."""
        frame = self.frame()
        if frame is not None and frame.is_mounted:
            frame.say(words)

    def said(self) -> str:
        """What stands there."""
        frame = self.frame()
        return frame.query_one(MessageLine).words if frame is not None and frame.is_mounted else ""

    def frame(self) -> Frame | None:
        """The screen that is shown, below its dialogs."""
        for screen in reversed(self.screen_stack):
            if isinstance(screen, Frame):
                return screen
        return None

    def on_settings_screen_edited(self, event: "SettingsScreen.Edited") -> None:
        """What is not saved there is drawn everywhere, and asked for before it is lost."""
        self._settings = event.screen
        self.current.draw_top_bar()

    def look(self, *, now: bool = True) -> None:
        """A person has done something: read and draw what has become of it, unless that can wait for the line."""
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
        """Keep what was chosen for the next time."""
        self._kept(partial(self.kept.keep, **changes))

    def keep_filter(self, text: str) -> None:
        """Keep the Monitor's filter, and its history, for the next time."""
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
        """The event types, and what is known of them."""
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
        """Start a dispatcher of our own, if nobody delivers."""
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
        """All that can be done here, by name."""
        frame = self.frame()
        if frame is not None and self.screen is frame:
            self.push_screen(PaletteDialog(list(self._commands(frame))), self._run_command)

    def _commands(self, frame: Frame) -> Iterator[Command]:
        """The actions of this screen and of every screen, a dispatcher if there is none, and the themes."""
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
        """Quit; ask first if the dispatcher that was started here would stop with work to do."""
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
        """What was typed in Settings goes with the program: ask before it does."""
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
            # What it has to do is not known: it goes on, and says in its log what is wrong.
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
        """Textual prints every frame's locals, secrets included: keep the trace without them, in a file."""
        cause = error.error if isinstance(error, WorkerFailed) else error
        if isinstance(cause, ScreenStackError | MountError | NoMatches) and self._ends:
            return  # what was under way on a screen that is gone
        self.failure = f"Hookkeeper stopped with an error of its own ({type(cause).__name__})"
        try:
            self.failure += f"; see {report(cause)}."
        except OSError as unwritten:
            self.failure += f", and its report could not be written: {unwritten.strerror}."
        if self._exception is None:
            self._exception = error
            self._exception_event.set()
        self.exit(return_code=1)
