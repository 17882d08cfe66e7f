"""The general webhook settings: authorization, custom headers, delivery."""

import asyncio
from collections.abc import Collection
from typing import ClassVar

from pydantic import SecretStr, ValidationError
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Checkbox, Input, Select, Static

from core.delivery.guard import url_refusal
from core.delivery.tls import UnusableFile, check_files
from core.errors import HookkeeperError
from core.models import (
    AcceptedAnswer,
    ClientAuthentication,
    GeneralSettings,
    InvalidSetting,
    invalid_settings,
)
from core.service.status import dispatcher_status
from core.store import Conflict, config, requests
from core.text import ALWAYS_MASKED
from tui.actions import SETTINGS, SETTINGS_BUTTON, SETTINGS_FIELD, bindings
from tui.dialogs.conflict import ask_whose, rebased, settings_words
from tui.dialogs.dialog import button
from tui.screens.frame import Frame
from tui.widgets.field import Field, FormRow, choices, clear_cured, fail_at
from tui.widgets.fields import TextField
from tui.widgets.header_row import HeaderRow
from tui.widgets.lines import KeyBar, bar_actions
from tui.widgets.schedule_field import ScheduleField
from tui.widgets.url_field import UrlField

_PATIENCE = 20.0
_TESTED = (
    "authentication_url",
    "client_id",
    "secret_key",
    "client_authentication",
    "scopes",
    "allowed_networks",
    "ca_file",
    "client_certificate",
)
"""What "Test authorization" depends on: whatever is wrong elsewhere does not keep it from being tried."""
_FILES = ("ca_file", "client_certificate")
_DAYS = ("delivered", "failed", "evidence", "unwanted", "keys")


