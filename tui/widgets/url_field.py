"""A URL that Hookkeeper will connect to, with what its address means for that."""

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
    """A pasted second line stays, so that two URLs are refused: Textual alone would drop it without a word."""

    def on_paste(self, event: Paste) -> None:
        event.prevent_default()
        event.stop()
        self.replace(" ".join(event.text.splitlines()).strip(), *self.selection)


class UrlField(Field):
    """Warns of http, and offers to allow the network of a private address."""

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
        """The network that the person has allowed here."""
        return (self._offered,) if self._offered and self.allow.value else ()

    @property
    def is_asking(self) -> bool:
        """Whether the offer is neither accepted nor out of place."""
        return bool(self._offered) and not self.allow.value

    def look(self, networks: Sequence[str]) -> None:
        """Warn and offer for the URL as it stands now; `networks` are those allowed already."""
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
        """Say that the offer waits for an answer."""
        self.fail("Allow its network, or enter another address.")
        self.allow.focus()

    def refusal(self, networks: Sequence[str]) -> str:
        """Why this address is never connected to; "" if it may be, or may be allowed."""
        url = self._url()
        if url is None or offered_network(host_of(url)):
            return ""
        return url_refusal(url, networks) or ""

    def _url(self) -> str | None:
        try:
            return check_url(self.value)
        except ValueError:
            return None
