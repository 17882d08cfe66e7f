"""The screen with the table of webhook configurations and the actions on one."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.events import Resize
from textual.widgets import DataTable, Static

from core.catalog import shown_type
from core.errors import HookkeeperError
from core.ids import tail
from core.models import Webhook
from core.store import config, queue
from core.store.config import DeletedWebhook, WebhookSummary
from core.text import one_line
from tui.actions import WEBHOOKS, action, bindings
from tui.dialogs.menu import MenuDialog, MenuItem
from tui.dialogs.secret import SecretDialog
from tui.dialogs.webhook import Draft, WebhookDialog
from tui.screens import webhook_steps
from tui.screens.delivery import DeliveryScreen
from tui.screens.frame import Frame
from tui.screens.history import HistoryScreen
from tui.widgets.first_run import first_run
from tui.widgets.lines import KeyBar, Paragraph, bar_actions
from tui.widgets.webhook_strip import webhook_lines
from tui.widgets.webhook_table import WebhookTable


class WebhooksScreen(Frame):
    """Webhook configurations."""

    number = 0
    actions = WEBHOOKS
    BINDINGS: ClassVar[list[BindingType]] = bindings(WEBHOOKS)

    AUTO_FOCUS = "#table"

    def __init__(self) -> None:
        super().__init__()
        self._summaries: dict[str, WebhookSummary] = {}
        self._reader: config.WebhookReader | None = None
        self._reads_all = False
        """Whether all webhooks are read. The first read stops at the height of the screen."""
        self._draft: Draft | None = None
        """What was typed for a webhook that somebody else deleted."""

    def compose_body(self) -> ComposeResult:
        yield Static("", classes="gap")
        yield Static("Webhook configurations", classes="title", markup=False)
        yield Static("", classes="gap")
        yield WebhookTable()
        yield Static("", id="empty", markup=False)

    @property
    def table(self) -> WebhookTable:
        return self.query_one(WebhookTable)

    def on_resize(self, event: Resize) -> None:
        self.table.lay_out(event.size.width)
        self._draw_strip()

    async def reload(self) -> None:
        reader = self._reader = self._reader or config.WebhookReader(self.store)
        deleted_at = await config.last_deletion(self.store)
        limit = None if self._reads_all else self.app.size.height
        summaries = await reader.read(limit)
        more_to_come = len(summaries) == limit
        self._reads_all = True
        self._show(summaries, deleted_at, more_to_come=more_to_come)
        if more_to_come:
            self.keeper.look()  # reads all of them after these are drawn

    def _show(
        self, summaries: list[WebhookSummary], deleted_at: datetime | None, *, more_to_come: bool
    ) -> None:
        self._summaries = {summary.webhook.id: summary for summary in summaries}
        self.table.show(self._summaries, more_to_come=more_to_come)
        self._draw_empty(not summaries, deleted_at)
        self._draw_keys(can_undo=deleted_at is not None)
        self._draw_strip()

    def _draw_keys(self, *, can_undo: bool) -> None:
        keys = (replace(key, in_bar=can_undo) if key.name == "undo" else key for key in WEBHOOKS)
        self.query_one(KeyBar).show(bar_actions(self.app, tuple(keys)))

    def _draw_empty(self, empty: bool, deleted_at: datetime | None) -> None:
        if self.table.display is empty:
            self.table.display = not empty
            if not empty and self.focused is None:
                self.table.focus()
        self.set_class(empty, "first-run")
        panel = self.query_one("#empty", Static)
        panel.display = empty
        if empty:
            keeper = self.keeper
            panel.update(first_run(self.store.place, keeper.current.status, keeper.child, deleted_at))

    @on(DataTable.RowHighlighted)
    def _draw_strip(self) -> None:
        chosen = self.table.chosen
        words = (
            webhook_lines(chosen, max(20, self.size.width - 2), self.refusal) if chosen is not None else ""
        )
        self.query_one("#strip", Paragraph).show(words)

    @on(DataTable.RowSelected)
    def _entered(self) -> None:
        self.action_menu()

    def action_generate(self) -> None:
        self.run_worker(self._generate(), group="dialog", exclusive=True, exit_on_error=True)

    async def _generate(self) -> None:
        draft, self._draft = self._draft, None
        dialog = WebhookDialog(self.store, list(self._summaries.values()), draft=draft)
        webhook = await self.app.push_screen_wait(dialog)
        if not isinstance(webhook, Webhook):
            return
        self.table.go_to(webhook.id)
        self.say(f"✓ Webhook generated: {tail(webhook.id)}")
        self.keeper.look()
        try:
            secret = await config.signing_secret(self.store, webhook.id)
            unwanted = await queue.count_unwanted(self.store, webhook.id)
        except HookkeeperError as error:
            self.say(f"✗ {error}")
            return
        answer = await self.app.push_screen_wait(SecretDialog(webhook, secret=secret, unwanted=unwanted))
        if answer == "test":
            await self._test(webhook)
        elif answer == "unwanted":
            self.act(webhook_steps.deliver_unwanted_now(self, webhook))

    def _begin(self, action: str) -> None:
        """Start an action on the webhook under the cursor."""
        if self.table.chosen is not None:
            work = self._perform(action, self.table.chosen.webhook.id)
            self.run_worker(work, group="dialog", exclusive=True, exit_on_error=True)

    async def _perform(self, action: str, identity: str) -> None:
        """Perform an action on the webhook with this ID, which stays the same even if the cursor moves meanwhile."""
        steps: dict[str, Callable[[WebhookSummary], Awaitable[None]]] = {
            "edit": self._edit,
            "delete": lambda summary: webhook_steps.delete(self, summary),
            "test": lambda summary: self._test(summary.webhook),
            "switch": lambda summary: webhook_steps.switch(self, summary),
            "unwanted": lambda summary: webhook_steps.deliver_unwanted(self, summary.webhook),
            "secret": lambda summary: webhook_steps.show_secret(self, summary.webhook),
            "history": self._show_history,
            "menu": self._menu,
            "copy_id": self._copy_id,
        }
        summary = self._summaries.get(identity)
        try:
            if summary is not None:
                await steps[action](summary)
            else:
                self.say(f"✗ {tail(identity)} is not there any more.")
        except HookkeeperError as error:
            self.say(f"✗ {error}")

    def action_edit(self) -> None:
        self._begin("edit")

    async def _edit(self, summary: WebhookSummary) -> None:
        others = list(self._summaries.values())
        self._draft = await webhook_steps.edit(self, summary.webhook, others) or self._draft

    async def _test(self, webhook: Webhook) -> None:
        delivery = await webhook_steps.send_test(self, webhook)
        if delivery is not None:
            self.app.push_screen(DeliveryScreen(delivery))

    def action_delete(self) -> None:
        self._begin("delete")

    def action_test(self) -> None:
        self._begin("test")

    def action_switch(self) -> None:
        self._begin("switch")

    def action_menu(self) -> None:
        self._begin("menu")

    async def _menu(self, summary: WebhookSummary) -> None:
        webhook = summary.webhook
        refused = self.keeper.read_only
        items = [
            self._item("edit", "Edit"),
            self._item("delete", "Delete"),
            self._item("test", "Send test event"),
            self._item("switch", "Disable" if webhook.enabled else "Enable"),
            self._item("copy_id", "Copy ID"),
            MenuItem("unwanted", "", "Deliver unwanted events…", refused),
            MenuItem("secret", "", "Signing secret…", refused),
            MenuItem("history", "", "History"),
        ]
        answer = await self.app.push_screen_wait(MenuDialog(f"Actions: {tail(webhook.id)}", items))
        if answer:
            await self._perform(answer, webhook.id)

    def _item(self, name: str, words: str) -> MenuItem:
        registered = action(f"webhooks.{name}")
        return MenuItem(name, registered.key, words, self.refusal(registered))

    async def _show_history(self, summary: WebhookSummary) -> None:
        self.app.push_screen(HistoryScreen(summary.webhook.id))

    def action_undo(self) -> None:
        self.run_worker(self._undo(), group="dialog", exclusive=True, exit_on_error=True)

    async def _undo(self) -> None:
        """Ask which webhook of those deleted in the last 24 hours to restore."""
        try:
            deleted = await config.list_deleted(self.store)
            items = [MenuItem(each.webhook.id, "", _deleted_words(each)) for each in deleted]
            if not items:
                self.say("✗ No webhook was deleted in the last 24 hours.")
                return
            identity = await self.app.push_screen_wait(MenuDialog("Undo delete", items))
            if identity:
                self.act(self._bring_back(identity))
        except HookkeeperError as error:
            self.say(f"✗ {error}")

    async def _bring_back(self, identity: str) -> str:
        await config.undo_delete(self.store, identity, actor=self.keeper.actor)
        self.table.go_to(identity)
        return f"✓ {tail(identity)} is back, disabled; x enables it"

    def action_copy_id(self) -> None:
        self._begin("copy_id")

    async def _copy_id(self, summary: WebhookSummary) -> None:
        self.app.copy_to_clipboard(summary.webhook.id)
        self.say("✓ ID copied, if your terminal allows it")


def _deleted_words(deleted: DeletedWebhook) -> str:
    webhook = deleted.webhook
    at = f"{deleted.deleted_at.astimezone():%H:%M}"
    kind = shown_type(webhook.type).short_name
    back = f", {deleted.cancelled:,} come back" if deleted.cancelled else ""
    return one_line(f"{tail(webhook.id)}  {kind:<17}  {at} by {deleted.deleted_by}{back}")
