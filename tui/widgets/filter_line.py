"""The filter line of the Monitor, with completion by Tab and a history."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static

from core.models import Webhook
from core.store.filter_words import completions
from core.text import one_line

_HINT = "state: type: webhook: code: class: since: session:  ! not  or an ID's start"


class FilterInput(Input):
    """The input, which leaves Tab, the arrow keys and Esc to the filter line."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "complete", show=False, priority=True),
        Binding("up", "recall(1)", show=False),
        Binding("down", "recall(-1)", show=False),
        Binding("escape,ctrl+c", "leave", show=False),
    ]

    class Left(Message):
        """The input was left without applying a filter."""

    class Wanted(Message):
        """A request to complete the last word (0), or to show an older (1) or newer (-1) filter."""

        def __init__(self, older: int) -> None:
            super().__init__()
            self.older = older

    def action_complete(self) -> None:
        self.post_message(self.Wanted(0))

    def action_recall(self, older: int) -> None:
        self.post_message(self.Wanted(older))

    def action_leave(self) -> None:
        self.post_message(self.Left())


class FilterLine(Vertical):
    """Two rows: the input, and below it a hint or an error."""

    DEFAULT_CSS = """
    FilterLine { height: 2; padding: 0 1; display: none; }
    FilterLine Horizontal { height: 1; }
    FilterLine #slash { width: 2; color: $primary; text-style: bold; }
    FilterLine #hint { height: 1; padding: 0 0 0 2; color: $muted; text-wrap: nowrap; text-overflow: ellipsis; }
    """

    class Applied(Message):
        """Enter was pressed: apply this text as the filter."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Closed(Message):
        """Esc was pressed: keep the filter as it was."""

    def __init__(self) -> None:
        super().__init__(id="filter-line")
        self._webhooks: Sequence[Webhook] = ()
        self._history: Sequence[str] = ()
        self._recalled = -1
        self._typed = ""
        self._offered: list[str] = []
        self._shown = ""
        """The text that was last put into the input by completion or history."""

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield Static("/", id="slash", markup=False)
            typed = FilterInput(id="filter", compact=True)
            typed.cursor_blink = False
            yield typed
        yield Static("", id="hint", markup=False)

    @property
    def input(self) -> FilterInput:
        return self.query_one(FilterInput)

    def open(self, text: str, history: Sequence[str], webhooks: Sequence[Webhook]) -> None:
        """Show the line with this text. The history has the newest filter first."""
        self._history, self._webhooks = history, webhooks
        self._recalled, self._typed, self._offered, self._shown = -1, text, [], ""
        self.display = True
        self.input.value = text
        self.input.cursor_position = len(text)
        self.input.focus()
        self.hint()

    def refuse(self, words: str, position: int) -> None:
        """Show an error for the word at `position`, and put the cursor after the word."""
        self.hint(f"✗ {words}")
        text = self.input.value
        self.input.cursor_position = position + len(text[position:].partition(" ")[0])

    def hint(self, words: str = "") -> None:
        """Show words under the input; "" shows the default hint. Words with ✗ are an error."""
        colour = "$error" if words.startswith("✗") else "$muted"
        shown = Content.assemble((one_line(words or _HINT), colour))
        self.query_one("#hint", Static).update(shown, layout=False)

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        if event.value != self._shown:
            self._offered = []
            self.hint()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.post_message(self.Applied(" ".join(event.value.split())))

    def on_filter_input_left(self) -> None:
        self.post_message(self.Closed())

    def on_filter_input_wanted(self, event: FilterInput.Wanted) -> None:
        if event.older:
            self._recall(event.older)
        else:
            self._complete()

    def _recall(self, older: int) -> None:
        if self._recalled < 0:
            self._typed = self.input.value
        self._recalled = max(-1, min(self._recalled + older, len(self._history) - 1))
        self._put(self._history[self._recalled] if self._recalled >= 0 else self._typed)

    def _complete(self) -> None:
        """Insert the first completion; when repeated, the next one."""
        if self._offered and self.input.value == self._shown:
            place = self._offered.index(self._shown) + 1
            self._put(self._offered[place % len(self._offered)])
        else:
            self._offered = completions(self.input.value, self._webhooks)
            if self._offered:
                self._put(self._offered[0])
        words = [text.rpartition(" ")[2] for text in self._offered]
        self.hint("  ".join(words) if words else "Nothing begins so.")
        if len(words) == 1:
            self._offered = []

    def _put(self, text: str) -> None:
        self._shown = text
        self.input.value = text
        self.input.cursor_position = len(text)
