"""A webhook's ID and signing secret, shown once it is generated or when asked for."""

from time import monotonic

from pydantic import SecretStr
from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Button, Static

from core.catalog import shown_type
from core.models import Webhook
from tui.dialogs.choice import DEAF
from tui.dialogs.dialog import Dialog, button, text


class SecretDialog(Dialog[str]):
    """Answers "test" if a test event is to be sent next, otherwise ""."""

    def __init__(self, webhook: Webhook, secret: SecretStr, *, generated: bool) -> None:
        super().__init__()
        self.title_words = "Webhook generated" if generated else "Signing secret"
        self._webhook = webhook
        self._secret = secret
        self._generated = generated
        self._opened = monotonic()

    def compose_fields(self) -> ComposeResult:
        yield text(Content.assemble((shown_type(self._webhook.type).label, "bold")))
        yield text(Content.assemble(("ID      ", "$muted"), self._webhook.id))
        yield text(Content.assemble(("Secret  ", "$muted"), self._secret.get_secret_value()))
        yield text("The receiver verifies webhook-signature with it (Standard Webhooks).")
        yield Static("", id="copied", markup=False)

    def compose_buttons(self) -> ComposeResult:
        yield button("Copy secret", "copy")
        if self._generated:
            yield button("Send test event", "test")
        yield button("Close", "close")

    def on_mount(self) -> None:
        self._opened = monotonic()
        self.query_one("#test" if self._generated else "#close", Button).focus()

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        if monotonic() - self._opened < DEAF:
            return
        if event.button.id == "copy":
            self.app.copy_to_clipboard(self._secret.get_secret_value())
            self.query_one("#copied", Static).update("✓ Secret copied, if your terminal allows it")
            return
        self.dismiss("test" if event.button.id == "test" else "")

    def action_cancel(self) -> None:
        self.dismiss("")
