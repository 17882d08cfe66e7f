"""The application: opens the store, keeps the screens current, ends cleanly whatever ends it."""

import asyncio
import os
import signal
import sys
import traceback
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import datetime
from functools import partial
from inspect import isawaitable
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, ClassVar

from textual.app import App, ScreenStackError
from textual.binding import Binding, BindingType
from textual.css.query import NoMatches
from textual.events import Resize
from textual.widget import MountError
from textual.worker import WorkerFailed

from core.actor import actor
from core.errors import HookkeeperError
from core.service.child import log_file, start_dispatcher, stop_dispatcher
from core.service.status import DispatcherStatus, dispatcher_status
from core.store import DatabaseNewer, DatabaseReadOnly, DatabaseReplaced, Store, history, notices, open_store
from core.store.stats import Stats, load_stats
from core.version import VERSION
from tui.actions import EVERYWHERE, places_from
from tui.ascii import AsciiDriver, speaks_utf8
from tui.dialogs.choice import Choice, ChoiceDialog
from tui.dialogs.dialog import Dialog
from tui.dialogs.palette import Command, PaletteDialog
from tui.dialogs.quit import quit_dialog
from tui.driver import TerminalDriver
from tui.screens.frame import Frame
from tui.screens.help import HelpScreen
from tui.screens.main_screens import MAIN_SCREENS
from tui.screens.notices import NoticesScreen
from tui.screens.over import OverScreen
from tui.screens.too_small import TooSmallScreen, is_too_small
from tui.state import StateFile
from tui.theme import ANSI, PALETTES, PLAIN, known, theme, use
from tui.widgets.lines import MessageLine, TopBar, status_words

if TYPE_CHECKING:
    from tui.screens.settings import SettingsScreen

RESEND_PAUSE = 1.0
REPAINT = 0.25
"""Seconds between two repaints of what others changed."""
_AGAIN = 1.0
"""Seconds until a database that could not be read is tried again."""
_NEWER = (
    f"The database was upgraded by a newer Hookkeeper; this is {VERSION} and can no longer read it. "
    "Deliveries go on there. q quits."
)
LINE, WIDE_LINE = 3_400, 6_800
"""Bytes a second that live data takes of the line's 4 KB, and of its 8 KB from 120 columns on: some are drawn later."""
TICK = 10.0
"""Seconds after which figures of the last minutes are others, though nobody has changed anything."""
_BUSY = "! The database is busy; trying again."
_BUSY_AFTER = 2.0


