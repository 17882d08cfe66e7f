"""The Monitor: the newest deliveries, live."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.events import Resize
from textual.widgets import Static

from core.store import history
from core.store.filter import DeliveryFilter
from core.store.history import Totals
from core.text import one_line
from tui.actions import MONITOR, bindings
from tui.screens.delivery import DeliveryScreen
from tui.screens.delivery_steps import ask_cancel, resend
from tui.screens.frame import Frame
from tui.widgets.delivery_list import DeliveryList
from tui.words import state_mark, why

NEWEST = 200
_MOVES = {
    "j,down": 1,
    "k,up": -1,
    "pagedown": 15,
    "pageup": -15,
    "home,g": -NEWEST,
    "end,G": NEWEST,
}
_EMPTY = {
    "attention": "Nothing needs attention. v All shows what was delivered.",
    "all": "No delivery yet. 1 Webhooks, t sends a test event.",
}


class MonitorScreen(Frame):
    """The newest deliveries with state, answer and next retry; `v` changes between All and Attention."""

    number = 2
    actions = MONITOR
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(MONITOR),
        *(Binding(keys, f"move({by})", show=False) for keys, by in _MOVES.items()),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._view = "all"
        self._seen = 0

    def compose_body(self) -> ComposeResult:
        yield Static("", id="totals", markup=False)
        yield Static("", id="list-title", markup=False)
        yield Static("", id="list-head", markup=False)
        yield DeliveryList()
        yield Static("", id="empty", markup=False)

    def compose_strip(self) -> ComposeResult:
        yield Static("", id="monitor-strip", markup=False)

    @property
    def list(self) -> DeliveryList:
        return self.query_one(DeliveryList)

    def on_resize(self, event: Resize) -> None:
        self._draw_heads(event.size.width)

    def _draw_heads(self, width: int) -> None:
        heading = Content.assemble((self.list.heading(width)[1:], "$muted"))
        self.query_one("#list-head", Static).update(heading, layout=False)

    async def reload(self) -> None:
        chosen = DeliveryFilter(state="attention" if self._view == "attention" else None)
        rows = await history.list_deliveries(self.store, chosen, limit=NEWEST)
        totals = await history.totals(self.store)
        listed = self.list
        if listed.following:
            self._seen = rows[0].seq if rows else 0
        new = sum(row.seq > self._seen for row in rows)
        listed.show(rows)
        listed.display = bool(rows)
        empty = self.query_one("#empty", Static)
        empty.display = not rows
        empty.update(_EMPTY[self._view], layout=False)
        self._draw_totals(totals, len(rows), new)
        self._draw_heads(self.size.width)

    def _draw_totals(self, totals: Totals, shown: int, new: int) -> None:
        oldest = f"{totals.oldest.astimezone():%H:%M}" if totals.oldest else "–"
        parts: list[str | tuple[str, str]] = [
            (" Undelivered ", "$muted"), f"{totals.undelivered:>6,}",
            ("   Held ", "$muted"), f"{totals.held:>6,}",
            ("   Oldest ", "$muted"), f"{oldest:>5}",
        ]  # fmt: skip
        if totals.token_waits_until is not None:
            until = f"{totals.token_waits_until.astimezone():%H:%M:%S}"
            parts += [("   Token ", "$muted"), (f"! next try {until}", "$warning")]
        self.query_one("#totals", Static).update(Content.assemble(*parts), layout=False)
        name = "Attention" if self._view == "attention" else "All"
        where = f" {shown} newest" if shown == NEWEST else f" {shown}"
        words = f"{new} new" if new else ("" if not self.list.following else "following")
        width = max(10, self.size.width - len(name) - len(where) - len(words) - 5)
        title = Content.assemble(
            " ", (name, "bold"), (where, "$muted"), " ", ("─" * width, "$rule"), " ", (words, "$primary")
        )
        self.query_one("#list-title", Static).update(title, layout=False)

    @on(DeliveryList.Moved)
    def _draw_strip(self) -> None:
        delivery = self.list.chosen
        strip = self.query_one("#monitor-strip", Static)
        if delivery is None:
            strip.update("", layout=False)
            return
        symbol, _, colour = state_mark(delivery)
        sentence, advice = why(delivery)
        words = Content.assemble((symbol, colour), " ", (sentence, "bold"), f" {one_line(advice)}")
        strip.update(words, layout=False)

    def action_move(self, by: int) -> None:
        self.list.move(by)
        self.keeper.look()

    def action_follow(self) -> None:
        self.list.follow()
        self.keeper.look()

    def action_view(self) -> None:
        self._view = "attention" if self._view == "all" else "all"
        self.list.follow()
        self.keeper.look()

    def action_detail(self) -> None:
        if self.list.chosen is not None:
            self.app.push_screen(DeliveryScreen(self.list.chosen.id))

    def action_resend(self) -> None:
        if self.list.chosen is not None:
            self.act(resend(self, self.list.chosen))

    def action_cancel(self) -> None:
        if self.list.chosen is not None:
            self.run_worker(
                ask_cancel(self, self.list.chosen), group="dialog", exclusive=True, exit_on_error=True
            )

    def action_copy_id(self) -> None:
        if self.list.chosen is not None:
            self.app.copy_to_clipboard(self.list.chosen.id)
            self.say("✓ ID copied, if your terminal allows it")
