"""The webhook configurations: the table, and what can be done with one."""

from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import ClassVar, Literal

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.events import Resize
from textual.widgets import DataTable, Static

from core.catalog import shown_type
from core.errors import HookkeeperError
from core.ids import tail
from core.models import Webhook
from core.store import Conflict, config
from core.store.config import DeletedWebhook, WebhookSummary
from core.text import one_line
from tui.actions import WEBHOOKS, bindings
from tui.dialogs.conflict import deleted_words
from tui.dialogs.menu import MenuDialog, MenuItem
from tui.dialogs.secret import SecretDialog
from tui.dialogs.test_event import TestDialog
from tui.dialogs.webhook import Draft, WebhookDialog
from tui.dialogs.webhook_questions import (
    delete_question,
    disable_question,
    enable_question,
    rotate_question,
)
from tui.screens.delivery import DeliveryScreen
from tui.screens.frame import Frame
from tui.screens.history import HistoryScreen
from tui.theme import MUTED
from tui.widgets.lines import KeyBar, bar_actions
from tui.words import health_mark

WIDE = 110
_FIRST_RUN = (
    ("n", "Generate new", "choose a type and enter the URL"),
    ("2", "Settings", "authentication URL, custom headers (optional)"),
    ("3", "Monitor", "deliveries, live"),
)