class HookkeeperApp(App[None]):
    """Three screens over one store. `starts_dispatcher`: start one if nobody delivers.

    `read_only`: why nothing can be changed, "" where it can. `problems`: to be told at start.
    """

    CSS_PATH = "hookkeeper.tcss"
    TITLE = "Hookkeeper"
    ENABLE_COMMAND_PALETTE = False  # ours is a dialog like the others: nothing fades or spins
    SCREENS = MAIN_SCREENS
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "leave", show=False, priority=True),
        Binding("ctrl+c", "screen.dismiss_or_leave", show=False),
    ]

    def __init__(
        self,
        store: Store,
        *,
        starts_dispatcher: bool = True,
        read_only: str = "",
        problems: Sequence[str] = (),
    ) -> None:
        kept = StateFile()
        chosen = known(kept.state.theme)
        driver = TerminalDriver if speaks_utf8() else AsciiDriver
        super().__init__(driver_class=driver, ansi_color=chosen == ANSI)
        self._begin_with(chosen)
        self.kept = kept
        self.store = store
        self.actor = actor()
        self.read_only = read_only
        self.child: int | None = None
        self.failure = ""
        self.status = DispatcherStatus(False)
        self.stats: Stats | None = None
        self.notices = 0
        self._settings: SettingsScreen | None = None
        self._starts_dispatcher = starts_dispatcher and not read_only
        self._problems = problems
        self._stale_since: datetime | None = None
        self._look = asyncio.Event()
        self._hurry = asyncio.Event()
        self._resent: tuple[str, float] = ("", 0.0)

    def resends(self, delivery_id: str) -> bool:
        """Whether `r` counts: the same delivery once more within a second is a key that is held down."""
        before, self._resent = self._resent, (delivery_id, monotonic())
        return before[0] != delivery_id or self._resent[1] - before[1] >= RESEND_PAUSE

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Our own colour names, known before the theme is."""
        return theme(ANSI).variables

    def on_mount(self) -> None:
        self.animation_level = "none"
        remembered = self.kept.state.screen
        self.push_screen(remembered if self.is_screen_installed(remembered) else "webhooks")
        self.status = dispatcher_status(self.store.path)
        if self._starts_dispatcher and not self.status.running:
            self.action_start_dispatcher()
        if self._problems:
            more = f" And {len(self._problems) - 1} more." if len(self._problems) > 1 else ""
            self.call_after_refresh(self._say, f"! {self._problems[0]}{more}")
        self.run_worker(self._keep_current(), group="current", exit_on_error=True)
        self.run_worker(self._watch_changes(), group="changes", exit_on_error=True)
        self.set_interval(1, self._look_at_dispatcher)
        self.set_interval(TICK, self._look.set)

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

    async def _watch_changes(self) -> None:
        while True:
            try:
                async for _ in self.store.changes(1 / 8):
                    self._look.set()
            except DatabaseNewer:
                self.push_screen(OverScreen(_NEWER))
                return
            except DatabaseReplaced as error:
                self.push_screen(OverScreen(f"{error} q quits."))
                return
            except HookkeeperError as error:
                self._not_current(error)
                await asyncio.sleep(_AGAIN)

    async def _keep_current(self) -> None:
        try:
            await self._draw_what_changes()
        except (ScreenStackError, MountError, NoMatches):
            if self.is_running and self.return_code is None:
                raise  # else the app ends, and its screens are taken down while they are read

    async def _draw_what_changes(self) -> None:
        """Draw at once, and again when the line has carried what was drawn; a person's own doing never waits."""
        while True:
            self._look.clear()
            self._hurry.clear()
            before = TerminalDriver.written
            await self._reload()
            if self._stale_since is not None:
                await asyncio.sleep(_AGAIN)
                continue
            await self._drawn()
            line = WIDE_LINE if self.size.width >= 120 else LINE
            with suppress(TimeoutError):
                async with asyncio.timeout(max(REPAINT, (TerminalDriver.written - before) / line)):
                    await self._hurry.wait()
            await self._look.wait()

    async def _drawn(self) -> None:
        """Wait until the screen has been drawn; a moment, if it has gone meanwhile."""
        with suppress(TimeoutError):
            async with asyncio.timeout(1):
                for _ in range(2):  # what is laid out anew is drawn once that is done
                    drawn = asyncio.Event()
                    self.screen.call_after_refresh(drawn.set)
                    await drawn.wait()
                    await asyncio.sleep(1 / 30)

    async def _reload(self) -> None:
        frame = self._frame()
        if frame is None or not frame.is_mounted or isinstance(self.screen, OverScreen):
            return
        busy = self.set_timer(_BUSY_AFTER, partial(frame.say, _BUSY))
        try:
            self.stats = await load_stats(self.store)
            self.notices = len(await notices.list_notices(self.store))
            await frame.reload()
            frame.unsay(_BUSY)
            self._stale_since = None
        except HookkeeperError as error:
            self._not_current(error)
        except (MountError, NoMatches):
            if frame in self.screen_stack:
                raise  # else it is a page that was left while it was read
        finally:
            busy.stop()
        self._draw_top_bar()

    def _not_current(self, error: HookkeeperError) -> None:
        """What is drawn stays: say since when it is old, and why, once."""
        if self._stale_since is None:
            self._stale_since = datetime.now().astimezone()
            self._say(f"! {error}")
        self._draw_top_bar()

    def _say(self, words: str) -> None:
        frame = self._frame()
        if frame is not None and frame.is_mounted:
            frame.say(words)

    def _said(self) -> str:
        frame = self._frame()
        return frame.query_one(MessageLine).words if frame is not None and frame.is_mounted else ""

    def _frame(self) -> Frame | None:
        for screen in reversed(self.screen_stack):
            if isinstance(screen, Frame):
                return screen
        return None

    def on_settings_screen_edited(self, event: "SettingsScreen.Edited") -> None:
        """What is not saved there is drawn everywhere, and asked for before it is lost."""
        self._settings = event.screen
        self._draw_top_bar()

    def _draw_top_bar(self) -> None:
        unsaved = self._settings is not None and bool(self._settings.changes)
        frame = self._frame()
        if frame is not None and frame.is_mounted:
            words, colour = status_words(self.status, self.child)
            if self._stale_since is not None:
                words, colour = f"! not current since {self._stale_since:%H:%M}", "$warning"
            if self.read_only:
                words += "   read-only"
            attention = self.stats.attention if self.stats is not None else 0
            frame.query_one(TopBar).show(attention, self.notices, unsaved, (words, colour))

    def _look_at_dispatcher(self) -> None:
        now = dispatcher_status(self.store.path)
        if now != self.status:
            if self.status.running and not now.running:
                self._say("! Nobody delivers. ^p Start dispatcher, or hookkeeper serve.")
            elif now.running and self._said().startswith("! Nobody delivers"):
                self._say("✓ Somebody delivers again")
            self.status = now
            self._draw_top_bar()
            self.look()

    def look(self, *, now: bool = True) -> None:
        """A person has done something: read and draw what has become of it, unless that can wait for the line."""
        self._look.set()
        if now:
            self._hurry.set()

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
            self.call_later(self._say, f"! Not kept for the next time: {error}")

    def action_show_notices(self) -> None:
        if isinstance(self.screen, Frame) and not isinstance(self.screen, NoticesScreen):
            self.push_screen(NoticesScreen())

    def action_show_help(self) -> None:
        frame = self._frame()
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
            self._say(f"! {self.read_only}")
            return
        if dispatcher_status(self.store.path).running:
            return
        try:
            self.child = start_dispatcher(self.store.path)
        except HookkeeperError as error:
            self._say(f"✗ {error}")

    def action_command_palette(self) -> None:
        """All that can be done here, by name."""
        frame = self._frame()
        if frame is not None and self.screen is frame:
            self.push_screen(PaletteDialog(list(self._commands(frame))), self._run_command)

    def _commands(self, frame: Frame) -> Iterator[Command]:
        """The actions of this screen, those of every screen, a dispatcher if there is none, and the themes."""
        for action in frame.actions:
            if action.name:
                reason = frame.refusal(action)
                yield Command(action.words, action.key, reason, partial(frame.run_action, action.name))
        for action in EVERYWHERE:
            if action.name != "command_palette":
                yield Command(action.words, action.key, "", partial(self.run_action, action.name))
        if not self.status.running:
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
            return
        self.run_worker(self._leave(), group="leave", exclusive=True, exit_on_error=True)

    async def _leave(self) -> None:
        if self._settings is not None and self._settings.changes:
            await self._show_unsaved(self._settings.changes)
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
        self._look_at_dispatcher()
        if self.child is None or self.status.pid != self.child:
            self.exit()
            return
        try:
            totals = await history.totals(self.store)
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
        if isinstance(cause, NoMatches) and not self.is_running:
            return  # a worker that outlived its screen
        self.failure = f"Hookkeeper stopped with an error of its own ({type(cause).__name__})"
        try:
            self.failure += f"; see {_report(cause)}."
        except OSError as unwritten:
            self.failure += f", and its report could not be written: {unwritten.strerror}."
        if self._exception is None:
            self._exception = error
            self._exception_event.set()
        self.exit(return_code=1)


