"""The dialog with a webhook's ID and signing secret, shown after generating it or on request."""

from collections.abc import Awaitable, Callable
from time import monotonic

from pydantic import SecretStr
from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Button, Static

from core.catalog import shown_type
from core.errors import HookkeeperError
from core.header import MASKED
from core.models import Webhook
from core.text import one_line
from tui.dialogs.choice import DEAF
from tui.dialogs.dialog import Dialog, button, text
from tui.dialogs.webhook_questions import unwanted_words

Reveal = Callable[[], Awaitable[SecretStr]]


class SecretDialog(Dialog[str]):
    """Answers "test", "rotate" or "unwanted" for the requested action, otherwise "".

    `secret` is shown at once. Without it, dots are shown until a button calls `reveal`, which the audit records.
    `unwanted`: how many events of its type had no subscriber so far. The dialog offers to deliver them.
    """

    def __init__(
        self,
        webhook: Webhook,
        *,
        secret: SecretStr | None = None,
        reveal: Reveal | None = None,
        unwanted: int = 0,
    ) -> None:
        super().__init__()
        self.title_words = "Webhook generated" if reveal is None else "Signing secret"
        self._webhook = webhook
        self._secret = secret
        self._reveal = reveal
        self._unwanted = unwanted
        self._opened = monotonic()

    def compose_fields(self) -> ComposeResult:
        yield text(Content.assemble((shown_type(self._webhook.type).label, "bold")))
        yield text(Content.assemble(("ID      ", "$muted"), self._webhook.id))
        yield text(self._shown(), id="secret")
        yield text("The receiver verifies webhook-signature with it (Standard Webhooks).")
        if self._unwanted:
            yield text(unwanted_words(self._unwanted))
        yield Static("", id="copied", markup=False)

    def _shown(self) -> Content:
        words = self._secret.get_secret_value() if self._secret is not None else MASKED
        return Content.assemble(("Secret  ", "$muted"), words)

    def compose_buttons(self) -> ComposeResult:
        if self._reveal is not None:
            yield button("Show", "show")
        yield button("Copy secret", "copy")
        if self._unwanted:
            yield button("Deliver them", "unwanted")
        yield button("Rotate…", "rotate") if self._reveal is not None else button("Send test event", "test")
        yield button("Close", "close")

    def on_mount(self) -> None:
        self._opened = monotonic()
        self.query_one("#test" if self._reveal is None else "#close", Button).focus()

    @on(Button.Pressed)
    async def _pressed(self, event: Button.Pressed) -> None:
        if monotonic() - self._opened < DEAF:
            return
        match event.button.id:
            case "show":
                await self._ask()
            case "copy":
                if (secret := await self._ask()) is not None:
                    self.app.copy_to_clipboard(secret.get_secret_value())
                    self._say("✓ Secret copied, if your terminal allows it")
            case "test" | "rotate" | "unwanted" as answer:
                self.dismiss(answer)
            case _:
                self.dismiss("")

    async def _ask(self) -> SecretStr | None:
        if self._secret is None and self._reveal is not None:
            try:
                self._secret = await self._reveal()
            except HookkeeperError as error:
                self._say(f"✗ {one_line(str(error))}")
                return None
            self.query_one("#secret", Static).update(self._shown())
        return self._secret

    def _say(self, words: str) -> None:
        self.query_one("#copied", Static).update(words)

    def action_cancel(self) -> None:
        self.dismiss("")
