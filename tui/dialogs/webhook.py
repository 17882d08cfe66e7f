"""Generate new, and Edit: one form."""

from collections.abc import Sequence
from typing import ClassVar

from pydantic import ValidationError
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Button, Checkbox, Input, Select, Static

from core.catalog import EVENT_TYPES, offered
from core.delivery.guard import offered_network, url_refusal, url_warning
from core.errors import HookkeeperError
from core.models import GeneralSettings, Webhook, WebhookOptions, invalid_settings
from core.store import Conflict, Store, config
from core.store.config import WebhookSummary
from core.url import host_of
from tui.actions import Action
from tui.dialogs.choice import Choice, ChoiceDialog
from tui.dialogs.dialog import FormDialog, button, text
from tui.dialogs.field import Field
from tui.widgets.fields import TextField


class Tick(Checkbox):
    """A checkbox that tells its state without colour: `[x]`, `[ ]`."""

    BUTTON_LEFT = "["
    BUTTON_RIGHT = "]"

    @property
    def BUTTON_INNER(self) -> str:  # type: ignore[override]  # a constant of Textual's, here by state
        return "x" if self.value else " "


class WebhookDialog(FormDialog[Webhook | None]):
    """Answers with the webhook as it was stored, None when cancelled."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+s", "save", show=False, priority=True)]

    def __init__(
        self, store: Store, others: Sequence[WebhookSummary], webhook: Webhook | None = None
    ) -> None:
        super().__init__()
        self._store = store
        self._others = others
        self._webhook = webhook
        self._version = webhook.version if webhook else 0
        self._settings = GeneralSettings()
        self.title_words = "Edit webhook" if webhook else "Generate new"
        self._main = "Save" if webhook else "Generate"
        self.keys = (
            Action("", "", "Next", "Tab"),
            Action("", "", self._main, "^s"),
            Action("", "", "Cancel", "Esc"),
        )

    def compose_fields(self) -> ComposeResult:
        if self._webhook is None:
            kinds = [(Content(kind.label), kind.name) for kind in offered()]
            yield Field("type", "Type", Select(kinds, prompt="Choose a type", id="type", compact=True))
        else:
            kind = EVENT_TYPES[self._webhook.type]
            label = Content.assemble(
                (kind.label, "bold"), ("  deprecated" if kind.deprecated else "", "$warning")
            )
            yield text(Content.assemble(" ", label, "   ", (self._webhook.id, "$muted")))
        yield Static("", id="type-note", classes="note", markup=False)
        yield Field("url", "URL", TextField(self._webhook.url if self._webhook else "", id="url"))
        yield Tick("", id="allow", classes="note")
        for name, title, value, hint in self._options():
            yield Field(name, title, TextField(value, id=name, placeholder=hint))
        yield text("", id="failure", classes="error")

    def _options(self) -> list[tuple[str, str, str, str]]:
        webhook = self._webhook
        schedule = webhook.retry_schedule if webhook else None
        accepted = webhook.accepted_answer if webhook else None
        deadline = webhook.deadline if webhook else None
        return [
            ("retry_schedule", "Schedule", schedule or "", "as in Settings; standard, incode, or 5s 5m 2h"),
            ("accepted_answer", "Success", accepted or "", "as in Settings; any-2xx or incode"),
            ("concurrency", "Concurrency", str(webhook.concurrency if webhook else 10), "sends at a time"),
            ("deadline", "Deadline", f"{deadline:g}" if deadline else "", "as in Settings; seconds"),
        ]

    def compose_buttons(self) -> ComposeResult:
        yield button("Cancel", "cancel")
        yield button(self._main, "main")

    async def on_mount(self) -> None:
        self._settings = await config.load_settings(self._store)
        self.query_one("#url" if self._webhook else "#type").focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        match event.button.id:
            case "main":
                self.action_save()
            case "cancel":
                self.action_cancel()

    @property
    def has_changes(self) -> bool:
        chosen = self._webhook is None and self.query_one("#type", Select).value is not Select.NULL
        return chosen or self._values() != self._unchanged()

    def focus_form(self) -> None:
        self.query_one("#url").focus()

    def _values(self) -> dict[str, str]:
        return {entry.id or "": entry.value for entry in self.query(Input) if entry.id}

    def _unchanged(self) -> dict[str, str]:
        url = self._webhook.url if self._webhook else ""
        return {"url": url} | {name: value for name, _, value, _ in self._options()}

    @on(Select.Changed, "#type")
    def _type_chosen(self, event: Select.Changed) -> None:
        if event.value is Select.NULL:
            return
        same = sum(summary.webhook.type == event.value for summary in self._others)
        note = self.query_one("#type-note", Static)
        number = "One webhook has" if same == 1 else f"{same} webhooks have"
        note.update(f"{number} this type already: each gets every event." if same else "")
        note.set_class(bool(same), "shown")
        self._field("type").fail("")
        self.query_one("#url").focus()

    @on(Input.Changed)
    def _cured(self, event: Input.Changed) -> None:
        """An error that is cured goes at the next key."""
        field = self._field(event.input.id or "")
        field.fail("")

    @on(Input.Blurred, "#url")
    def _url_left(self, event: Input.Blurred) -> None:
        leaving = self.focused is not None and self.focused.id in ("cancel", "keep", "discard")
        if event.value and not leaving:
            self._check_url(event.value)

    @on(Input.Submitted)
    def action_save(self) -> None:
        """Store the form, or show what is wrong with it at its field."""
        self.run_worker(self._save(), exclusive=True, group="save", exit_on_error=True)

    def _field(self, name: str) -> Field:
        return self.query_one(f"#field-{name}", Field)

    def _check_url(self, url: str) -> bool:
        """Whether the URL may be stored; offers to allow a private address."""
        field = self._field("url")
        try:
            WebhookOptions(url=url)
        except ValidationError as error:
            field.fail(str(invalid_settings(error)[0]))
            return False
        allow = self.query_one("#allow", Checkbox)
        networks = self._settings.allowed_networks
        refused = url_refusal(url.strip(), networks)
        network = offered_network(host_of(url.strip())) if refused else None
        allow.set_class(network is not None, "shown")
        if network is not None:
            allow.label = Content(f"Allow {network} for all webhooks. This is a private address.")
            if allow.value:
                networks = (*networks, network)
                refused = None
        field.warn("! " + warning if (warning := url_warning(url.strip(), networks)) else "")
        if refused:
            field.fail(refused)
        return refused is None

    @on(Checkbox.Changed, "#allow")
    def _allowed(self) -> None:
        self._field("url").fail("")
        self._check_url(self.query_one("#url", Input).value)

    async def _save(self) -> None:
        options = self._validated()
        if options is None:
            return
        try:
            await self._allow_network(options.url)
            if self._webhook is None:
                kind = str(self.query_one("#type", Select).value)
                stored = await config.add_webhook(self._store, kind, options, actor=self.keeper.actor)
            else:
                stored = await config.save_webhook(
                    self._store, self._webhook.id, options, version=self._version, actor=self.keeper.actor
                )
        except Conflict as conflict:
            await self._resolve(conflict, options)
        except HookkeeperError as error:
            self._fail(str(error))
        else:
            self.dismiss(stored)

    def _validated(self) -> WebhookOptions | None:
        wrong = []
        if self._webhook is None and self.query_one("#type", Select).value is Select.NULL:
            self._field("type").fail("Choose a type.")
            wrong.append("type")
        options = None
        values = {name: value for name, value in self._values().items() if value.strip() or name == "url"}
        try:
            options = WebhookOptions.model_validate(values)
        except ValidationError as error:
            for problem in invalid_settings(error):
                self._field(problem.field).fail(str(problem))
                wrong.append(problem.field)
        if options is not None and not self._check_url(options.url):
            wrong.append("allow" if self.query_one("#allow").has_class("shown") else "url")
        if wrong:
            self.query_one(f"#{wrong[0]}").focus()
            return None
        return options

    async def _allow_network(self, url: str) -> None:
        """Store the CIDR that the person allowed, before the webhook that needs it."""
        network = offered_network(host_of(url))
        if (
            network
            and url_refusal(url, self._settings.allowed_networks)
            and self.query_one("#allow", Checkbox).value
        ):
            now = await config.load_settings(self._store)
            wanted = now.model_copy(update={"allowed_networks": (*now.allowed_networks, network)})
            self._settings = await config.save_settings(self._store, wanted, actor=self.keeper.actor)

    def _fail(self, words: str) -> None:
        failure = self.query_one("#failure", Static)
        failure.update(f"✗ {words}")
        failure.add_class("shown")

    async def _resolve(self, conflict: Conflict, mine: WebhookOptions) -> None:
        """Somebody else saved in between: show what differs and let the person choose."""
        theirs = conflict.theirs
        if not isinstance(theirs, Webhook):
            self._fail(f"{conflict} n generates it again.")
            return
        lines = [str(conflict)]
        for name in WebhookOptions.model_fields:
            if getattr(theirs, name) != getattr(mine, name):
                lines += [f"{name}", f"  theirs  {getattr(theirs, name)}", f"  yours   {getattr(mine, name)}"]
        choices = [Choice("", "Cancel"), Choice("theirs", "Take theirs"), Choice("mine", "Keep mine")]
        answer = await self.app.push_screen_wait(ChoiceDialog("Somebody else changed it", lines, choices))
        if answer == "theirs":
            self.dismiss(theirs)
        elif answer == "mine":
            self._version = theirs.version
            await self._save()
