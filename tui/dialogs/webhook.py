"""The form that generates or edits a webhook."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from pydantic import ValidationError
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Button, Checkbox, Input, OptionList, Select, Static

from core.catalog import EventType, offered, shown_type
from core.errors import HookkeeperError
from core.models import (
    DEFAULT_CONCURRENCY,
    AcceptedAnswer,
    GeneralSettings,
    InvalidSetting,
    Webhook,
    WebhookOptions,
    invalid_settings,
)
from core.store import Conflict, Store, config
from core.store.config import WebhookSummary
from core.text import one_line
from tui.actions import Action
from tui.dialogs.choice import Choice, ChoiceDialog
from tui.dialogs.conflict import ask_whose, deleted_words, rebased, webhook_words
from tui.dialogs.dialog import FormDialog, button, text
from tui.dialogs.event_types import TypesDialog
from tui.widgets.field import AS_IN_SETTINGS, Field, FormRow, Tick, choices, clear_cured, fail_at
from tui.widgets.fields import TextField
from tui.widgets.schedule_field import ScheduleField
from tui.widgets.status_field import StatusField
from tui.widgets.url_field import UrlField

_DEPRECATED = "deprecated types…"
"""The last choice in the list of types. It adds the deprecated types to the list."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A webhook as it was typed, kept because it could not be saved."""

    type: str
    values: dict[str, str]


