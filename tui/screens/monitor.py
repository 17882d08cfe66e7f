"""The Monitor: deliveries, live."""

import asyncio
from functools import cached_property, partial
from time import monotonic
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Vertical
from textual.content import Content
from textual.events import Resize
from textual.widgets import Static

from core.clock import clock_time
from core.errors import HookkeeperError
from core.models import Delivery
from core.store import NotPossible, config, history, jobs
from core.store.filter import DeliveryFilter
from core.store.filter_words import InvalidFilter, parse_filter
from core.store.jobs import Job
from core.store.pages import Sort, View
from tui.actions import FILTER, MONITOR, bindings
from tui.dialogs.menu import MenuDialog, MenuItem
from tui.listing import Listing, Question
from tui.monitor_words import PICK, SORTS, VIEWS, none_listed, order_words, view_name, why_in_short
from tui.screens import bulk_steps
from tui.screens.delivery import DeliveryScreen
from tui.screens.delivery_keys import DeliveryKeys
from tui.widgets.delivery_list import DeliveryList
from tui.widgets.delivery_pane import DeliveryPane
from tui.widgets.delivery_row import ListHead
from tui.widgets.filter_line import FilterLine
from tui.widgets.lines import KeyBar, Paragraph, bar_actions
from tui.widgets.list_rule import Listed, ListRule
from tui.widgets.monitor_head import MonitorHead

_OF_ONE = ("detail", "resend", "cancel", "edit", "switch", "copy", "open_body", "write_body")
_READING_AFTER = 0.3
SEARCH = 0.05
"""Seconds of a search between two looks at the screen."""
_NEAR = 2
"""Screens from an end of what is loaded at which more is read."""
_REST = 0.15
"""Seconds without a motion before the pane shows another delivery."""


