"""The filter line: words that a delivery must match, completed with Tab, with a history."""

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
    """Tab, the arrows and Esc are the line's."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "complete", show=False, priority=True),
        Binding("up", "recall(1)", show=False),
        Binding("down", "recall(-1)", show=False),
        Binding("escape,ctrl+c", "leave", show=False),
    ]

    class Left(Message):
        """The filter stays as it was."""

    class Wanted(Message):
        """The last word is to be completed (0), or an older (1) or newer (-1) filter to be shown."""

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
    """Two rows: what is typed, and under it what can be typed or what is wrong."""

    DEFAULT_CSS = """
    FilterLine { height: 2; padding: 0 1; display: none; }
    FilterLine Horizontal { height: 1; }
    FilterLine #slash { width: 2; color: $primary; text-style: bold; }
    FilterLine #hint { height: 1; padding: 0 0 0 2; color: $muted; text-wrap: nowrap; text-overflow: ellipsis; }
    """

    class Applied(Message):
        """Enter: this text is to be the filter."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Closed(Message):
        """Esc: nothing changes."""

    def __init__(self) -> None:
        super().__init__(id="filter-line")
        self._webhooks: Sequence[Webhook] = ()
        self._history: Sequence[str] = ()
        self._recalled = -1
        self._typed = ""
        self._offered: list[str] = []
        self._shown = ""
        """The completion that stands there."""

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
        """Show it with this text; the newest of the history comes first."""
        self._history, self._webhooks = history, webhooks
        self._recalled, self._typed, self._offered, self._shown = -1, text, [], ""
        self.display = True
        self.input.value = text
        self.input.cursor_position = len(text)
        self.input.focus()
        self.hint()

    def refuse(self, words: str, position: int) -> None:
        """Say what is wrong with the word that begins there, the cursor behind it."""
        self.hint(f"✗ {words}")
        text = self.input.value
        self.input.cursor_position = position + len(text[position:].partition(" ")[0])

    def hint(self, words: str = "") -> None:
        """What stands under the text; its symbol tells an error."""
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
        """The first that fits; Tab once more, the next one."""
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
