"""The frame of every dialog: a bordered box over the screen, and a key bar of its own."""

from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar, cast

from textual import on
from textual.app import ComposeResult
from textual.await_complete import AwaitComplete
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from core.text import one_line
from tui.actions import Action
from tui.drawn_once import DrawnOnce
from tui.widgets.lines import KeyBar

if TYPE_CHECKING:
    from tui.app import HookkeeperApp

Result = TypeVar("Result")


class Dialog(DrawnOnce, ModalScreen[Result], Generic[Result]):
    """The base of all dialogs. Subclasses compose fields and buttons. Esc cancels and never saves."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", show=False),
        Binding("ctrl+c", "cancel", show=False),
        Binding("left,h", "app.focus_previous", show=False),
        Binding("right,l", "app.focus_next", show=False),
        Binding("f1", "app.show_help", show=False),
        Binding("ctrl+l", "app.redraw", show=False),
    ]
    title_words = ""
    keys: tuple[Action, ...] = (
        Action("", "", "Next", "Tab"),
        Action("", "", "Press the marked button", "Enter"),
        Action("", "", "Cancel", "Esc"),
    )

    @property
    def keeper(self) -> "HookkeeperApp":
        """The application, typed as `HookkeeperApp`."""
        return cast("HookkeeperApp", self.app)

    def compose(self) -> ComposeResult:
        self.hold()
        with Vertical(id="dialog") as box:
            box.border_title = one_line(self.title_words).replace("[", "\\[")
            with VerticalScroll(id="fields", can_focus=False):
                yield from self.compose_fields()
            with Horizontal(id="buttons"):
                yield from self.compose_buttons()
        yield KeyBar(self.keys, "F1")

    def compose_fields(self) -> ComposeResult:
        """Compose the part above the buttons."""
        raise NotImplementedError

    def compose_buttons(self) -> ComposeResult:
        """Compose the buttons: Cancel first, the main button last."""
        raise NotImplementedError

    def dismiss(self, result: Result | None = None) -> AwaitComplete:
        """Close the dialog with an answer, and with it all screens over it.

        Does nothing if the dialog is not mounted yet or already closed. When keys arrive together, a later one can
        still reach a dialog that an earlier one has closed, and Textual would then close the screen below.
        """
        if self not in self.app.screen_stack or not self.is_mounted:
            return AwaitComplete()
        while not self.is_active:
            self.app.pop_screen()
        return super().dismiss(result)

    def action_cancel(self) -> None:
        self.dismiss(None)


_ASKING = (
    Action("", "", "Press the marked button", "Enter"),
    Action("", "", "Keep editing", "Esc"),
)


class FormDialog(Dialog[Result]):
    """A dialog with a form. If there are changes, Esc replaces the buttons with the question to discard them."""

    leaving = False
    """Whether the question is shown."""

    @property
    def has_changes(self) -> bool:
        """Whether the form has changes that would be lost."""
        raise NotImplementedError

    def focus_form(self) -> None:
        """Return the focus to the form."""
        raise NotImplementedError

    def action_cancel(self) -> None:
        if self.leaving or self.has_changes:
            self._ask_discard(not self.leaving)
        else:
            self.dismiss(None)

    @on(Button.Pressed, "#keep")
    def _keep_editing(self) -> None:
        self._ask_discard(False)

    @on(Button.Pressed, "#discard")
    def _discard(self) -> None:
        self.dismiss(None)

    def _ask_discard(self, asking: bool) -> None:
        self.leaving = asking
        self.run_worker(self._draw_buttons(asking), exclusive=True, group="buttons")

    async def _draw_buttons(self, asking: bool) -> None:
        self.query_one(KeyBar).show(_ASKING if asking else self.keys, "F1")
        row = self.query_one("#buttons")
        await row.remove_children()
        if asking:
            await row.mount(
                text("Discard changes?"), button("Keep editing", "keep"), button("Discard", "discard")
            )
            row.query_one("#keep").focus()
        else:
            await row.mount(*self.compose_buttons())
            self.focus_form()


def button(label: str, name: str) -> Button:
    """Return a button of one row with `name` as its id. The label is never markup."""
    return Button(Content(label), id=name, compact=True)


def text(words: str | Content, *, id: str | None = None, classes: str = "") -> Static:
    """Return a line or paragraph that is never markup."""
    return Static(words, id=id, classes=classes, markup=False)