def _report(error: BaseException) -> Path:
    """The trace without its values, in a file. Raises OSError."""
    report = log_file().with_name("crash.txt")
    report.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with open(os.open(report, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.writelines(traceback.format_tb(error.__traceback__))
        file.write(type(error).__name__ + "\n")
    return report


STARTED_READ_ONLY = "Read-only: started with --read-only."
CANNOT_WRITE = "Read-only: the database file cannot be written."


@asynccontextmanager
async def _opened(database: Path, reads_only: bool) -> AsyncIterator[tuple[Store, str]]:
    """The store, and why it is open for reading only."""
    async with AsyncExitStack() as stack:
        reason = STARTED_READ_ONLY if reads_only else ""
        try:
            store = await stack.enter_async_context(open_store(database, writes=not reads_only))
        except DatabaseReadOnly:
            reason = CANNOT_WRITE
            store = await stack.enter_async_context(open_store(database, writes=False))
        yield store, reason


async def _run(database: Path, reads_only: bool, problems: Sequence[str]) -> int:
    async with _opened(database, reads_only) as (store, reason):
        app = HookkeeperApp(store, read_only=reason, problems=problems)
        loop = asyncio.get_running_loop()
        # asyncio's own handlers lose a signal while keys are waiting for a loop that a stalled terminal holds up.
        for number in (signal.SIGHUP, signal.SIGTERM):
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(app.exit))
        await app.run_async(mouse=_wants_mouse())
        if app.failure:
            print(app.failure, file=sys.stderr)
        return app.return_code or 0


def _wants_mouse() -> bool:
    """Over SSH each move of it costs bytes: off, unless HOOKKEEPER_MOUSE says otherwise."""
    wish = os.environ.get("HOOKKEEPER_MOUSE", "off" if "SSH_CONNECTION" in os.environ else "on")
    return wish == "on"


def run_screens(database: Path, *, reads_only: bool = False, problems: Sequence[str] = ()) -> int:
    """Open the screens on this database and tell of these problems; the exit code."""
    try:
        return asyncio.run(_run(database, reads_only, problems))
    except HookkeeperError as error:
        print(error, file=sys.stderr)
        return 1
