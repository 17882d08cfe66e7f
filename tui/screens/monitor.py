"""The Monitor: deliveries, live."""

import asyncio
from functools import cached_property
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Vertical
from textual.content import Content
from textual.events import Resize
from textual.timer import Timer
from textual.widgets import Static

from core.errors import HookkeeperError
from core.models import Delivery
from core.store import NotPossible, jobs
from core.store.jobs import Job
from core.store.neighbours import Walk
from core.store.pages import Sort, View
from tui.actions import MONITOR, bindings
from tui.list_counts import ListCounts
from tui.monitor_words import PICK, none_listed, order_words, searched_words, view_name, why_in_short
from tui.screens import bulk_steps
from tui.screens.delivery import DeliveryScreen
from tui.screens.question_keys import QuestionKeys
from tui.widgets.delivery_list import DeliveryList
from tui.widgets.delivery_pane import DeliveryPane
from tui.widgets.delivery_row import ListHead
from tui.widgets.delivery_session import SessionEvents
from tui.widgets.filter_line import FilterLine
from tui.widgets.lines import Paragraph
from tui.widgets.list_rule import Listed, ListRule
from tui.widgets.monitor_head import MonitorHead

_READING_AFTER = 0.3
_NEAR = 2
"""Distance from an end of the loaded rows at which more are read, in screen heights."""


