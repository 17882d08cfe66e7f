"""The loaded rows of the Monitor's list: a few pages around those on the screen, out of any number of deliveries."""

from dataclasses import dataclass
from datetime import datetime
from time import monotonic

from core.store import Store
from core.store.filter import DeliveryFilter
from core.store.pages import (
    Page,
    Row,
    Sort,
    View,
    count_new,
    load_page,
    load_page_after,
    refresh_rows,
)

PAGE = 100
MOST = 3 * PAGE
"""Most rows in memory."""
SEARCH = 0.05
"""Seconds that a search runs before the screen is redrawn."""
_NEW = 1000
_EVERYTHING = DeliveryFilter()


@dataclass(frozen=True, slots=True)
class Question:
    """What the list shows, and in which order."""

    view: View = View.ATTENTION
    chosen: DeliveryFilter = _EVERYTHING
    sort: Sort = Sort.TIME

    @property
    def matching(self) -> DeliveryFilter:
        """View and filter combined into one filter."""
        view = None if self.view is View.ALL else self.view
        return self.chosen.model_copy(update={"view": view})


class Listing:
    """A window of consecutive `rows` in the list that the question describes.

    `above`: how many rows of the list come before the window (None: unknown). `position`: where loading of older rows
    continues (None: at the end). `searched_to`: how far back an unfinished search has come (None: no search).
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self.question = Question()
        self.rows: list[Row] = []
        self.above: int | None = 0
        self.position: int | None = None
        self.searched_to: datetime | None = None
        self.asked = False
        """Whether the first page of the question has been read."""
        self.stopped = False
        """Whether the person stopped the search before its end."""

    def ask(self, question: Question) -> None:
        """Set another question and drop all rows."""
        self.question = question
        self.rows, self.above, self.position, self.searched_to = [], 0, None, None
        self.asked = self.stopped = False

    @property
    def is_searching(self) -> bool:
        """Whether a search is running that has neither filled its page nor reached its end."""
        return self.searched_to is not None and not self.stopped

    def is_near_an_end(self, index: int, near: int) -> bool:
        """Whether the row at `index` is within `near` rows of an end of the window, with more rows beyond that end."""
        below = self.position is not None and index + near > len(self.rows)
        return below or bool(index < near and self.above)

    async def catch_up(self, held: int | None, near: int) -> None:
        """Refresh the rows, continue a search for `SEARCH` seconds, and load more if `held` is within `near` of an end.

        `held`: the row number under the cursor; None follows the newest. Raises StoreError.
        """
        await self.refresh(held, from_newest=held is None)
        until = monotonic() + SEARCH
        while self.is_searching:
            await self.load_older()
            if monotonic() > until:
                break
        if held is None:
            return
        index = next((at for at, row in enumerate(self.rows) if row.seq == held), 0)
        if index < near:
            await self.load_newer()
        if index + near > len(self.rows) and self.searched_to is None:
            await self.load_older()

    async def load_older(self) -> None:
        """Load one more page at the end, and drop rows from the beginning beyond `MOST`."""
        if self.position is None:
            return
        question, missing = self.question, self._missing()
        page = await self._page(self.position, missing)
        if question is not self.question:
            return
        self._keep(page, self.rows, page.rows)

    def _missing(self) -> int:
        """Return how many rows to load. An unfinished search only fills up its page."""
        return PAGE - len(self.rows) % PAGE if self.searched_to is not None else PAGE

    def _keep(self, page: Page, before: list[Row], more: list[Row]) -> None:
        rows = [*before, *more]
        extra = max(0, len(rows) - MOST)
        self.rows = rows[extra:]
        self.position, self.searched_to = page.position, page.searched_to
        if self.above is not None:
            self.above += extra

    async def load_newer(self) -> int:
        """Load one more page at the beginning, drop rows from the end beyond `MOST`, and return how many came."""
        if not self.rows:
            return 0
        question = self.question
        if question.sort is Sort.TIME:
            rows = await load_page_after(
                self._store, question.view, question.chosen, after=self.rows[0].seq, limit=PAGE
            )
        else:
            first = max(0, (self.above or 0) - PAGE)
            rows = (await self._page(first, (self.above or 0) - first)).rows if self.above else []
        if question is not self.question:
            return 0
        self.rows = [*rows, *self.rows]
        if len(self.rows) > MOST:
            self._cut(MOST)
        if self.above is not None:
            self.above = max(0, self.above - len(rows))
        return len(rows)

    def _cut(self, length: int) -> None:
        self.rows = self.rows[:length]
        in_time = self.question.sort is Sort.TIME
        self.position = self.rows[-1].seq if in_time else (self.above or 0) + length
        self.searched_to = None

    async def load_oldest(self, total: int | None) -> None:
        """Load the last page. `total`: the length of the list, None if unknown."""
        question = self.question
        if question.sort is Sort.TIME:
            rows = await load_page_after(self._store, question.view, question.chosen, after=0, limit=PAGE)
            if question is self.question:
                self.rows, self.position, self.searched_to = rows, None, None
                self.above = total - len(rows) if total is not None else None
            return
        while self.position is not None and question is self.question:
            await self.load_older()

    async def refresh(self, held: int | None, *, from_newest: bool) -> None:
        """Read the rows again: the newest page, or the current window.

        The row with the number `held` stays, even if it no longer matches.
        """
        question = self.question
        in_time = question.sort is Sort.TIME
        from_newest = from_newest or not self.rows
        start = None if from_newest else self.rows[0].seq + 1 if in_time else self.above
        page = await self._page(start, PAGE if from_newest else max(PAGE, len(self.rows)))
        rows, position, searched_to = page.rows, page.position, page.searched_to
        if self.asked and page.searched_to is not None and self._is_deeper(page.position):
            # This search ran only for a moment and is not as deep as the rows loaded before.
            deeper = [row.seq for row in self.rows if row.seq < (page.position or 0)]
            rows = rows + await refresh_rows(self._store, deeper)
            position, searched_to = self.position, self.searched_to
        if held is not None and all(row.seq != held for row in rows):
            rows = self._with(rows, await refresh_rows(self._store, [held]))
        above = 0 if from_newest else self.above
        if in_time and rows and not from_newest:
            number = await self.count_since(rows[0].seq)
            above = number if number < _NEW else above
        if question is self.question:
            self.rows, self.position, self.searched_to, self.above = rows, position, searched_to, above
            self.asked = True

    def _is_deeper(self, position: int | None) -> bool:
        return self.position is None or (position is not None and self.position < position)

    def _with(self, rows: list[Row], held: list[Row]) -> list[Row]:
        """Return the rows with the held one, which no longer matches, put back in its place."""
        for row in held:
            if self.question.sort is Sort.TIME:
                place = next((at for at, each in enumerate(rows) if each.seq < row.seq), len(rows))
            else:
                place = next((at for at, each in enumerate(self.rows) if each.seq == row.seq), len(rows))
            rows = [*rows[:place], row, *rows[place:]]
        return rows

    async def count_since(self, seq: int) -> int:
        """Return how many rows are newer than this row number, at most a thousand."""
        return await count_new(self._store, self.question.view, self.question.chosen, after=seq, most=_NEW)

    async def _page(self, before: int | None, limit: int) -> Page:
        question = self.question
        return await load_page(
            self._store, question.view, question.chosen, before=before, limit=limit, sort=question.sort
        )
