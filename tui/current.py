"""Keeps the screens up to date with the database, without flooding a slow terminal line."""

import asyncio
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from textual.css.query import NoMatches
from textual.widget import MountError

from core.errors import HookkeeperError
from core.store import DatabaseNewer, DatabaseReplaced, Store, history, nodes, notices
from core.store.history import Totals
from core.store.stats import Stats, load_stats
from core.version import VERSION
from tui.driver import TerminalDriver
from tui.screens.over import OverScreen
from tui.widgets.lines import TopBar, status_words

if TYPE_CHECKING:
    from tui.app import HookkeeperApp

REPAINT = 0.25
"""Least seconds between two repaints that nobody at this terminal caused."""
LINE, WIDE_LINE = 3_400, 6_800
"""Bytes per second that live data may use of a line with 4 KB/s, or with 8 KB/s from 120 columns on. The rest is for
bytes that are drawn later than they are counted."""
TICK = 10.0
"""Seconds between two refreshes that happen without any change, because the figures cover the last few minutes."""
_AGAIN = 1.0
"""Seconds until an unreadable database is read again."""
_BUSY = "! The database is busy; trying again."
_BUSY_AFTER = 2.0
_NEWER = (
    f"The database was upgraded by a newer Hookkeeper; this is {VERSION} and can no longer read it. "
    "Deliveries go on there. q quits."
)


class Current:
    """The data of one store that the screens show. It is reloaded and redrawn whenever anybody changes the store."""

    def __init__(self, app: "HookkeeperApp", store: Store) -> None:
        self.store = store
        self.status = nodes.standing(store)
        self.stats: Stats | None = None
        self.notices = 0
        self._app = app
        self._stale_since: datetime | None = None
        self._look = asyncio.Event()
        self._hurry = asyncio.Event()

    def begin(self) -> None:
        """Start the background tasks, which run as long as the app does. The first draw happens at once."""
        self._app.run_worker(self._draw_what_changes(), group="current", exit_on_error=True)
        self._app.run_worker(self._watch_changes(), group="changes", exit_on_error=True)
        self._app.set_interval(1, self.look_at_dispatcher)
        self._app.set_interval(TICK, self._look.set)

    def look(self, *, now: bool = True) -> None:
        """Reload and redraw after a person's action. `now=False`: the redraw may wait for a slow line."""
        self._look.set()
        if now:
            self._hurry.set()

    async def totals(self) -> Totals:
        """Return the size of the backlog. Raises StoreError."""
        return await history.totals(self.store)

    async def _watch_changes(self) -> None:
        while True:
            try:
                async for _ in self.store.changes(1 / 8):
                    self._look.set()
            except DatabaseNewer:
                self._app.push_screen(OverScreen(_NEWER))
                return
            except DatabaseReplaced as error:
                self._app.push_screen(OverScreen(f"{error} q quits."))
                return
            except HookkeeperError as error:
                self._not_current(error)
                await asyncio.sleep(_AGAIN)

    async def _draw_what_changes(self) -> None:
        """Draw on every change, but wait until the line has carried the last draw. A person's action never waits."""
        while True:
            self._look.clear()
            self._hurry.clear()
            before = TerminalDriver.written
            await self._reload()
            if self._stale_since is not None:
                await asyncio.sleep(_AGAIN)
                continue
            await self._drawn()
            line = WIDE_LINE if self._app.size.width >= 120 else LINE
            with suppress(TimeoutError):
                async with asyncio.timeout(max(REPAINT, (TerminalDriver.written - before) / line)):
                    await self._hurry.wait()
            await self._look.wait()

    async def _drawn(self) -> None:
        """Wait until the screen has been drawn, for at most a second in case it has gone."""
        with suppress(TimeoutError):
            async with asyncio.timeout(1):
                for _ in range(2):  # a new layout is drawn one refresh later
                    drawn = asyncio.Event()
                    self._app.screen.call_after_refresh(drawn.set)
                    await drawn.wait()
                    await asyncio.sleep(1 / 30)

    async def _reload(self) -> None:
        frame = self._app.frame()
        if frame is None or not frame.is_mounted or isinstance(self._app.screen, OverScreen):
            return
        busy = self._app.set_timer(_BUSY_AFTER, partial(frame.say, _BUSY))
        try:
            self.stats = await load_stats(self.store)
            self.notices = len(await notices.list_notices(self.store))
            await frame.reload()
            frame.unsay(_BUSY)
            self._stale_since = None
        except HookkeeperError as error:
            self._not_current(error)
        except (MountError, NoMatches):
            if frame in self._app.screen_stack:
                raise  # otherwise the page was closed during the read
        finally:
            busy.stop()
            frame.loaded.set()
        self.draw_top_bar()

    def _not_current(self, error: HookkeeperError) -> None:
        """Mark the shown data as stale since now, and report the error once."""
        if self._stale_since is None:
            self._stale_since = datetime.now().astimezone()
            self._app.say(f"! {error}")
        self.draw_top_bar()

    def draw_top_bar(self) -> None:
        """Update the top bar: the dispatcher's status and the counts."""
        frame = self._app.frame()
        if frame is not None and frame.is_mounted:
            words, colour = status_words(self.status, self._app.child)
            if self._stale_since is not None:
                words, colour = f"! not current since {self._stale_since:%H:%M}", "$warning"
            if self._app.read_only:
                words += "   read-only"
            attention = self.stats.attention if self.stats is not None else 0
            frame.query_one(TopBar).show(attention, self.notices, self._app.unsaved > 0, (words, colour))

    def look_at_dispatcher(self) -> None:
        """Check the dispatcher, and report when it has stopped or started again."""
        now = nodes.standing(self.store)
        if now != self.status:
            if self.status.running and not now.running:
                self._app.say("! Nobody delivers. ^p Start dispatcher, or hookkeeper serve.")
            elif now.running and self._app.said().startswith("! Nobody delivers"):
                self._app.say("✓ Somebody delivers again")
            self.status = now
            self.draw_top_bar()
            self.look()
