"""The keys that choose what the Monitor lists: view, order, filter."""

from functools import cached_property

from textual import on

from core.errors import HookkeeperError
from core.store import config
from core.store.filter import DeliveryFilter
from core.store.filter_words import InvalidFilter, parse_filter
from core.store.pages import Sort, View
from tui.actions import FILTER, MONITOR
from tui.dialogs.menu import MenuDialog
from tui.listing import Listing, Question
from tui.monitor_words import SORTS, VIEWS
from tui.screens.delivery_keys import DeliveryKeys
from tui.widgets.delivery_list import DeliveryList
from tui.widgets.filter_line import FilterLine
from tui.widgets.lines import KeyBar, bar_actions


class QuestionKeys(DeliveryKeys):
    """A screen with a list and a filter line. It saves the choices for the next start."""

    @cached_property
    def listing(self) -> Listing:
        """The loaded rows of the list."""
        return Listing(self.store)

    @property
    def list(self) -> DeliveryList:
        return self.query_one(DeliveryList)

    @property
    def filter_text(self) -> str:
        """The filter as it was typed."""
        return self.keeper.kept.state.filter

    def begin_list(self) -> None:
        """Start over, because the listing has a new question and no rows yet."""
        raise NotImplementedError

    async def come_back(self) -> None:
        """Restore the view, order and filter of the last run, except those that are no longer valid."""
        kept = self.keeper.kept.state
        view = View(kept.view) if kept.view in list(View) else View.ATTENTION
        sort = Sort(kept.sort) if kept.sort in list(Sort) else Sort.TIME
        chosen = DeliveryFilter()
        try:
            chosen = await parse_filter(self.store, kept.filter)
        except InvalidFilter:
            self.keeper.keep_filter("")
        self.list_other(view, chosen, sort)

    def list_other(
        self, view: View | None = None, chosen: DeliveryFilter | None = None, sort: Sort | None = None
    ) -> None:
        """Change view, filter or order; None keeps the current one."""
        before = self.listing.question
        self.listing.ask(
            Question(view or before.view, before.chosen if chosen is None else chosen, sort or before.sort)
        )
        self.begin_list()

    def action_view(self) -> None:
        self.ask(self._choose_view())

    async def _choose_view(self) -> None:
        before = self.listing.question.view
        answer = await self.app.push_screen_wait(MenuDialog("View", list(VIEWS.values()), before))
        if answer:
            self.keeper.remember(view=answer)
            self.list_other(view=View(answer))

    def action_sort(self) -> None:
        self.ask(self._choose_sort())

    async def _choose_sort(self) -> None:
        before = self.listing.question.sort
        answer = await self.app.push_screen_wait(MenuDialog("Sort by", list(SORTS.values()), before))
        if answer:
            self.keeper.remember(sort=answer)
            self.list_other(sort=Sort(answer))

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
        self.list_other(chosen=chosen)

    def clear_filter(self) -> None:
        """Clear the filter, if there is one."""
        if self.filter_text:
            self.keeper.keep_filter("")
            self.list_other(chosen=DeliveryFilter())
