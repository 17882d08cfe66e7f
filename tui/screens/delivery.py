"""One delivery: why it is where it is, its attempts, what was answered, what was sent."""

from textwrap import indent
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from core.catalog import shown_type
from core.clock import clock_time
from core.models import Attempt, Delivery, Event
from core.store import config, history
from core.text import masked_json, one_line, sanitize
from tui.actions import DETAIL, bindings
from tui.screens.frame import Frame
from tui.words import count_of_attempts, outcome_mark, state_mark, status_line, why

_ATTEMPTS = 8


class DeliveryScreen(Frame):
    """A page of its own; Esc goes back to the list."""

    number = 2
    is_page = True
    actions = DETAIL
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(DETAIL),
        Binding("j,down", "scroll(1)", show=False),
        Binding("k,up", "scroll(-1)", show=False),
    ]

    def __init__(self, delivery_id: str) -> None:
        super().__init__()
        self._delivery_id = delivery_id
        self._delivery: Delivery | None = None
        self._attempt = 0
        self._unmasked = False
        self._masked_fields: tuple[str, ...] = ()

    def compose_body(self) -> ComposeResult:
        with VerticalScroll(id="page", can_focus=False):
            yield Static("", id="detail", markup=False)

    def compose_strip(self) -> ComposeResult:
        return iter(())

    async def reload(self) -> None:
        delivery = await history.load_delivery(self.store, self._delivery_id)
        attempts = await history.list_attempts(self.store, self._delivery_id)
        event = await history.load_event(self.store, delivery.event_id)
        self._masked_fields = (await config.load_settings(self.store)).masked_fields
        self._delivery = delivery
        self._attempt = min(self._attempt, max(0, len(attempts) - 1))
        self.query_one("#detail", Static).update(self._content(delivery, attempts, event))

    def _content(self, delivery: Delivery, attempts: list[Attempt], event: Event) -> Content:
        width = max(40, self.size.width - 4)
        symbol, word, colour = state_mark(delivery)
        sentence, advice = why(delivery)
        test = "  test event" if delivery.is_test else ""
        parts: list[Content | str | tuple[str, str]] = [
            (f"{symbol} {word}", colour), "  ", (shown_type(delivery.type).label, "bold"), (test, "$warning"),
            ("   " + delivery.id, "$muted"), f"\nPOST {one_line(delivery.url)}\n",
            (sentence, "bold"), f" {one_line(advice)}\n",
            _rule("Attempts", count_of_attempts(delivery), width),
        ]  # fmt: skip
        if not attempts:
            parts.append("No attempt yet: due now.\n" if delivery.waits_for == "now" else "No attempt yet.\n")
        else:
            parts.append(("   #  Time      Outcome            Token  Connect  1st byte    Total\n", "$muted"))
        first = max(0, min(self._attempt, len(attempts) - _ATTEMPTS))
        for index, attempt in list(enumerate(attempts))[first : first + _ATTEMPTS]:
            parts += _attempt_line(attempt, index == self._attempt)
        if len(attempts) > first + _ATTEMPTS:
            parts.append((f"      {len(attempts) - first - _ATTEMPTS} older\n", "$muted"))
        if attempts:
            parts += self._response(attempts[self._attempt], width)
        parts += self._request(event, width)
        return Content.assemble(*parts)

    def _response(self, attempt: Attempt, width: int) -> list[Content | str | tuple[str, str]]:
        right = (
            f"attempt {attempt.number}, {status_line(attempt.status_code)}, {len(attempt.response_body):,} B"
        )
        parts: list[Content | str | tuple[str, str]] = [
            _rule("Response", right, width),
            f"{one_line(attempt.reason)}\n",
        ]
        for name, value in attempt.response_headers:
            parts += [(f"  {one_line(name).lower()}  ", "$muted"), f"{one_line(value)}\n"]
        if attempt.response_body:
            parts.append(f"{indent(self._shown(attempt.response_body), '  ')}\n")
        if attempt.response_body_cut:
            parts.append(("  body cut\n", "$warning"))
        return parts

    def _request(self, event: Event, width: int) -> list[Content | str | tuple[str, str]]:
        right = f"{event.id}, {len(event.body):,} B" + (", nothing masked" if self._unmasked else "")
        return [_rule("Request", right, width), self._shown(event.body), "\n"]

    def _shown(self, body: bytes) -> str:
        if self._unmasked:
            return sanitize(body.decode("utf-8", "replace"))
        return masked_json(body, self._masked_fields)

    def action_scroll(self, lines: int) -> None:
        self.query_one("#page").scroll_relative(y=lines, animate=False)

    def action_older(self) -> None:
        self._attempt += 1
        self.keeper.look()

    def action_newer(self) -> None:
        self._attempt = max(0, self._attempt - 1)
        self.keeper.look()

    def action_unmask(self) -> None:
        self._unmasked = not self._unmasked
        self.keeper.look()

    def action_back(self) -> None:
        self.app.pop_screen()

    def action_resend(self) -> None:
        from tui.screens.monitor import resend  # the list opens this page

        if self._delivery is not None:
            self.act(resend(self, self._delivery))

    def action_cancel(self) -> None:
        from tui.screens.monitor import ask_cancel  # the list opens this page

        if self._delivery is not None:
            self.run_worker(
                ask_cancel(self, self._delivery), group="dialog", exclusive=True, exit_on_error=True
            )


def _rule(left: str, right: str, width: int) -> Content:
    line = "─" * max(3, width - len(left) - len(right) - 2)
    return Content.assemble((left, "bold"), " ", (line, "$rule"), " ", (right, "$muted"), "\n")


def _attempt_line(attempt: Attempt, chosen: bool) -> list[Content | str | tuple[str, str]]:
    symbol, word, colour = outcome_mark(attempt.outcome, attempt.status_code)
    token = (
        "–" if attempt.token_ms is None else "cached" if attempt.token_ms < 2 else _seconds(attempt.token_ms)
    )
    return [
        ("▌" if chosen else " ", "$primary"),
        f"{attempt.number:>3}  {clock_time(attempt.started_at):<8}  ",
        (f"{symbol} {word:<16}", colour),
        f"{token:>6}  {_seconds(attempt.connect_ms):>7}  {_seconds(attempt.first_byte_ms):>8}  "
        f"{_seconds(attempt.total_ms):>5} s\n",
    ]


def _seconds(milliseconds: int | None) -> str:
    return "–" if milliseconds is None else f"{milliseconds / 1000:.2f}"
