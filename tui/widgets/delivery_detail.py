"""The detail of one delivery: its state, attempts, response, request and session."""

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.events import Resize
from textual.widgets import Static

from core.models import Attempt, Delivery, Event, GeneralSettings
from core.store import config, history
from core.store.session import Session, load_session
from tui.theme import MUTED
from tui.widgets.countdown import Countdown
from tui.widgets.delivery_attempts import attempts_table
from tui.widgets.delivery_exchange import request, response
from tui.widgets.delivery_head import delivery_head
from tui.widgets.delivery_session import SessionEvents
from tui.widgets.json_text import body_text

if TYPE_CHECKING:
    from tui.app import HookkeeperApp

_LONG = 64 * 1024
"""Bytes from which a body is formatted in a thread, so that the event loop goes on."""


@dataclass(frozen=True, slots=True)
class _Shown:
    """The data that is shown, as read from the store."""

    delivery: Delivery
    attempts: tuple[Attempt, ...]
    event: Event
    settings: GeneralSettings
    session: Session


class DeliveryDetail(VerticalScroll, can_focus=False):
    """The body of a page, or a pane beside a list. `load` reads the store and draws only if something has changed."""

    def __init__(self) -> None:
        super().__init__(id="detail")
        self.unmasked = False
        """Whether the masked values of this delivery are shown."""
        self.hint = ""
        """The words shown while there is no delivery."""
        self._wanted: str | None = None
        self._shown: _Shown | None = None
        self._body = Content("")
        self._body_of: object = None
        self._number: int | None = None
        self._drawn: object = None

    def compose(self) -> ComposeResult:
        yield Static("", id="detail-head", markup=False)
        yield Countdown()
        yield Static("", id="detail-body", markup=False)
        yield SessionEvents()

    @property
    def delivery(self) -> Delivery | None:
        """The delivery that is shown, as of the last read."""
        return self._shown.delivery if self._shown is not None else None

    @property
    def event(self) -> Event | None:
        """The event of the delivery."""
        return self._shown.event if self._shown is not None else None

    @property
    def attempt(self) -> Attempt | None:
        """The attempt that is shown."""
        if self._shown is None or not self._shown.attempts:
            return None
        return self._shown.attempts[self._index(self._shown)]

    def _index(self, shown: _Shown) -> int:
        """Return the index of the chosen attempt, else 0 (the newest). New attempts do not change the chosen number."""
        for index, attempt in enumerate(shown.attempts):
            if attempt.number == self._number:
                return index
        return 0

    async def load(self, delivery_id: str | None) -> None:
        """Read this delivery and draw what has changed. None shows the hint. Raises StoreError."""
        if delivery_id != self._wanted:
            self._wanted, self._number, self.unmasked = delivery_id, None, False
        shown = await self._read(delivery_id) if delivery_id is not None else None
        if delivery_id != self._wanted:
            return  # another delivery was requested meanwhile
        before, self._shown = self._shown, shown
        await self._make_readable()
        self._draw()
        if before is None or shown is None or before.delivery.id != shown.delivery.id:
            self.scroll_home(animate=False)

    async def _read(self, delivery_id: str) -> _Shown:
        store = cast("HookkeeperApp", self.app).store
        delivery = await history.load_delivery(store, delivery_id)
        event = self.event
        # An event never changes, and its body may be long.
        if event is None or event.id != delivery.event_id:
            event = await history.load_event(store, delivery.event_id)
        if self._shown is not None and self._shown.delivery == delivery:
            attempts = self._shown.attempts  # every change to an attempt also changes the delivery
        else:
            attempts = tuple(await history.list_attempts(store, delivery.id))
        return _Shown(
            delivery,
            attempts,
            event,
            await config.load_settings(store),
            await load_session(store, delivery.event_id),
        )

    async def _make_readable(self) -> None:
        """Format the body that was sent, unless that is already done."""
        if self._shown is None:
            return
        event, fields = self._shown.event, self._shown.settings.masked_fields
        wanted = (event.id, fields, self.unmasked)
        if wanted == self._body_of:
            return
        if len(event.body) < _LONG:
            self._body = body_text(event.body, fields, unmasked=self.unmasked)
        else:
            self._body = await asyncio.to_thread(body_text, event.body, fields, unmasked=self.unmasked)
        self._body_of = wanted

    def on_resize(self, event: Resize) -> None:
        self._draw()

    def _draw(self) -> None:
        width = self.scrollable_content_region.width
        wanted = (self._shown or self.hint, self._number, self._body_of, width)
        if wanted == self._drawn or width <= 0:
            return
        self._drawn = wanted
        head, body = self.query_one("#detail-head", Static), self.query_one("#detail-body", Static)
        session = self.query_one(SessionEvents)
        shown = self._shown
        if shown is None:
            head.update(Content.styled(self.hint, MUTED))
            body.update("")
            self.query_one(Countdown).show(None)
            session.show(Session(), "", width)
            return
        head.update(delivery_head(shown.delivery, width))
        self.query_one(Countdown).show(shown.delivery.next_attempt_at)
        body.update(self._below(shown, width))
        session.show(shown.session, shown.delivery.id, width)

    def _below(self, shown: _Shown, width: int) -> Content:
        attempt = self.attempt
        answered = (
            response(attempt, shown.settings, width, unmasked=self.unmasked) if attempt else Content("")
        )
        return Content.assemble(
            attempts_table(shown.delivery, shown.attempts, self._index(shown), width),
            answered,
            request(
                shown.delivery,
                attempt,
                shown.settings,
                len(shown.event.body),
                width,
                unmasked=self.unmasked,
            ),
            self._body,
        )

    def choose_attempt(self, by: int) -> None:
        """Show an older attempt (1) or a newer one (-1)."""
        if self._shown is not None and self._shown.attempts:
            last = len(self._shown.attempts) - 1
            index = min(max(self._index(self._shown) + by, 0), last)
            self._number = self._shown.attempts[index].number if index else None
            self._draw()

    async def unmask(self) -> None:
        """Show the masked values of this delivery, or mask them again."""
        self.unmasked = not self.unmasked
        await self._make_readable()
        self._draw()

    def scroll_lines(self, lines: int) -> None:
        """Scroll down, or up if `lines` is negative."""
        # Immediate, so that of several keys that arrive together each one scrolls.
        self.scroll_relative(y=lines, animate=False, immediate=True)