class SettingsScreen(Frame):
    """General webhook settings. What was typed stays until it is saved or the program ends."""

    number = 1
    actions = SETTINGS
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(SETTINGS),
        Binding("escape", "leave_field", show=False),
        Binding("j", "scroll_form(1)", show=False),
        Binding("k", "scroll_form(-1)", show=False),
    ]
    AUTO_FOCUS = ""

    def __init__(self) -> None:
        super().__init__()
        self._stored: GeneralSettings | None = None
        self._last_field: Input | Select[str] | None = None
        self._filled = asyncio.Event()
        """Set once the stored settings stand in the form: what is typed before that would be lost."""

    def compose_body(self) -> ComposeResult:
        with VerticalScroll(id="form", can_focus=False, disabled=True):
            yield Static("General webhook settings", classes="section", markup=False)
            yield UrlField("authentication_url", "Authentication URL", hint="(Optional)")
            yield self._text("client_id", "Client ID", "(Optional)")
            yield self._text("secret_key", "Secret Key", "(Optional)")
            methods = choices([(method.label, method.value) for method in ClientAuthentication])
            select = Select(methods, allow_blank=False, id="client_authentication", compact=True)
            yield Field("client_authentication", "Client Authentication", select, hint="(Required)")
            yield self._text("scopes", "Scopes", "(Optional)")
            yield Static(Content.assemble(" Webhook Custom Headers ", ("(Optional)", "$muted")), markup=False)
            heads = f"{'Custom Header Key':<36}Custom Header Value"
            yield Static(heads, classes="header-heads", markup=False)
            yield Vertical(id="headers")
            with Horizontal(id="add-row"):
                yield button("Add", "add")
            yield Static("", classes="gap")
            yield Static("Delivery settings", classes="section", markup=False)
            answers = choices([(answer.label, answer.value) for answer in AcceptedAnswer])
            accepted = Select(answers, allow_blank=False, id="accepted_answer", compact=True)
            yield Field("accepted_answer", "Accepted answer", accepted)
            yield ScheduleField("Retry schedule")
            yield self._text("deadline", "Deadline for one attempt", "(seconds)")
            yield self._text("allowed_networks", "Allowed private networks", "")
            yield self._text("body_limit", "Largest body", "(bytes)")
            yield UrlField("notice_url", "Notices go to", hint="(URL)")
            yield self._text("ca_file", "CA file", "(PEM file)")
            yield self._text("client_certificate", "Client certificate", "(PEM file)")
            yield self._text("masked_fields", "Masked fields", "(a, b, rfc*)")
            for what in _DAYS:
                yield self._text(f"keep_{what}", f"Keep {what}", "(days)")

    def _text(self, name: str, label: str, hint: str) -> Field:
        return Field(name, label, TextField(id=name, password=name == "secret_key"), hint=hint)

    def compose_strip(self) -> ComposeResult:
        with Horizontal(id="bottom"):
            yield Static("", id="unsaved", markup=False)
            yield button("Test authorization", "test")
            yield button("Update settings", "save")

    def on_mount(self) -> None:
        self.query_one("#headers").styles.height = "auto"
        masked = self.query_one("#masked_fields", Input)
        masked.placeholder = f"beside {', '.join(ALWAYS_MASKED)}"

    async def reload(self) -> None:
        """Others' changes come in as long as nothing of ours would be lost."""
        if self._stored is not None and self.changes:
            return
        now = await config.load_settings(self.store)
        if self._stored is None or now.version != self._stored.version:
            await self._fill(now)

    async def _fill(self, settings: GeneralSettings) -> None:
        self._stored = settings
        with self.prevent(Input.Changed, Select.Changed):
            for name, value in _as_typed(settings).items():
                self._field(name).value = value
            secret = self.query_one("#secret_key", Input)
            secret.placeholder = "stored; type to replace" if settings.secret_key else ""
            rows = self.query_one("#headers")
            await rows.remove_children()
            await rows.mount(
                *(HeaderRow(entry.name, entry.value.get_secret_value()) for entry in settings.custom_headers)
            )
        fail_at(self.query(FormRow), {})
        for url in self.query(UrlField):
            url.allow.value = False
            url.look(settings.allowed_networks)
        self._draw_changes()
        self.query_one("#form").disabled = False
        self._filled.set()

    @property
    def changes(self) -> int:
        """How many fields differ from what is stored."""
        if self._stored is None or not self.is_mounted:
            return 0
        stored = _as_typed(self._stored)
        number = sum(field.value != stored[field.field_name] for field in self.query(Field))
        return number + (self._headers() != _pairs(self._stored)) + bool(self._allowed_here())

    def _field(self, name: str) -> Field:
        return self.query_one(f"#field-{name}", Field)

    def _look_at_urls(self) -> None:
        for url in self.query(UrlField):
            url.look(self._networks())

    def _allowed_here(self) -> list[str]:
        """The networks that the person has allowed under a URL."""
        return [network for url in self.query(UrlField) for network in url.allowed]

    def _headers(self) -> list[tuple[str, str]]:
        return [row.pair for row in self.query(HeaderRow)]

    def _draw_changes(self) -> None:
        number = self.changes
        words = f"{number} change{'s' if number > 1 else ''} not saved" if number else ""
        self.query_one("#unsaved", Static).update(words, layout=False)

    @on(Input.Changed)
    @on(Select.Changed)
    def _changed(self) -> None:
        clear_cured(self.query(FormRow), self._read()[1])
        self._draw_changes()

    @on(FormRow.Left)
    async def _left(self, event: FormRow.Left) -> None:
        self._look_at_urls()
        _, problems = self._read()
        files, _ = self._read(_FILES)
        if files is not None and isinstance(event.row, Field) and event.row.field_name in _FILES:
            problems |= await self._unusable_files(files)
        problem = problems.get(event.row)
        event.row.fail(str(problem) if problem else "")

    @on(Checkbox.Changed, "#allow")
    def _allowed(self, event: Checkbox.Changed) -> None:
        next(row for row in event.checkbox.ancestors if isinstance(row, UrlField)).fail("")
        self._look_at_urls()
        self._draw_changes()

    def on_descendant_focus(self) -> None:
        if isinstance(self.focused, (Input, Select)):
            self._last_field = self.focused
        self._draw_keys()

    def on_descendant_blur(self) -> None:
        self._draw_keys()

    def _draw_keys(self) -> None:
        """The last line is never untrue."""
        if self.focused is None:
            self.query_one(KeyBar).show(bar_actions(self.app, SETTINGS), "?")
        else:
            is_button = isinstance(self.focused, Button)
            self.query_one(KeyBar).show(SETTINGS_BUTTON if is_button else SETTINGS_FIELD, "F1")

    @on(Button.Pressed)
    async def _pressed(self, event: Button.Pressed) -> None:
        match event.button.id:
            case "save":
                self.action_save()
            case "test":
                self.action_test()
            case "add":
                await self._add_header()
            case "remove":
                row = next(parent for parent in event.button.ancestors if isinstance(parent, HeaderRow))
                self.query_one("#add", Button).focus()
                await row.remove()
                self._draw_changes()

    def action_add_header(self) -> None:
        self.run_worker(self._add_header(), exit_on_error=True)

    async def _add_header(self) -> None:
        await self._filled.wait()
        row = HeaderRow()
        await self.query_one("#headers").mount(row)
        row.key.focus()
        self._draw_changes()

    @on(Input.Submitted)
    def _next(self) -> None:
        self.focus_next()

    def action_into_form(self) -> None:
        """To the field last used; from there on to the next."""
        if self.focused is not None:
            self.focus_next()
        else:
            self.run_worker(self._enter_form(), exclusive=True, group="enter", exit_on_error=True)

    async def _enter_form(self) -> None:
        await self._filled.wait()
        last = self._last_field
        (last if last is not None and last.is_attached else self._field("authentication_url").control).focus()

    def action_leave_field(self) -> None:
        self.set_focus(None)

    def action_scroll_form(self, lines: int) -> None:
        self.query_one("#form").scroll_relative(y=lines, animate=False)

    def action_save(self) -> None:
        """Store all or nothing."""
        self.run_worker(self._save(), exclusive=True, group="save", exit_on_error=True)

    def _networks(self) -> tuple[str, ...]:
        """Those that are typed into the form; none while one of them is wrong."""
        try:
            return GeneralSettings.model_validate(
                {"allowed_networks": self._typed_networks()}
            ).allowed_networks
        except ValidationError:
            return ()

    def _typed_networks(self) -> list[str]:
        return self._field("allowed_networks").value.replace(",", " ").split()

    def _read(
        self, only: Collection[str] = ()
    ) -> tuple[GeneralSettings | None, dict[FormRow, InvalidSetting]]:
        """The form as settings, None if it is wrong; and what is wrong with which row. `only` leaves out others."""
        stored = self._stored or GeneralSettings()
        values, problems = self._typed(stored)
        if only:
            values = {name: value for name, value in values.items() if name in only}
        settings = None
        try:
            settings = GeneralSettings.model_validate(values)
        except ValidationError as error:
            problems += invalid_settings(error)
        for url in self.query(UrlField):
            if refusal := url.refusal(self._networks()):
                problems.append(InvalidSetting(url.field_name, refusal))
        rows = {
            self._row(problem.field): problem
            for problem in reversed(problems)
            if not only or problem.field.split(".")[0] in only
        }
        return settings, rows

    def _typed(self, stored: GeneralSettings) -> tuple[dict[str, object], list[InvalidSetting]]:
        """What stands in the form, as the model takes it; and what is wrong with it before that."""
        values: dict[str, object] = dict(stored)  # should one have no field here
        values |= {field.field_name: field.value for field in self.query(Field)}
        typed = self._field("secret_key").value
        clears = not any(self._field(name).value.strip() for name in ("authentication_url", "client_id"))
        masked, problems = self._typed_masks(stored)
        values |= {
            "secret_key": SecretStr(typed) if typed else (None if clears else stored.secret_key),
            "allowed_networks": list(dict.fromkeys([*self._typed_networks(), *self._allowed_here()])),
            "custom_headers": [{"name": name, "value": value} for name, value in self._headers()],
            "masked_fields": masked,
            "version": stored.version,
        }
        return values, problems

    def _typed_masks(self, stored: GeneralSettings) -> tuple[list[str], list[InvalidSetting]]:
        """A name may hold a space, but hardly does: two names without a comma would mask neither."""
        names = [name.strip() for name in self._field("masked_fields").value.split(",") if name.strip()]
        for name in names:
            if " " in name and name not in stored.masked_fields:
                words = f'"{name[:40]}" is taken for one name: write a comma between two.'
                return names, [InvalidSetting("masked_fields", words)]
        return names, []

    def _row(self, field: str) -> FormRow:
        name, *rest = field.split(".")
        return self.query(HeaderRow)[int(rest[0])] if name == "custom_headers" and rest else self._field(name)

    async def _validated(self, only: Collection[str] = ()) -> GeneralSettings | None:
        """The form as settings; otherwise errors stand at the fields, the first has the focus and is told below."""
        self._look_at_urls()
        settings, problems = self._read(only)
        if settings is not None and not problems:
            problems = await self._unusable_files(settings)
        rows: list[FormRow] = [self._field(name) for name in only]
        rows = rows or list(self.query(FormRow))
        if fail_at(rows, problems):
            row = next(row for row in rows if row in problems)
            self.say(f"✗ {row.name_words}: {problems[row]}")
            return None
        for url in self.query(UrlField):
            if url.is_asking and (not only or url.field_name in only):
                url.ask()
                self.say(f"✗ {url.name_words}: {url.error}")
                return None
        return settings

    async def _unusable_files(
        self, settings: GeneralSettings, stored: GeneralSettings | None = None
    ) -> dict[FormRow, InvalidSetting]:
        """Of files that are named anew; what has become of one that was fine is the dispatcher's to say."""
        before = stored or self._stored or GeneralSettings()
        if all(getattr(settings, name) == getattr(before, name) for name in _FILES):
            return {}
        try:
            await asyncio.to_thread(check_files, settings)
        except UnusableFile as error:
            return {self._field(error.field): error}
        return {}

    async def _save(self) -> None:
        settings = await self._validated()
        if settings is not None:
            await self._store(settings)

    async def _store(self, settings: GeneralSettings) -> None:
        try:
            stored = await config.save_settings(self.store, settings, actor=self.keeper.actor)
        except Conflict as conflict:
            await self._resolve(conflict, settings)
            return
        except HookkeeperError as error:
            self.say(f"✗ {error}")
            return
        await self._fill(stored)
        self.say("✓ Settings updated")
        self.keeper.look()

    async def _resolve(self, conflict: Conflict, mine: GeneralSettings) -> None:
        theirs = conflict.theirs
        if not isinstance(theirs, GeneralSettings):
            return
        before = self._stored or GeneralSettings()
        both = rebased(mine, before, theirs)
        words = settings_words(theirs, before, both), settings_words(both, before, theirs)
        answer = await ask_whose(self.app, "the settings", conflict, *words)
        if answer == "theirs":
            await self._fill(theirs)
        elif answer == "mine":
            problem = await self._problem_of(both, theirs)
            if problem is not None:
                self.say(f"✗ {problem} Take theirs, then change it again.")
            else:
                await self._store(both)

    async def _problem_of(self, both: GeneralSettings, theirs: GeneralSettings) -> InvalidSetting | None:
        """What is wrong with two people's changes together, each of them valid."""
        try:
            GeneralSettings.model_validate(dict(both))
        except ValidationError as error:
            return invalid_settings(error)[0]
        for url in self.query(UrlField):
            address, before = getattr(both, url.field_name), getattr(theirs, url.field_name)
            is_new = (address, both.allowed_networks) != (before, theirs.allowed_networks)
            if address and is_new and (refusal := url_refusal(address, both.allowed_networks)):
                return InvalidSetting(url.field_name, refusal)
        return next(iter((await self._unusable_files(both, theirs)).values()), None)

    def action_test(self) -> None:
        """Try what stands in the form, saved or not."""
        self.run_worker(self._begin_test(), exclusive=True, group="test", exit_on_error=True)

    async def _begin_test(self) -> None:
        settings = await self._validated(_TESTED)
        if settings is None:
            return
        if not settings.uses_oidc:
            self.say("✗ Enter Authentication URL, Client ID and Secret Key first.")
        elif not dispatcher_status(self.store.path).running:
            self.say("! Nobody delivers, so nobody can test it. ^p Start dispatcher.")
        else:
            self.say("… asking the token endpoint")
            self.act(self._test(settings))

    async def _test(self, settings: GeneralSettings) -> str:
        number = await requests.ask_authorization(self.store, settings)
        try:
            async with asyncio.timeout(_PATIENCE):
                async for _ in self.store.changes(1 / 8):
                    answer = await requests.authorization_answer(self.store, number)
                    if answer is not None:
                        return f"{'✓' if answer.ok else '✗'} {answer.words}"
        except TimeoutError:
            pass
        return "✗ The dispatcher did not answer within 20 s."


def _as_typed(settings: GeneralSettings) -> dict[str, str]:
    """What stands in the form for stored settings. The Secret Key is never shown again."""
    return {
        "authentication_url": settings.authentication_url or "",
        "client_id": settings.client_id or "",
        "secret_key": "",
        "client_authentication": settings.client_authentication,
        "scopes": settings.scopes,
        "accepted_answer": settings.accepted_answer,
        "retry_schedule": settings.retry_schedule,
        "deadline": f"{settings.deadline:g}",
        "allowed_networks": " ".join(settings.allowed_networks),
        "body_limit": str(settings.body_limit),
        "notice_url": settings.notice_url or "",
        "ca_file": settings.ca_file or "",
        "client_certificate": settings.client_certificate or "",
        "masked_fields": ", ".join(settings.masked_fields),
        **{f"keep_{what}": str(getattr(settings, f"keep_{what}")) for what in _DAYS},
    }


def _pairs(settings: GeneralSettings) -> list[tuple[str, str]]:
    return [(entry.name, entry.value.get_secret_value()) for entry in settings.custom_headers]