class MonitorScreen(QuestionKeys):
    """The Monitor: the list of deliveries, with the detail of one beside or below it."""

    number = 2
    actions = MONITOR
    BINDINGS: ClassVar[list[BindingType]] = bindings(MONITOR)
    AUTO_FOCUS = "#deliveries"

    def __init__(self) -> None:
        super().__init__()
        self._came_back = False
        """Whether view, order and filter of the last run have been restored."""
        self._reading = asyncio.Lock()
        self._waited = False
        """Whether reading takes long enough to show "Reading…"."""
        self._count_waits: Timer | None = None
        self._job: Job | None = None

    def compose_body(self) -> ComposeResult:
        yield Static("", classes="gap")
        yield MonitorHead()
        yield ListRule()
        yield FilterLine()
        with Container(id="listing"):
            with Vertical(id="list-side"):
                yield ListHead()
                yield DeliveryList()
                yield Paragraph(id="list-empty")
            yield DeliveryPane()

    def compose_strip(self) -> ComposeResult:
        yield Paragraph(id="monitor-strip")

    @cached_property
    def _counts(self) -> ListCounts:
        return ListCounts(self.store, self.listing)

    @property
    def pane(self) -> DeliveryPane:
        return self.query_one(DeliveryPane)

    async def on_resize(self, event: Resize) -> None:
        self.set_class(event.size.height >= 30, "roomy")
        place = self.pane.lay_out(event.size)
        self.set_class(place == "beside", "beside")
        self.set_class(place == "below", "below")
        await self.query_one(MonitorHead).lay_out(event.size.width)

    # Reading.

    async def reload(self) -> None:
        if not self._came_back:
            await self.come_back()
            self._came_back = True
        async with self._reading:
            try:
                await self._read()
            except NotPossible as error:
                self.say(f"✗ {error}")
                self.list_other(sort=Sort.TIME)
                await self._read()
            await self._counts.count_new(following=self.list.following)
        self._counts.is_old = True
        self._count_soon()
        await self._look_at_jobs()
        self._draw()
        await self.pane.show(self.list.chosen, self._hint)

    def begin_list(self) -> None:
        if self._count_waits is not None:
            self._count_waits.stop()
        self._count_waits = None
        self.workers.cancel_group(self, "count")
        self._counts.forget()
        self._waited = False
        self.set_timer(_READING_AFTER, self._say_reading)
        self.list.follow()
        self.list.sort_by(self.listing.question.sort)
        self.query_one(ListHead).sort_by(self.listing.question.sort)
        self.keeper.look()

    def _say_reading(self) -> None:
        self._waited = True
        self._draw_empty()

    def _count_soon(self) -> None:
        """Schedule the next count. Changes until then are included in it."""
        if self._count_waits is None and self._known_total is None and self._counts.is_old:
            self._count_waits = self.set_timer(self._counts.rest, self._begin_count)

    def _begin_count(self) -> None:
        """Count in the background."""
        self.run_worker(self._count(), group="count", exclusive=True, exit_on_error=False)

    async def _count(self) -> None:
        try:
            await self._counts.count()
        finally:
            self._count_waits = None
        self._draw_rule()
        self._count_soon()

    async def _read(self) -> None:
        await self.listing.catch_up(self.list.cursor, self._near)
        if self.listing.is_searching:
            self.keeper.look()

    @property
    def _near(self) -> int:
        """Distance from an end of the loaded rows at which more are read, in rows."""
        return _NEAR * self.list.size.height

    async def _look_at_jobs(self) -> None:
        before, self._job = self._job, await bulk_steps.unfinished(self)
        if before is not None and (self._job is None or self._job.id != before.id):
            self.say(bulk_steps.ended(await jobs.load_job(self.store, before.id)))
        self.stand(bulk_steps.progress(self._job) if self._job is not None else "")

    # Drawing.

    def _draw(self) -> None:
        if self.keeper.current.stats is not None:
            self.query_one(MonitorHead).show(self.keeper.current.stats)
        self.list.show(self.listing.rows)
        self._see()
        self._draw_empty()
        self._draw_rule()
        self._draw_strip()

    def _see(self) -> None:
        self._counts.see(self.list.rows[slice(*self.list.window)])

    def _draw_empty(self) -> None:
        listing = self.listing
        empty = self.query_one("#list-empty", Paragraph)
        empty.display = not listing.rows
        self.list.display = bool(listing.rows)
        if not listing.rows:
            empty.show(self._empty_words())
        elif self.focused is None:
            self.list.focus()

    def _empty_words(self) -> str:
        listing = self.listing
        if not listing.asked:
            return "Reading…" if self._waited else ""
        if listing.searched_to is not None:
            return f"Nothing found so far.{' Esc stops the search.' if listing.is_searching else ''}"
        return none_listed(listing.question.view, self.filter_text)

    def _draw_rule(self) -> None:
        listing, stats = self.listing, self.keeper.current.stats
        if stats is None:
            return
        question, index = listing.question, self.list.index
        position = None
        if index is not None and listing.above is not None:
            position = listing.above + index + 1
        total = self._total()
        news = "following" if self.list.following else f"{self._counts.new:,} new" if self._counts.new else ""
        self.query_one(ListRule).show(
            Listed(
                view_name(question.view),
                position,
                max(total, position or 0) if total is not None else None,
                stats.held if question.view is View.ATTENTION else 0,
                order_words(question.sort),
                self.filter_text,
                searched_words(listing.searched_to),
                news,
            )
        )

    def _total(self) -> int | None:
        """Return the length of the list, None if unknown."""
        known = self._known_total
        return known if known is not None else self._counts.counted

    @property
    def _known_total(self) -> int | None:
        return self._counts.known(self.keeper.current.stats, filtered=bool(self.filter_text))

    def _draw_strip(self) -> None:
        delivery = self.list.chosen
        words = why_in_short(delivery) if delivery else Content.styled(self._hint, "$muted")
        self.query_one("#monitor-strip", Paragraph).show(words)

    @property
    def _hint(self) -> str:
        return PICK if self.list.rows else ""

    # Moving.

    @on(DeliveryList.Moved)
    def _moved(self, event: DeliveryList.Moved) -> None:
        if event.jump:
            self.run_worker(self._jump(event.jump == "oldest"), group="jump", exclusive=True)
            return
        self._see()
        self._draw_rule()
        self._draw_strip()
        self.pane.wait()
        index = self.list.index
        near_an_end = index is not None and self.listing.is_near_an_end(index, self._near)
        self.keeper.look(now=near_an_end)

    async def _jump(self, to_oldest: bool) -> None:
        """Move to an end of the list, and load it first if needed."""
        listing = self.listing
        try:
            async with self._reading:
                if to_oldest and listing.position is not None:
                    await listing.load_oldest(self._total())
                elif not to_oldest:
                    await listing.refresh(None, from_newest=True)
        except HookkeeperError as error:
            self.say(f"✗ {error}")
            return
        self.list.show(listing.rows)
        self.list.put(len(listing.rows) - 1 if to_oldest else 0)
        self._draw()
        self.keeper.look()

    def action_back_to_list(self) -> None:
        self.list.focus()

    def action_older(self) -> None:
        self.pane.choose_attempt(1)

    def action_newer(self) -> None:
        self.pane.choose_attempt(-1)

    async def action_unmask(self) -> None:
        await self.pane.unmask()

    def action_follow(self) -> None:
        self.workers.cancel_group(self, "jump")
        self.list.follow()
        self._draw_strip()
        self.keeper.look()

    def action_clear(self) -> None:
        """Cancel a jump; if none is running, stop the search; if none is running, clear the filter."""
        if any(worker.group == "jump" and worker.is_running for worker in self.workers):
            self.workers.cancel_group(self, "jump")
        elif self.listing.is_searching:
            self.listing.stopped = True
            self._draw()
        else:
            self.clear_filter()

    # Actions on the delivery under the cursor.

    @property
    def acted_on(self) -> Delivery | None:
        return self.list.chosen

    @property
    def is_unmasked(self) -> bool:
        return self.pane.display and self.pane.unmasked

    def say_what_to_do(self) -> None:
        self.say("! No delivery is chosen." if self.list.rows else "! There is no delivery in this list.")

    def action_detail(self) -> None:
        if self.acted_on is not None:
            self._show_page(self.acted_on.id)
        else:
            self.say_what_to_do()

    @on(SessionEvents.Opened)
    def _open(self, event: SessionEvents.Opened) -> None:
        self._show_page(event.delivery_id)

    def _show_page(self, delivery_id: str) -> None:
        question = self.listing.question
        walk = Walk(question.view, question.chosen, question.sort)
        self.app.push_screen(DeliveryScreen(delivery_id, walk))

    def action_all(self) -> None:
        self.ask(bulk_steps.ask(self, self.listing.question.matching))