class MonitorScreen(DeliveryKeys):
    """What a view and a filter let through, newest first."""

    number = 2
    actions = MONITOR
    BINDINGS: ClassVar[list[BindingType]] = bindings(MONITOR)
    AUTO_FOCUS = "#deliveries"

    def __init__(self) -> None:
        super().__init__()
        self._came_back = False
        """Whether what was listed the last time is listed again."""
        self._reading = asyncio.Lock()
        self._stopped = False
        """Whether a search was stopped before it came to its end."""
        self._waited = False
        """Whether reading takes so long that it is said."""
        self._seen = 0
        self._new = 0
        self._counted: int | None = None
        self._count_again_at = 0.0
        self._job: Job | None = None
        self._in_pane: str | None = None
        self._pane_waits = False
        """Whether the pane waits for the cursor to rest."""

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
    def listing(self) -> Listing:
        """What is listed, as far as it is loaded."""
        return Listing(self.store)

    @property
    def list(self) -> DeliveryList:
        return self.query_one(DeliveryList)

    @property
    def pane(self) -> DeliveryPane:
        return self.query_one(DeliveryPane)

    @property
    def filter_text(self) -> str:
        """The filter as it was typed."""
        return self.keeper.kept.state.filter

    async def on_resize(self, event: Resize) -> None:
        self.set_class(event.size.height >= 30, "roomy")
        place = self.pane.lay_out(event.size)
        self.set_class(place == "beside", "beside")
        self.set_class(place == "below", "below")
        await self.query_one(MonitorHead).lay_out(event.size.width)

    # Reading.

    async def reload(self) -> None:
        if not self._came_back:
            await self._come_back()
        async with self._reading:
            try:
                await self._read(self.listing)
            except NotPossible as error:
                self.say(f"✗ {error}")
                self._list_other(sort=Sort.TIME)
                await self._read(self.listing)
            await self._count_news(self.listing)
        await self._look_at_jobs()
        self._draw()
        if self.pane.display and not self._pane_waits:
            await self._fill_pane()

    async def _fill_pane(self) -> None:
        """With the delivery under the cursor; without one it keeps what it shows."""
        if self.list.chosen is not None:
            self._in_pane = self.list.chosen.id
        await self.pane.load(self._in_pane)

    async def _come_back(self) -> None:
        """The view, the order and the filter of the last time, as far as they still mean something."""
        kept = self.keeper.kept.state
        view = View(kept.view) if kept.view in list(View) else View.ATTENTION
        sort = Sort(kept.sort) if kept.sort in list(Sort) else Sort.TIME
        chosen = DeliveryFilter()
        try:
            chosen = await parse_filter(self.store, kept.filter)
        except InvalidFilter:
            self.keeper.keep_filter("")
        self._list_other(view, chosen, sort)
        self._came_back = True

    def _list_other(
        self, view: View | None = None, chosen: DeliveryFilter | None = None, sort: Sort | None = None
    ) -> None:
        """List something else; what is not given stays."""
        before = self.listing.question
        self.listing.ask(
            Question(view or before.view, before.chosen if chosen is None else chosen, sort or before.sort)
        )
        self.workers.cancel_group(self, "count")
        self._stopped, self._counted, self._count_again_at, self._seen = False, None, 0.0, 0
        self._waited = False
        self.set_timer(_READING_AFTER, self._say_reading)
        self.list.follow()
        self.keeper.look()

    def _say_reading(self) -> None:
        self._waited = True
        self._draw_empty()

    async def _read(self, listing: Listing) -> None:
        """The rows as they are now, more of them where the screen comes near an end, and the search a little further."""
        shown = self.list
        await listing.refresh(shown.cursor, from_newest=shown.following)
        until = monotonic() + SEARCH
        while listing.is_searching and not self._stopped:
            await listing.load_older()
            if monotonic() > until:
                break
        if listing.is_searching and not self._stopped:
            self.keeper.look()
        if shown.following:
            return
        index = next((at for at, row in enumerate(listing.rows) if row.seq == shown.cursor), 0)
        near = _NEAR * shown.size.height
        if index < near:
            await listing.load_newer()
        if index + near > len(listing.rows) and not listing.is_searching:
            await listing.load_older()

    async def _count_news(self, listing: Listing) -> None:
        self._new = 0
        if self._seen and not self.list.following:
            self._new = await listing.count_since(self._seen)

    async def _count(self) -> None:
        """How many there are in all: read beside everything else, and the rarer the longer it takes."""
        listing = self.listing
        assert listing is not None
        began, question = monotonic(), listing.question
        number = await history.count_deliveries(self.store, question.matching)
        if question is listing.question:
            self._counted = number
            self._draw_rule()
        self._count_again_at = monotonic() + 5 + 50 * (monotonic() - began)

    async def _look_at_jobs(self) -> None:
        before, self._job = self._job, await bulk_steps.unfinished(self)
        if before is not None and (self._job is None or self._job.id != before.id):
            self.say(bulk_steps.ended(await jobs.load_job(self.store, before.id)))
        self.stand(bulk_steps.progress(self._job) if self._job is not None else "")

    # Drawing.

    def _draw(self) -> None:
        if self.keeper.stats is not None:
            self.query_one(MonitorHead).show(self.keeper.stats)
        self.list.show(self.listing.rows)
        self._mark_seen()
        self._draw_empty()
        self._draw_rule()
        self._draw_strip()

    def _mark_seen(self) -> None:
        visible = self.list.rows[slice(*self.list.window)]
        self._seen = max(self._seen, *(row.seq for row in visible), 0)

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
        if listing.is_searching:
            return "Nothing found so far." if self._stopped else "Nothing found so far. Esc stops the search."
        return none_listed(listing.question.view, self.filter_text)

    def _draw_rule(self) -> None:
        listing, stats = self.listing, self.keeper.stats
        if stats is None:
            return
        question, index = listing.question, self.list.index
        position = None
        if index is not None and listing.above is not None:
            position = listing.above + index + 1
        total = self._total(listing)
        searched = ""
        if listing.searched_to is not None:
            back_to = clock_time(listing.searched_to)
            searched = f"searched back to {back_to[:5] if ':' in back_to else back_to}"
        news = "following" if self.list.following else f"{self._new:,} new" if self._new else ""
        self.query_one(ListRule).show(
            Listed(
                view_name(question.view),
                position,
                max(total, position or 0) if total is not None else None,
                stats.held if question.view is View.ATTENTION else 0,
                order_words(question.sort),
                self.filter_text,
                searched,
                news,
            )
        )

    def _total(self, listing: Listing) -> int | None:
        """How many there are, as far as that is known."""
        stats, question = self.keeper.stats, listing.question
        if listing.position is None and listing.above is not None:
            return listing.above + len(listing.rows)
        if stats is not None and not self.filter_text and question.view in (View.ATTENTION, View.HELD):
            return stats.attention if question.view is View.ATTENTION else stats.held
        if monotonic() >= self._count_again_at:
            self._count_again_at = float("inf")
            self.run_worker(self._count(), group="count", exclusive=True, exit_on_error=False)
        return self._counted

    def _draw_strip(self) -> None:
        delivery = self.list.chosen
        pick = Content.assemble((PICK if self.list.rows else "", "$muted"))
        self.query_one("#monitor-strip", Paragraph).show(why_in_short(delivery) if delivery else pick)

    # Moving.

    @on(DeliveryList.Moved)
    def _moved(self, event: DeliveryList.Moved) -> None:
        if event.jump:
            self.run_worker(self._jump(event.jump == "oldest"), group="jump", exclusive=True)
            return
        self._mark_seen()
        self._draw_rule()
        self._draw_strip()
        self._fill_pane_soon()
        self.keeper.look(now=self._near_an_end)

    @property
    def _near_an_end(self) -> bool:
        """Whether the cursor is about to leave what is loaded."""
        listing, index = self.listing, self.list.index
        if index is None:
            return False
        near = _NEAR * self.list.size.height
        below = listing.position is not None and index + near > len(listing.rows)
        return below or bool(index < near and listing.above)

    def _fill_pane_soon(self) -> None:
        """Once the cursor rests: a key that is held down draws the list alone."""
        if not self.pane.display:
            return
        self._pane_waits = True
        self.run_worker(self._fill_pane_at_rest(), group="pane", exclusive=True, exit_on_error=True)

    async def _fill_pane_at_rest(self) -> None:
        await asyncio.sleep(_REST)
        self._pane_waits = False
        self.keeper.look()

    async def _jump(self, to_oldest: bool) -> None:
        """To an end of the list, which may have to be read first."""
        listing = self.listing
        try:
            async with self._reading:
                if to_oldest and listing.position is not None:
                    await listing.load_oldest(self._total(listing))
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

    # What is listed.

    def action_view(self) -> None:
        self.ask(self._choose_view())

    async def _choose_view(self) -> None:
        before = self.listing.question.view
        answer = await self.app.push_screen_wait(MenuDialog("View", list(VIEWS.values()), before))
        if answer:
            self.keeper.remember(view=answer)
            self._list_other(view=View(answer))

    def action_sort(self) -> None:
        self.ask(self._choose_sort())

    async def _choose_sort(self) -> None:
        before = self.listing.question.sort
        answer = await self.app.push_screen_wait(MenuDialog("Sort by", list(SORTS.values()), before))
        if answer:
            self.keeper.remember(sort=answer)
            self._list_other(sort=Sort(answer))

    def action_filter(self) -> None:
        self.ask(self._open_filter())

    async def _open_filter(self) -> None:
        webhooks = [summary.webhook for summary in await config.list_webhooks(self.store)]
        kept = self.keeper.kept.state
        self.add_class("filtering")
        self.query_one(FilterLine).open(kept.filter, kept.filter_history, webhooks)
        self.query_one(KeyBar).show(FILTER, "F1")

    def _close_filter(self) -> None:
        self.remove_class("filtering")
        self.query_one(FilterLine).display = False
        self.query_one(KeyBar).show(bar_actions(self.app, MONITOR))
        self.list.focus()

    @on(FilterLine.Closed)
    def _filter_left(self) -> None:
        self._close_filter()

    @on(FilterLine.Applied)
    async def _filter_applied(self, event: FilterLine.Applied) -> None:
        line = self.query_one(FilterLine)
        try:
            chosen = await parse_filter(self.store, event.text)
        except InvalidFilter as error:
            line.refuse(str(error), error.position)
            return
        except HookkeeperError as error:
            line.refuse(str(error), len(event.text))
            return
        self._close_filter()
        self.keeper.keep_filter(event.text)
        self._list_other(chosen=chosen)

    def action_clear(self) -> None:
        """One step: the jump or the search that goes on, then the filter."""
        listing = self.listing
        if any(worker.group == "jump" and worker.is_running for worker in self.workers):
            self.workers.cancel_group(self, "jump")
        elif listing.is_searching and not self._stopped:
            self._stopped = True
            self._draw()
        elif self.filter_text:
            self.keeper.keep_filter("")
            self._list_other(chosen=DeliveryFilter())

    # What is done to the delivery under the cursor.

    @property
    def acted_on(self) -> Delivery | None:
        return self.list.chosen

    @property
    def is_unmasked(self) -> bool:
        return self.pane.display and self.pane.unmasked

    def say_what_to_do(self) -> None:
        if self.list.rows:
            self.say(f"! {PICK}")

    def action_detail(self) -> None:
        question = self.listing.question
        if self.acted_on is not None:
            self.app.push_screen(DeliveryScreen(self.acted_on.id, question.view, question.chosen))
        else:
            self.say_what_to_do()

    def action_all(self) -> None:
        self.ask(bulk_steps.ask(self, self.listing.question.matching))

    def action_menu(self) -> None:
        self.begin(lambda _, delivery: self._menu(delivery))

    async def _menu(self, delivery: Delivery) -> None:
        items = [
            MenuItem(
                action.name, action.key if len(action.key) == 1 else "", action.words, self.refusal(action)
            )
            for action in MONITOR
            if action.name in _OF_ONE
        ]
        answer = await self.app.push_screen_wait(MenuDialog(f"Actions: {delivery.id}", items))
        if answer:
            self.call_later(partial(self.run_action, answer))
