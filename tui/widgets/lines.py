"""The one-line widgets of every screen: top bar, message line, key bar."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from textual.app import App
from textual.content import Content
from textual.events import Resize
from textual.theme import Theme
from textual.widgets import Static

from core.text import one_line
from tui.actions import Action, action, shown_key
from tui.theme import active_tab

if TYPE_CHECKING:
    from core.store.standing import Standing

TABS = (("1", "Webhooks"), ("2", "Settings"), ("3", "Monitor"))


class Line(Static):
    """A line that is redrawn only when its text changes, without a new layout of the screen."""

    DEFAULT_CSS = "Line { height: 1; width: 100%; }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__("", id=id, markup=False)
        self._shown: Content | None = None

    def content_for(self, width: int) -> Content:
        """Return the line's text for this width."""
        raise NotImplementedError

    def redraw(self) -> None:
        """Redraw the line if its text has changed."""
        content = self.content_for(self.size.width)
        if self._shown is None or content.markup != self._shown.markup:
            self._shown = content
            self.update(content, layout=False)

    def on_mount(self) -> None:
        self.app.theme_changed_signal.subscribe(self, self._theme_changed)

    def _theme_changed(self, theme: Theme) -> None:
        self.redraw()

    def on_resize(self, event: Resize) -> None:
        self.redraw()


class Paragraph(Static):
    """A text of several lines that is redrawn only when it changes."""

    def __init__(self, *, id: str) -> None:
        super().__init__("", id=id, markup=False)
        self._shown = ""

    def show(self, words: str | Content) -> None:
        """Show this text, and redraw only if it differs."""
        content = words if isinstance(words, Content) else Content(words)
        if content.markup != self._shown:
            self._shown = content.markup
            self.update(content, layout=False)


def spread(left: Content, right: Content, width: int, fill: str = " ") -> Content:
    """Return both texts with filling between them, exactly `width` cells wide if they fit."""
    gap = max(1, width - left.cell_length - right.cell_length)
    return Content.assemble(left, (fill * gap, "$rule" if fill != " " else ""), right)


class TopBar(Line):
    """The bar with the program's name, the three screens, and the dispatcher's status."""

    def __init__(self, active: int) -> None:
        super().__init__(id="top-bar")
        self._active = active
        self._attention = 0
        self._notices = 0
        self._unsaved = False
        self._status: tuple[str, str] = ("", "")

    def show(self, attention: int, notices: int, unsaved: bool, status: tuple[str, str]) -> None:
        """Show these values. `status`: the words at the right and their colour."""
        self._attention, self._notices = attention, notices
        self._unsaved, self._status = unsaved, status
        self.redraw()

    def content_for(self, width: int) -> Content:
        words, colour = self._status
        right = Content.assemble((f"{words} ", colour))
        whole = Content.assemble((" Hookkeeper ", "bold"), self._tabs(named=True))
        if whole.cell_length + right.cell_length < width:
            return spread(whole, right, width)
        # The dispatcher's status matters more than the names of the program and of the other screens.
        return spread(self._tabs(named=whole.cell_length + right.cell_length < width + 12), right, width)

    def _tabs(self, *, named: bool) -> Content:
        parts: list[str | tuple[str, str]] = []
        for number, (key, name) in enumerate(TABS):
            active = number == self._active
            words = f" {name}" if named or active else ""
            if number == 1 and self._unsaved:
                words += "*"
            if number == 2 and self._attention:
                words += f" {self._attention:,}"
            if active:
                parts += [" ", (f" {key}{words} ", active_tab())]
            else:
                parts += ["  ", (key, "$primary"), (f"{words} ", "$muted")]
        if self._notices:
            parts += ["  ", ("!", "$primary"), (f" {self._notices:,}", "$warning")]
        return Content.assemble(*parts)


def status_words(status: "Standing", child: int | None) -> tuple[str, str]:
    """Return the top bar's words for the dispatcher's status, and their colour."""
    if not status.running:
        return "! nobody delivers", "$warning"
    if status.slowed:
        return f"! {status.slowed}", "$warning"
    if status.note:
        return "! cannot record", "$error"
    if status.silent_since is not None:
        return f"! silent since {status.silent_since.astimezone():%H:%M}", "$warning"
    where = "delivering here" if status.pid == child else f"delivering, pid {status.pid}"
    return f"✓ {where}{' (+1)' if status.awaited else ''}", "$success"


class MessageLine(Line):
    """The rule above the strip, which shows the result of the last action."""

    def __init__(self) -> None:
        super().__init__(id="message")
        self._words = ""
        self._standing = ""

    @property
    def words(self) -> str:
        """The words of the last action, "" for none."""
        return self._words

    def say(self, words: str) -> None:
        """Show the result of an action, which begins with its symbol: ✓, ✗ or !. "" clears it."""
        self._words = one_line(words)
        self.redraw()

    def stand(self, words: str) -> None:
        """Set the words for when there is no result of an action to show."""
        self._standing = one_line(words)
        self.redraw()

    def content_for(self, width: int) -> Content:
        words = self._words or self._standing
        if not words:
            return Content.assemble(" ", ("─" * (width - 2), "$rule"))
        words = words if len(words) <= width - 4 else words[: width - 5] + "…"
        colour = {"✓": "$success", "✗": "$error", "!": "$warning"}.get(words[:1], "$plain")
        left = Content.assemble(" ", (words[:1], colour), words[1:], " ")
        return spread(left, Content(" "), width, "─")


_HELP = "everywhere.show_help"


class KeyBar(Line):
    """The bar with at most six keys, and the help key at the right.

    `help_key`: the key to show for help where a field takes the usual one. `refusal`: returns why an action is refused,
    or "" if it is not. Refused actions are muted.
    """

    def __init__(
        self,
        actions: tuple[Action, ...],
        help_key: str = "",
        refusal: Callable[[Action], str] = lambda _: "",
    ) -> None:
        super().__init__(id="key-bar")
        self._refusal = refusal
        self._actions = actions
        self._help = help_key

    def show(self, actions: tuple[Action, ...], help_key: str = "") -> None:
        """Show other keys, which depend on the focus."""
        self._actions, self._help = actions, help_key
        self.redraw()

    def content_for(self, width: int) -> Content:
        right = Content.assemble(
            (self._help or shown_key(action(_HELP).keys.split(",")[-1]), "bold $primary"), " Help "
        )
        left = Content(" ")
        for each in self._actions:
            muted = bool(self._refusal(each))
            key, words = each.in_key_bar
            one = Content.assemble(
                (key, "$muted" if muted else "bold $primary"),
                (f" {words}   ", "$muted" if muted else ""),
            )
            if left.cell_length + one.cell_length + right.cell_length >= width:
                break
            left = Content.assemble(left, one)
        return spread(left, right, width)


def bar_actions(app: App[object], actions: tuple[Action, ...]) -> tuple[Action, ...]:
    """Return the actions for a screen's key bar: its own, then Commands and Quit; six at most."""
    extra = (action("everywhere.command_palette"), action("everywhere.leave"))
    return (*(each for each in actions if each.in_bar), *extra)[:6]
