"""The dialog for Resend all and Cancel all, which may ask the person to type the number of deliveries."""

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Button, Input

from core.store.jobs import JobKind
from core.text import one_line
from tui.dialogs.dialog import Dialog, button, text

FREE = 100
"""Most deliveries that are resent without asking for their number."""


class BulkDialog(Dialog[bool]):
    """Confirms a bulk action. Answers True for Confirm."""

    def __init__(self, kind: JobKind, number: int, words: str) -> None:
        super().__init__()
        self.title_words = f"{kind.capitalize()} all"
        self._kind = kind
        self._number = number
        self._words = words

    @property
    def _asks_for_number(self) -> bool:
        return self._kind is JobKind.CANCEL or self._number > FREE

    def compose_fields(self) -> ComposeResult:
        noun = "delivery" if self._number == 1 else "deliveries"
        yield text(f"{self._kind.capitalize()} {self._number:,} {noun}: {one_line(self._words)}?")
        yield text(
            "The dispatcher does it, after what is new. a pauses or ends it."
            if self._kind is JobKind.RESEND
            else "They will not be sent any more; r sends one after all."
        )
        if self._asks_for_number:
            yield text("")
            with Horizontal(classes="row"):
                yield text("To confirm, type the number ", classes="number-label")
                yield Input(id="number", compact=True)

    def compose_buttons(self) -> ComposeResult:
        yield button("Back" if self._kind is JobKind.CANCEL else "Cancel", "cancel")
        yield button("Confirm", "confirm")

    def on_mount(self) -> None:
        if self._asks_for_number:
            field = self.query_one(Input)
            field.cursor_blink = False
            field.focus()
            self._typed()
        else:
            self.query_one("#cancel", Button).focus()

    @on(Input.Changed)
    def _typed(self) -> None:
        typed = self.query_one(Input).value.replace(",", "").strip()
        self.query_one("#confirm", Button).disabled = typed != str(self._number)

    @on(Input.Submitted)
    def _to_confirm(self) -> None:
        confirm = self.query_one("#confirm", Button)
        if not confirm.disabled:
            confirm.focus()

    @on(Button.Pressed, "#cancel")
    def _left(self) -> None:
        self.dismiss(False)

    @on(Button.Pressed, "#confirm")
    def _confirmed(self) -> None:
        self.dismiss(True)
