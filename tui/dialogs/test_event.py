"""The dialog that sends a test event to one webhook and shows the result."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Button, Select, Static, TextArea

from core.catalog import Sample, accept, shown_type
from core.errors import HookkeeperError
from core.models import DeliveryState, Outcome, Webhook
from core.store import Store, config, history, nodes, queue
from core.text import one_line
from tui.actions import Action
from tui.dialogs.dialog import FormDialog, button, text
from tui.widgets.field import Field, choices
from tui.widgets.fields import LongText
from tui.words import outcome_mark, why


class TestDialog(FormDialog[str]):
    """Sends test events. Answers with the ID of the delivery to show, None for none."""

    __test__ = False  # keeps pytest from collecting this class
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+s", "send", show=False, priority=True)]
    title_words = "Send test event"
    keys = (Action("", "", "Next", "Tab"), Action("", "", "Send", "^s"), Action("", "", "Cancel", "Esc"))

    def __init__(self, store: Store, webhook: Webhook) -> None:
        super().__init__()
        self._store = store
        self._webhook = webhook
        self._samples = {sample.name: sample for sample in shown_type(webhook.type).samples}
        self._sample = next(iter(self._samples.values()))
        self._offered = self._sample.body().decode()
        """The sample as it was first shown, without the person's edits."""
        self._sent: str | None = None
        self._delivery = ""

    @property
    def has_changes(self) -> bool:
        return self.query_one(TextArea).text not in (self._offered, self._sent)

    def compose_fields(self) -> ComposeResult:
        yield text("To this webhook only, with token, headers and signature as always.")
        if len(self._samples) > 1:
            names = choices([(_choice(sample), sample.name) for sample in self._samples.values()])
            chosen = Select(names, allow_blank=False, id="sample-name", compact=True)
            yield Field("sample-name", "Sample", chosen)
        yield LongText(self._offered, id="sample")
        yield Static("", id="answer", markup=False)

    def compose_buttons(self) -> ComposeResult:
        yield button("Close", "close")
        if self._delivery:
            yield button("Show", "show")
        yield button("Send", "send")

    def on_mount(self) -> None:
        self.focus_form()

    def focus_form(self) -> None:
        self.query_one(TextArea).focus()

    @on(Select.Changed, "#sample-name")
    def _sample_chosen(self, event: Select.Changed) -> None:
        chosen = self._samples[str(event.value)]
        if chosen is not self._sample:
            self._sample = chosen
            self._offer()

    def _offer(self) -> None:
        """Fill in the sample, with a new session."""
        self._offered = self._sample.body().decode()
        self.query_one(TextArea).text = self._offered

    @on(Button.Pressed, "#close")
    def _close(self) -> None:
        self.dismiss(None)

    @on(Button.Pressed, "#show")
    def _show(self) -> None:
        self.dismiss(self._delivery)

    @on(Button.Pressed, "#send")
    def action_send(self) -> None:
        self.run_worker(self._send(), exclusive=True, exit_on_error=True)

    def _answer(self, words: str | Content) -> None:
        self.query_one("#answer", Static).update(one_line(words) if isinstance(words, str) else words)

    async def _send(self) -> None:
        try:
            settings = await config.load_settings(self._store)
            if self.query_one(TextArea).text == self._offered == self._sent:
                self._offer()  # receivers take a second event with the same session for a duplicate
            sent = self.query_one(TextArea).text
            data = sent.encode("utf-8", "surrogatepass")
            body = accept(self._webhook.type, data, limit=settings.body_limit)
            delivery = await queue.emit_test(self._store, self._webhook.id, body)
            self._sent = sent
            if not nodes.standing(self._store).running:
                self._answer("! Stored, but nobody delivers: ^p Start dispatcher.")
            else:
                self._answer("Sending…")
            await self._watch(delivery)
        except HookkeeperError as error:
            self._answer(f"✗ {error}")

    async def _watch(self, delivery_id: str) -> None:
        """Wait until the first attempt has ended. Meanwhile show what it waits for."""
        async for _ in self._store.changes(1 / 8):
            delivery = await history.load_delivery(self._store, delivery_id)
            attempts = await history.list_attempts(self._store, delivery_id)
            if attempts and delivery.state is not DeliveryState.SENDING:
                last = attempts[0]
                symbol, word, colour = outcome_mark(last.outcome, last.status_code)
                took = f" in {last.total_ms / 1000:.2f} s, attempt {last.number}"
                # The reason of a successful attempt adds nothing to its status.
                reason = "" if last.outcome is Outcome.OK else f": {one_line(last.reason)}"
                self._answer(Content.assemble((symbol, colour), f" {word}{took}{reason}."))
                await self._offer_to_show(delivery_id)
                return
            if delivery.waits_for in ("token", "breaker", "pause"):
                sentence, _ = why(delivery)
                totals = await history.totals(self._store)
                reason = (
                    f" {one_line(totals.token_reason)}."
                    if delivery.waits_for == "token" and totals.token_reason
                    else ""
                )
                self._answer(f"! {sentence}{reason}")
                await self._offer_to_show(delivery_id)

    async def _offer_to_show(self, delivery_id: str) -> None:
        self._delivery = delivery_id
        if not self.leaving and not self.query("#show"):
            await self.query_one("#buttons").mount(button("Show", "show"), before="#send")
            if self.focused is self.query_one("#send"):
                self.query_one("#show").focus()


def _choice(sample: Sample) -> str:
    return f"{sample.name}  {sample.note}" if sample.note else sample.name