class WebhooksScreen(Frame):
    """Webhook configurations."""

    number = 0
    actions = WEBHOOKS
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(WEBHOOKS),
        *(
            Binding(key, f"cursor('{action}')", show=False)
            for key, action in (
                ("j", "cursor_down"),
                ("k", "cursor_up"),
                ("g", "scroll_top"),
                ("G", "scroll_bottom"),
                ("ctrl+d", "page_down"),
                ("ctrl+u", "page_up"),
            )
        ),
    ]

    AUTO_FOCUS = "#table"

    def __init__(self) -> None:
        super().__init__()
        self._summaries: dict[str, WebhookSummary] = {}
        self._shown: dict[str, tuple[Text, ...]] = {}
        self._wide: bool | None = None
        self._go_to: str | None = None
        self._draft: Draft | None = None
        """What was typed for a webhook that somebody else deleted."""

    def compose_body(self) -> ComposeResult:
        yield Static("", classes="gap")
        yield Static("Webhook configurations", classes="title", markup=False)
        yield Static("", classes="gap")
        table: DataTable[Text] = DataTable(cursor_type="row", cell_padding=1, id="table")
        yield table
        yield Static("", id="empty", markup=False)

    @property
    def table(self) -> "DataTable[Text]":
        return self.query_one("#table", DataTable)

    @property
    def chosen(self) -> WebhookSummary | None:
        """The webhook under the cursor."""
        table = self.table
        if not table.row_count:
            return None
        key = table.coordinate_to_cell_key(table.cursor_coordinate).row_key.value
        return self._summaries.get(key or "")

    def on_resize(self, event: Resize) -> None:
        self._layout_columns(event.size.width)

    def _layout_columns(self, width: int) -> None:
        """Columns by width; built again only where the set of them changes."""
        wide = width >= WIDE
        table = self.table
        if self._wide != wide:
            self._wide = wide
            self._shown = {}
            table.clear(columns=True)
            for name in ("ID", "Type", "URL", "Health", "Undelivered", *(["Actions"] if wide else [])):
                label = Text(name, justify="right" if name == "Undelivered" else "left")
                table.add_column(label, key=name)
        fixed = {"ID": 22, "Type": 30, "Health": 16, "Undelivered": 11, "Actions": 12} if wide else {
            "ID": 8, "Type": 17, "Health": 16, "Undelivered": 11}  # fmt: skip
        fixed["URL"] = max(12, width - sum(fixed.values()) - 2 * (len(fixed) + 1))
        for column in table.columns.values():
            column.auto_width = False
            column.width = fixed[column.key.value or ""]
        table.refresh(layout=True)
        self._draw()

    async def reload(self) -> None:
        summaries = await config.list_webhooks(self.store)
        self._summaries = {summary.webhook.id: summary for summary in summaries}
        self._draw()

    def _draw(self) -> None:
        """Compare and update by key; the cursor stays on its webhook."""
        table = self.table
        if self._wide is None:
            return
        before = self.chosen_id()
        for key in [key for key in self._shown if key not in self._summaries]:
            table.remove_row(key)
            del self._shown[key]
        for key, summary in self._summaries.items():
            cells = self._cells(summary)
            old = self._shown.get(key)
            if old is None:
                table.add_row(*cells, key=key)
            else:
                for column, now, then in zip(table.ordered_columns, cells, old, strict=True):
                    if now != then:
                        table.update_cell(key, column.key, now)
            self._shown[key] = cells
        target = self._go_to if self._go_to in self._shown else before
        if target in self._shown and target != self.chosen_id():
            table.move_cursor(row=table.get_row_index(target))
        self._go_to = None
        self._draw_empty(not self._summaries)
        self._draw_strip()

    def chosen_id(self) -> str:
        """The ID under the cursor, "" without one."""
        table = self.table
        if not table.row_count or not table.is_valid_coordinate(table.cursor_coordinate):
            return ""
        return table.coordinate_to_cell_key(table.cursor_coordinate).row_key.value or ""

    def _cells(self, summary: WebhookSummary) -> tuple[Text, ...]:
        webhook = summary.webhook
        kind = shown_type(webhook.type)
        symbol, word, colour = health_mark(summary)
        url = webhook.url if self._wide else webhook.url.removeprefix("https://")
        undelivered = Text(
            f"{summary.undelivered:,}", justify="right", style="" if summary.undelivered else MUTED
        )
        cells = (
            Text(webhook.id if self._wide else tail(webhook.id), style=MUTED),
            _fitting(kind.label if self._wide else kind.short_name),
            _fitting(url),
            Text.assemble((symbol, colour), f" {word}", no_wrap=True, overflow="ellipsis"),
            undelivered,
        )
        return (*cells, Text("Edit  Delete", style=MUTED)) if self._wide else cells

    def _draw_empty(self, empty: bool) -> None:
        if self.table.display is empty:
            self.table.display = not empty
            if not empty and self.focused is None:
                self.table.focus()
            keys = tuple(action for action in WEBHOOKS if not empty or action.name != "copy_id")
            self.query_one(KeyBar).show(bar_actions(self.app, keys), "?")
        self.set_class(empty, "first-run")
        panel = self.query_one("#empty", Static)
        panel.display = empty
        if empty:
            panel.update(self._first_run())

    def _first_run(self) -> Content:
        content = Content.assemble(
            ("No webhook yet.", "bold"),
            "\n\nA webhook sends every event of one type to one URL. Generate the first one,\n"
            "send it a test event, and watch the delivery arrive.\n\n",
        )
        for key, name, words in _FIRST_RUN:
            content = Content.assemble(
                content, (f"{key:<4}", "bold $primary"), f"{name:<17}", (f"{words}\n", "$muted")
            )
        return Content.assemble(
            content,
            "\nNo endpoint at hand? ",
            ("hookkeeper demo", "bold"),
            " opens one, with made-up traffic, and\nleaves this database alone.\n\n",
            ("Database    ", "$muted"),
            one_line(_from_home(self.store.path)),
            ("\nDispatcher  ", "$muted"),
            self._who_delivers(),
        )

    def _who_delivers(self) -> str:
        status, child = self.keeper.status, self.keeper.child
        if not status.running:
            return "nobody delivers. ^p Start dispatcher."
        if status.pid != child:
            return f"pid {status.pid}, started by {status.user}."
        return (
            "started here; it asks when you quit while it has work.\n"
            "            To keep delivering: hookkeeper serve in tmux or as a service."
        )

    @on(DataTable.RowHighlighted)
    def _moved(self) -> None:
        self._draw_strip()

    @on(DataTable.RowSelected)
    def _entered(self) -> None:
        self.action_menu()

    def _draw_strip(self) -> None:
        summary = self.chosen
        strip = self.query_one("#strip", Static)
        if summary is None:
            strip.update("", layout=False)
            return
        webhook = summary.webhook
        kind = shown_type(webhook.type)
        width = max(20, self.size.width - 2)
        title = Content.assemble(
            (kind.label, "bold"), ("  deprecated" if kind.deprecated else "", "$warning")
        )
        gap = " " * max(1, width - title.cell_length - len(webhook.id))
        symbol, word, colour = health_mark(summary)
        state = f" {one_line(summary.pace.words)}" if summary.pace is not None else f" {word}"
        if summary.held:
            state += f": {summary.held:,} held until you enable it"
        elif summary.undelivered:
            state += f". {summary.undelivered:,} undelivered"
        toggle = "Disable" if webhook.enabled else "Enable"
        keys = (("e", "Edit"), ("d", "Delete"), ("t", "Test"), ("x", toggle), ("Enter", "All"))
        actions: list[Content | str | tuple[str, str]] = [("Actions", "$muted")]
        for key, words in keys:
            actions += ["   ", (key, "bold $primary"), f" {words}"]
        strip.update(
            Content.assemble(
                title,
                gap,
                (webhook.id, "$muted"),
                "\n",
                one_line(webhook.url)[:width],
                "\n",
                (symbol, colour),
                state,
                ".\n",
                *actions,
            ),
            layout=False,
        )

    async def action_cursor(self, action: str) -> None:
        await self.table.run_action(action)

    def action_generate(self) -> None:
        self.run_worker(self._generate(), group="dialog", exclusive=True, exit_on_error=True)

    async def _generate(self) -> None:
        draft, self._draft = self._draft, None
        dialog = WebhookDialog(self.store, list(self._summaries.values()), draft=draft)
        webhook = await self.app.push_screen_wait(dialog)
        if not isinstance(webhook, Webhook):
            return
        self._go_to = webhook.id
        self.say(f"✓ Webhook generated: {tail(webhook.id)}")
        self.keeper.look()
        try:
            secret = await config.signing_secret(self.store, webhook.id)
        except HookkeeperError as error:
            self.say(f"✗ {error}")
            return
        if await self.app.push_screen_wait(SecretDialog(webhook, secret=secret)) == "test":
            await self._send_test(webhook)

    def _begin(self, action: str) -> None:
        """Do something to the webhook under the cursor."""
        if self.chosen is not None:
            work = self._perform(action, self.chosen.webhook.id)
            self.run_worker(work, group="dialog", exclusive=True, exit_on_error=True)

    async def _perform(self, action: str, identity: str) -> None:
        """By ID: whatever the cursor does meanwhile, the action is for the webhook that it was chosen for."""
        steps: dict[str, Callable[[WebhookSummary], Awaitable[None]]] = {
            "edit": self._edit,
            "delete": self._delete,
            "test": self._test,
            "switch": self._switch,
            "secret": self._show_secret,
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
        webhook = summary.webhook
        dialog = WebhookDialog(self.store, list(self._summaries.values()), webhook)
        saved = await self.app.push_screen_wait(dialog)
        if isinstance(saved, Draft):
            self._draft = saved
        elif saved is not None:
            self.say(f"✓ saved: {tail(saved.id)}")
        self.keeper.look()

    def action_delete(self) -> None:
        self._begin("delete")

    async def _delete(self, summary: WebhookSummary) -> None:
        if await self.app.push_screen_wait(delete_question(summary)) == "confirm":
            self.act(self._delete_now(summary.webhook))

    async def _delete_now(self, webhook: Webhook) -> str:
        try:
            cancelled = await config.delete_webhook(self.store, webhook.id, actor=self.keeper.actor)
        except Conflict as conflict:
            return f"! {deleted_words(conflict, webhook.id)} already"
        noun = "delivery" if cancelled == 1 else "deliveries"
        return f"✓ Webhook deleted, {cancelled:,} {noun} cancelled. u undoes it"

    def action_test(self) -> None:
        self._begin("test")

    async def _test(self, summary: WebhookSummary) -> None:
        if summary.webhook.enabled:
            await self._send_test(summary.webhook)
        else:
            self.say(f"✗ {tail(summary.webhook.id)} is disabled: x enables it, then test it.")

    async def _send_test(self, webhook: Webhook) -> None:
        delivery = await self.app.push_screen_wait(TestDialog(self.store, webhook))
        if delivery is not None:
            self.app.push_screen(DeliveryScreen(delivery))

    def action_switch(self) -> None:
        self._begin("switch")

    async def _switch(self, summary: WebhookSummary) -> None:
        ask = disable_question if summary.webhook.enabled else enable_question
        answer = await self.app.push_screen_wait(ask(summary))
        if answer:
            self.act(self._set_enabled(summary.webhook, answer))

    async def _set_enabled(self, webhook: Webhook, answer: str) -> str:
        held: Literal["release", "cancel"] = "cancel" if answer == "cancel" else "release"
        enabled = answer != "disable"
        try:
            await config.set_enabled(self.store, webhook.id, enabled, actor=self.keeper.actor, held=held)
        except Conflict as conflict:
            return f"! {deleted_words(conflict, webhook.id)} already"
        return f"✓ {'enabled' if enabled else 'disabled'}: {tail(webhook.id)}"

    def action_menu(self) -> None:
        self._begin("menu")

    async def _menu(self, summary: WebhookSummary) -> None:
        webhook = summary.webhook
        items = [
            MenuItem("edit", "e", "Edit"),
            MenuItem("delete", "d", "Delete"),
            MenuItem("test", "t", "Send test event"),
            MenuItem("switch", "x", "Disable" if webhook.enabled else "Enable"),
            MenuItem("copy_id", "y", "Copy ID"),
            MenuItem("secret", "", "Signing secret…"),
            MenuItem("history", "", "History"),
        ]
        answer = await self.app.push_screen_wait(MenuDialog(f"Actions: {tail(webhook.id)}", items))
        if answer:
            await self._perform(answer, webhook.id)

    async def _show_secret(self, summary: WebhookSummary) -> None:
        webhook = summary.webhook
        reveal = partial(config.reveal_secret, self.store, webhook.id, actor=self.keeper.actor)
        answer = await self.app.push_screen_wait(SecretDialog(webhook, reveal=reveal))
        if answer != "rotate" or await self.app.push_screen_wait(rotate_question(webhook)) != "confirm":
            return
        secret = await config.rotate_secret(self.store, webhook.id, actor=self.keeper.actor)
        self.say(f"✓ {tail(webhook.id)} signs with a new secret; the one before is used for 24 hours more")
        await self.app.push_screen_wait(SecretDialog(webhook, secret=secret, reveal=reveal))

    async def _show_history(self, summary: WebhookSummary) -> None:
        self.app.push_screen(HistoryScreen(summary.webhook.id))

    def action_undo(self) -> None:
        self.run_worker(self._undo(), group="dialog", exclusive=True, exit_on_error=True)

    async def _undo(self) -> None:
        """Bring back one of those that were deleted in the last 24 hours."""
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
        self._go_to = identity
        return f"✓ {tail(identity)} is back, disabled; x enables it"

    def action_copy_id(self) -> None:
        self._begin("copy_id")

    async def _copy_id(self, summary: WebhookSummary) -> None:
        self.app.copy_to_clipboard(summary.webhook.id)
        self.say("✓ ID copied, if your terminal allows it")


def _from_home(path: Path) -> str:
    home = Path.home()
    return f"~/{path.relative_to(home)}" if path.is_relative_to(home) else str(path)


def _fitting(words: str) -> Text:
    return Text(one_line(words), no_wrap=True, overflow="ellipsis")


def _deleted_words(deleted: DeletedWebhook) -> str:
    webhook = deleted.webhook
    at = f"{deleted.deleted_at.astimezone():%H:%M}"
    kind = shown_type(webhook.type).short_name
    return one_line(
        f"{tail(webhook.id)}  {kind:<17}  {at} by {deleted.deleted_by}, {deleted.cancelled:,} come back"
    )
