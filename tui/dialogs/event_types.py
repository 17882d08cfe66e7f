"""The dialog for event types: what Incode publishes about each, with the sources."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from core.catalog import EVENT_TYPES, EventType, in_words
from tui.actions import Action
from tui.dialogs.dialog import Dialog, button

_CHOOSE = (Action("", "", "Type", "↑↓"), Action("", "", "Scroll", "^d ^u"))
_CLOSE = Action("", "", "Close", "Esc")


class TypesDialog(Dialog[str]):
    """Lists the event types, beginning at the one named `shown`. With `picks`, answers with the chosen type's name."""

    title_words = "Event types"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "move('cursor_down')", show=False),
        Binding("k", "move('cursor_up')", show=False),
        Binding("ctrl+d", "scroll_facts(8)", show=False),
        Binding("ctrl+u", "scroll_facts(-8)", show=False),
    ]

    def __init__(self, shown: str = "", *, picks: bool = False) -> None:
        super().__init__()
        self._shown = shown
        self._picks = picks
        self.keys = (*_CHOOSE, *((Action("", "", "Choose it", "Enter"),) if picks else ()), _CLOSE)

    def compose_fields(self) -> ComposeResult:
        with Horizontal(id="types"):
            yield OptionList(
                *(Option(kind.short_name, id=kind.name) for kind in EVENT_TYPES.values()), id="type-list"
            )
            with VerticalScroll(id="facts"):
                yield Static("", id="fact-lines", markup=False)

    def compose_buttons(self) -> ComposeResult:
        yield button("Close", "close")

    def on_mount(self) -> None:
        listed = self.query_one(OptionList)
        listed.highlighted = list(EVENT_TYPES).index(self._shown) if self._shown in EVENT_TYPES else 0
        listed.focus()

    @on(OptionList.OptionHighlighted)
    def _draw(self, event: OptionList.OptionHighlighted) -> None:
        self.query_one("#fact-lines", Static).update(_facts(EVENT_TYPES[event.option_id or ""]))
        self.query_one("#facts").scroll_home(animate=False)

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        if self._picks:
            self.dismiss(event.option_id)

    def on_button_pressed(self) -> None:
        self.dismiss(None)

    def action_move(self, action: str) -> None:
        getattr(self.query_one(OptionList), f"action_{action}")()

    def action_scroll_facts(self, lines: int) -> None:
        self.query_one("#facts").scroll_relative(y=lines, animate=False)


def _facts(kind: EventType) -> Content:
    """Return the facts in paragraphs, without those that the type does not have."""
    paragraphs = (
        (
            Content.styled(kind.label, "bold"),
            Content(kind.trigger),
            Content.styled(kind.standing, "$warning"),
        ),
        (_fact("From", f"{'; '.join(kind.sources)}. Read on {in_words(kind.read_on)}."),),
        (_fact("Shape", kind.shape_note), _fact("Remark", kind.remark)),
        (
            _fact("Session", kind.key_field or ""),
            _fact("External ID", ", else ".join(kind.external_id_fields)),
            _fact("Status", f"{kind.status_field}: {', '.join(kind.statuses)}" if kind.status_field else ""),
            _fact("Error names", ", ".join(kind.error_names)),
            _fact("Samples", ", ".join(sample.name for sample in kind.samples)),
        ),
    )
    return Content("\n\n").join(Content("\n").join(filter(None, lines)) for lines in paragraphs)


def _fact(name: str, words: str) -> Content:
    return Content.assemble((f"{name}  ", "$muted"), words) if words else Content("")