class WebhookDialog(FormDialog[Webhook | Draft | None]):
    """Answers with the stored webhook, None if cancelled, or a draft if somebody deleted the webhook meanwhile."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "save", show=False, priority=True),
        Binding("f2", "show_types", show=False),
    ]

    def __init__(
        self,
        store: Store,
        others: Sequence[WebhookSummary],
        webhook: Webhook | None = None,
        draft: Draft | None = None,
    ) -> None:
        super().__init__()
        self._store = store
        self._others = others
        self._webhook = webhook
        self._draft = draft
        self._settings = GeneralSettings()
        self._unchanged: dict[str, str] = {}
        self.title_words = "Edit webhook" if webhook else "Generate new"
        self._main = "Save" if webhook else "Generate"
        self.keys = (
            Action("", "", "Next", "Tab"),
            Action("", "", self._main, "^s"),
            Action("", "", "Cancel", "Esc"),
            Action("", "", "Types", "F2"),
        )

    def compose_fields(self) -> ComposeResult:
        if self._webhook is None:
            kinds = _type_choices(deprecated=False)
            yield Field("type", "Type", Select(kinds, prompt="Choose a type", id="type", compact=True))
        else:
            kind = shown_type(self._webhook.type)
            label = Content.assemble(
                (kind.label, "bold"), ("  deprecated" if kind.deprecated else "", "$warning")
            )
            yield text(Content.assemble(" ", label, "   ", (self._webhook.id, "$muted")))
            if kind.deprecated:
                yield text(Content.styled(f" {kind.standing}", "$warning"))
        yield Static("", id="type-note", classes="note", markup=False)
        yield UrlField("url", "URL")
        yield Field("in_order", "Order", Tick("in order per session", id="in_order"))
        yield StatusField()
        yield ScheduleField("Schedule", general=True)
        answers = choices([(answer.label, answer.value) for answer in AcceptedAnswer], general=True)
        accepted = Select(answers, allow_blank=False, id="accepted_answer", compact=True)
        yield Field("accepted_answer", "Success", accepted)
        yield Field("concurrency", "Concurrency", TextField(id="concurrency", placeholder="sends at a time"))
        yield Field("rate", "Rate", TextField(id="rate", placeholder="no limit; sends a second"))
        deadline = TextField(id="deadline", placeholder=f"{AS_IN_SETTINGS}; seconds")
        yield Field("deadline", "Deadline", deadline)
        yield text("", id="failure", classes="error")

    def compose_buttons(self) -> ComposeResult:
        yield button("Cancel", "cancel")
        yield button(self._main, "main")

    async def on_mount(self) -> None:
        with self.prevent(Input.Changed, Select.Changed, Checkbox.Changed):
            self._fill(_as_typed(self._webhook))
            self._unchanged = self._values()
            if self._draft is not None:
                self._fill(self._draft.values)
                self._take_type(self._draft.type)
            self._offer_what_applies()
        self.query_one("#url" if self._webhook or self._draft else "#type").focus()
        self._settings = await config.load_settings(self._store)
        self._url.look(self._settings.allowed_networks)

    def _fill(self, values: dict[str, str]) -> None:
        for name, value in values.items():
            self._field(name).value = value

    def on_button_pressed(self, event: Button.Pressed) -> None:
        match event.button.id:
            case "main":
                self.action_save()
            case "cancel":
                self.action_cancel()

    @property
    def has_changes(self) -> bool:
        return self._values() != self._unchanged

    def focus_form(self) -> None:
        self.query_one("#url").focus()

    def _values(self) -> dict[str, str]:
        return {field.field_name: field.value for field in self.query(Field)}

    def _field(self, name: str) -> Field:
        return self.query_one(f"#field-{name}", Field)

    @property
    def _url(self) -> UrlField:
        return self.query_one(UrlField)

    @property
    def _kind(self) -> EventType | None:
        """The event type of the webhook, None until one is chosen."""
        name = self._webhook.type if self._webhook is not None else self._field("type").value
        return shown_type(name) if name else None

    def _take_type(self, name: str) -> None:
        """Select a type in the list. An unknown one is ignored."""
        kinds = {kind.name: kind for kind in offered(deprecated=True)}
        if name in kinds:
            if kinds[name].deprecated:
                self.query_one("#type", Select).set_options(_type_choices(deprecated=True))
            self._field("type").value = name

    def _offer_what_applies(self) -> None:
        """Show Order and Statuses only if the type has a session and a status."""
        kind = self._kind
        self._field("in_order").display = kind is not None and kind.key_field is not None
        statuses = self.query_one(StatusField)
        statuses.display = kind is not None and kind.status_field is not None
        statuses.offer(kind.statuses if kind is not None else ())

    @on(Select.Changed, "#type")
    def _type_chosen(self, event: Select.Changed) -> None:
        if event.value == _DEPRECATED:
            self._list_deprecated()
        elif event.value is not Select.NULL:
            self.query_one("#type-note", Static).update(self._type_words(shown_type(str(event.value))))
            self.query_one("#type-note").add_class("shown")
            self._field("status_filter").value = ""
            self._offer_what_applies()
            self.query_one("#url").focus()

    def _list_deprecated(self) -> None:
        """Open the list again with the deprecated types, the cursor on the first of them."""
        select = self.query_one("#type", Select)
        select.set_options(_type_choices(deprecated=True))
        select.expanded = True
        first = next(number for number, kind in enumerate(offered(deprecated=True)) if kind.deprecated)
        select.query_one(OptionList).highlighted = first + 1  # the prompt is option 0

    def _type_words(self, kind: EventType) -> Content:
        same = sum(summary.webhook.type == kind.name for summary in self._others)
        number = "One webhook has" if same == 1 else f"{same} webhooks have"
        words = [Content(kind.trigger)]
        if kind.standing:
            words.append(Content.styled(kind.standing, "$warning"))
        if same:
            words.append(Content(f"{number} this type already: each gets every event."))
        return Content("\n").join(words)

    def action_show_types(self) -> None:
        """Show the event types. For a new webhook, one can be chosen there."""
        self.run_worker(self._show_types(), exclusive=True, group="types", exit_on_error=True)

    async def _show_types(self) -> None:
        shown = self._kind.name if self._kind is not None else ""
        chosen = await self.app.push_screen_wait(TypesDialog(shown, picks=self._webhook is None))
        if chosen:
            self._take_type(chosen)

    @on(Input.Changed)
    @on(Select.Changed)
    @on(StatusField.Changed)
    def _typed(self) -> None:
        clear_cured(self.query(FormRow), self._read()[1])

    @on(FormRow.Left)
    def _left(self, event: FormRow.Left) -> None:
        self._url.look(self._settings.allowed_networks)
        problem = self._read()[1].get(event.row)
        event.row.fail(str(problem) if problem else "")

    @on(Checkbox.Changed, "#allow")
    def _allowed(self) -> None:
        self._url.fail("")
        self._url.look(self._settings.allowed_networks)

    def _read(self) -> tuple[WebhookOptions | None, dict[FormRow, InvalidSetting]]:
        """Return the form as options, or None if it is invalid, and the problem of each invalid row."""
        typed: dict[str, object] = {**self._values()}
        kind = typed.pop("type", None)
        statuses = self.query_one(StatusField)
        typed["status_filter"] = tuple(statuses.value.splitlines())
        for name in ("accepted_answer", "deadline"):
            typed[name] = typed[name] or None
        if not self.query_one(ScheduleField).is_own:
            typed["retry_schedule"] = typed["retry_schedule"] or None
        for name in ("in_order", "status_filter"):
            if not self._field(name).display:
                del typed[name]
        # Options that the form does not show keep their values.
        values = (dict(self._webhook.options) if self._webhook is not None else {}) | typed
        options, problems = None, [InvalidSetting("type", "Choose a type.")] if kind == "" else []
        try:
            options = WebhookOptions.model_validate(values)
        except ValidationError as error:
            problems += invalid_settings(error)
        if refusal := self._url.refusal(self._settings.allowed_networks):
            problems.append(InvalidSetting("url", refusal))
        if statuses.display and statuses.is_own and not statuses.value:
            problems.append(InvalidSetting("status_filter", "Choose at least one status, or all."))
        return options, {self._field(problem.field.split(".")[0]): problem for problem in reversed(problems)}

    @on(Input.Submitted)
    def action_save(self) -> None:
        """Store the form, or show the errors at their fields."""
        self.run_worker(self._save(), exclusive=True, group="save", exit_on_error=True)

    async def _save(self) -> None:
        options = self._validated()
        if options is not None:
            await self._store_options(options)

    async def _store_options(self, options: WebhookOptions) -> None:
        try:
            await self._allow_network()
            if self._webhook is None:
                kind = self._field("type").value
                stored = await config.add_webhook(self._store, kind, options, actor=self.keeper.actor)
            else:
                stored = await config.save_webhook(
                    self._store,
                    self._webhook.id,
                    options,
                    version=self._webhook.version,
                    actor=self.keeper.actor,
                )
        except Conflict as conflict:
            await self._resolve(conflict, options)
        except HookkeeperError as error:
            self._fail(str(error))
        else:
            self.dismiss(stored)

    def _validated(self) -> WebhookOptions | None:
        """Return the options to store. If they are invalid, show the errors, focus the first, and return None."""
        self._url.look(self._settings.allowed_networks)
        options, problems = self._read()
        if fail_at(self.query(FormRow), problems):
            return None
        if self._url.is_asking:
            self._url.ask()
            return None
        return options

    async def _allow_network(self) -> None:
        """Store the network that the person allowed, before the webhook that needs it."""
        if self._url.allowed:
            now = await config.load_settings(self._store)
            wanted = now.model_copy(update={"allowed_networks": (*now.allowed_networks, *self._url.allowed)})
            self._settings = await config.save_settings(self._store, wanted, actor=self.keeper.actor)

    def _fail(self, words: str) -> None:
        failure = self.query_one("#failure", Static)
        failure.update(f"✗ {one_line(words)}")
        failure.add_class("shown")

    async def _resolve(self, conflict: Conflict, mine: WebhookOptions) -> None:
        """Resolve an edit conflict: show the differences and ask whose version to keep."""
        theirs = conflict.theirs
        if self._webhook is None or isinstance(theirs, GeneralSettings):
            self._fail(f"{conflict} Try again.")
        elif theirs is None:
            await self._tell_deleted(conflict, self._webhook)
        else:
            both = rebased(mine, self._webhook.options, theirs.options)
            answer = await ask_whose(
                self.app, "this webhook", conflict, webhook_words(theirs), webhook_words(both)
            )
            if answer == "theirs":
                self.dismiss(None)
            elif answer == "mine":
                self._webhook = theirs
                await self._store_options(both)

    async def _tell_deleted(self, conflict: Conflict, webhook: Webhook) -> None:
        words = f"{deleted_words(conflict, webhook.id)}. Your changes were not saved; n generates it again with them."
        await self.app.push_screen_wait(
            ChoiceDialog("Somebody else deleted it", [words], [Choice("", "Close")])
        )
        self.dismiss(Draft(webhook.type, self._values()))


def _type_choices(*, deprecated: bool) -> list[tuple[Content, str]]:
    """Return the types for the drop-down. Without the deprecated ones, the last choice adds them."""
    listed = [(Content(f"{kind.label}{_mark(kind)}"), kind.name) for kind in offered(deprecated=deprecated)]
    return listed if deprecated else [*listed, (Content("Deprecated types…"), _DEPRECATED)]


def _mark(kind: EventType) -> str:
    return " (deprecated)" if kind.deprecated else " (newer)" if kind.is_newer else ""


def _as_typed(webhook: Webhook | None) -> dict[str, str]:
    """Return the form's values for a stored webhook, or for a new one."""
    if webhook is None:
        return {"concurrency": str(DEFAULT_CONCURRENCY)}
    return {
        "url": webhook.url,
        "retry_schedule": webhook.retry_schedule or "",
        "accepted_answer": webhook.accepted_answer or "",
        "in_order": "true" if webhook.in_order else "false",
        "status_filter": "\n".join(webhook.status_filter),
        "concurrency": str(webhook.concurrency),
        "rate": f"{webhook.rate:.12g}" if webhook.rate else "",
        "deadline": f"{webhook.deadline:g}" if webhook.deadline else "",
    }
