"""The field for a URL that Hookkeeper connects to, with warnings about its address."""

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.events import Paste
from textual.widgets import Static

from core.delivery.guard import offered_network, url_refusal, url_warning
from core.url import check_url, host_of
from tui.widgets.field import Bar, Field, Tick
from tui.widgets.fields import TextField


class _UrlText(TextField):
    """A text field that keeps all pasted lines, so that two URLs are refused. Textual would silently keep only one."""

    def on_paste(self, event: Paste) -> None:
        event.prevent_default()
        event.stop()
        self.replace(" ".join(event.text.splitlines()).strip(), *self.selection)


class UrlField(Field):
    """A URL field that warns about http and offers to allow the network of a private address."""

    def __init__(self, name: str, label: str, value: str = "", *, hint: str = "") -> None:
        super().__init__(name, label, _UrlText(value, id=name), hint=hint)
        self.allow = Tick("", id="allow")
        self._offered = ""

    def compose_words(self) -> ComposeResult:
        yield from super().compose_words()
        with Horizontal(classes="offer"):
            yield Bar(self.allow)
            yield Static("", classes="row-label", markup=False)
            yield self.allow
        yield Static("", classes="note", markup=False)

    @property
    def allowed(self) -> tuple[str, ...]:
        """The network that the person has allowed here, as a tuple of one or none."""
        return (self._offered,) if self._offered and self.allow.value else ()

    @property
    def is_asking(self) -> bool:
        """Whether there is an offer that is not accepted yet."""
        return bool(self._offered) and not self.allow.value

    def look(self, networks: Sequence[str]) -> None:
        """Update the warning and the offer for the current URL. `networks`: those already allowed."""
        url = self._url()
        refused = url is not None and url_refusal(url, networks) is not None
        offered = (offered_network(host_of(url)) if url and refused else None) or ""
        if offered != self._offered:
            self.allow.value = False
        self._offered = offered
        self.allow.label = Content(f"Allow {offered} for all webhooks.")
        self.query_one(".offer").set_class(bool(offered), "shown")
        self._show(".note", f"{host_of(url)} is a private address." if url and offered else "")
        self.warn((url_warning(url, (*networks, *self.allowed)) if url else None) or "")

    def ask(self) -> None:
        """Show an error that asks to answer the offer, and focus the offer."""
        self.fail("Allow its network, or enter another address.")
        self.allow.focus()

    def refusal(self, networks: Sequence[str]) -> str:
        """Return why Hookkeeper never connects to this address; "" if it does, or if its network can be allowed."""
        url = self._url()
        if url is None or offered_network(host_of(url)):
            return ""
        return url_refusal(url, networks) or ""

    def _url(self) -> str | None:
        try:
            return check_url(self.value)
        except ValueError:
            return None
