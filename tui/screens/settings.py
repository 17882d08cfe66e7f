"""The general webhook settings: authorization, custom headers, delivery."""

import asyncio
from typing import Any, ClassVar

from pydantic import SecretStr, ValidationError
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Input, Select, Static

from core import header
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
from core.text import one_line
from tui.actions import SETTINGS, bindings
from tui.dialogs.choice import Choice, ChoiceDialog
from tui.dialogs.dialog import button
from tui.dialogs.field import Field
from tui.screens.frame import Frame
from tui.widgets.fields import TextField

_TEXTS = (
    ("authentication_url", "Authentication URL", "(Optional)"),
    ("client_id", "Client ID", "(Optional)"),
    ("secret_key", "Secret Key", "(Optional)"),
    ("scopes", "Scopes", "(Optional)"),
)
_PATIENCE = 20.0


class HeaderRow(Vertical):
    """One custom header: key, value, Remove, and its error."""

    DEFAULT_CSS = "HeaderRow { height: auto; }"

    def __init__(self, name: str = "", value: str = "") -> None:
        super().__init__(classes="header")
        # Held here: a row is asked for its pair before it is composed, too.
        self.key = TextField(name, classes="name", placeholder="Custom Header Key")
        self.value = TextField(
            value, classes="value", placeholder="Custom Header Value", password=header.holds_secret(name)
        )
        self._error = Static("", classes="error", markup=False)

    def compose(self) -> ComposeResult:
        with Horizontal(classes="header-row"):
            yield self.key
            yield self.value
            yield button("Remove", "remove")
        yield self._error

    @property
    def pair(self) -> tuple[str, str]:
        """Name and value as they stand in the form."""
        return self.key.value, self.value.value

    def on_descendant_focus(self) -> None:
        self._mask()

    def on_descendant_blur(self) -> None:
        self._mask()

    def _mask(self) -> None:
        """Dots for what may be secret, unless the cursor is in it."""
        self.value.password = header.holds_secret(self.key.value) and not self.value.has_focus

    def fail(self, words: str) -> None:
        """Show an error under the row; "" takes it away."""
        self._error.update(f"✗ {one_line(words)}" if words else "")
        self._error.set_class(bool(words), "shown")


class SettingsScreen(Frame):
    """General webhook settings. What was typed stays until it is saved or the program ends."""

    number = 1
    actions = SETTINGS
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(SETTINGS),
        Binding("enter", "enter_form", show=False),
        Binding("j", "scroll_form(1)", show=False),
        Binding("k", "scroll_form(-1)", show=False),
    ]
    AUTO_FOCUS = ""

    def __init__(self) -> None:
        super().__init__()
        self._stored: GeneralSettings | None = None
        self._last_field: str | None = None
        self._filled = asyncio.Event()
        """Set once the stored settings stand in the form: what is typed before that would be lost."""

    def compose_body(self) -> ComposeResult:
        with VerticalScroll(id="form", can_focus=False, disabled=True):
            yield Static("General webhook settings", classes="section", markup=False)
            for name, label, hint in _TEXTS[:3]:
                yield self._text(name, label, hint)
            methods = [(Content(method.label), method.value) for method in ClientAuthentication]
            select = Select(methods, allow_blank=False, id="client_authentication", compact=True)
            yield Field("client_authentication", "Client Authentication", select, hint="(Required)")
            yield self._text(*_TEXTS[3])
            yield Static(Content.assemble(" Webhook Custom Headers ", ("(Optional)", "$muted")), markup=False)
            heads = f"{'Custom Header Key':<36}Custom Header Value"
            yield Static(heads, classes="header-heads", markup=False)
            yield Vertical(id="headers")
            with Horizontal(id="add-row"):
                yield button("Add", "add")
            yield Static("", classes="gap")
            yield Static("Delivery settings", classes="section", markup=False)
            answers = [(Content(answer.label), answer.value) for answer in AcceptedAnswer]
            accepted = Select(answers, allow_blank=False, id="accepted_answer", compact=True)
            yield Field("accepted_answer", "Accepted answer", accepted)
            yield self._text("retry_schedule", "Retry schedule", "")
            yield self._text("deadline", "Deadline for one attempt", "(seconds)")
            yield self._text("allowed_networks", "Allowed private networks", "")
            yield self._text("body_limit", "Largest body", "(bytes)")

    def _text(self, name: str, label: str, hint: str) -> Field:
        return Field(name, label, TextField(id=name, password=name == "secret_key"), hint=hint)

    def compose_strip(self) -> ComposeResult:
        with Horizontal(id="bottom"):
            yield Static("", id="unsaved", markup=False)
            yield button("Test authorization", "test")
            yield button("Update settings", "save")

    def on_mount(self) -> None:
        self.query_one("#headers").styles.height = "auto"

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
                self.query_one(f"#{name}", Input).value = value
            secret = self.query_one("#secret_key", Input)
            secret.placeholder = "stored; type to replace" if settings.secret_key else ""
            self.query_one("#client_authentication", Select).value = settings.client_authentication.value
            self.query_one("#accepted_answer", Select).value = settings.accepted_answer.value
            rows = self.query_one("#headers")
            await rows.remove_children()
            await rows.mount(
                *(HeaderRow(entry.name, entry.value.get_secret_value()) for entry in settings.custom_headers)
            )
        self._draw_changes()
        self.query_one("#form").disabled = False
        self._filled.set()

    @property
    def changes(self) -> int:
        """How many fields differ from what is stored."""
        if self._stored is None or not self.is_mounted:
            return 0
        stored = _as_typed(self._stored)
        number = sum(self.query_one(f"#{name}", Input).value != value for name, value in stored.items())
        number += (
            self.query_one("#client_authentication", Select).value != self._stored.client_authentication.value
        )
        number += self.query_one("#accepted_answer", Select).value != self._stored.accepted_answer.value
        return number + (self._headers() != _pairs(self._stored))

    def _headers(self) -> list[tuple[str, str]]:
        return [row.pair for row in self.query(HeaderRow)]

    def _draw_changes(self) -> None:
        number = self.changes
        words = f"{number} change{'s' if number > 1 else ''} not saved" if number else ""
        self.query_one("#unsaved", Static).update(words, layout=False)

    @on(Input.Changed)
    @on(Select.Changed)
    def _changed(self, event: Input.Changed | Select.Changed) -> None:
        for parent in event.control.ancestors:
            if isinstance(parent, (Field, HeaderRow)):
                parent.fail("")
        self._draw_changes()

    def on_descendant_focus(self) -> None:
        if self.focused is not None and self.focused.id:
            self._last_field = self.focused.id

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
                await row.remove()
                self.query_one("#add", Button).focus()
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

    def action_enter_form(self) -> None:
        self.run_worker(self._enter_form(), exclusive=True, group="enter", exit_on_error=True)

    async def _enter_form(self) -> None:
        await self._filled.wait()
        self.query_one(f"#{self._last_field or 'authentication_url'}").focus()

    def action_leave_field(self) -> None:
        self.set_focus(None)

    def action_scroll_form(self, lines: int) -> None:
        self.query_one("#form").scroll_relative(y=lines, animate=False)

    def action_save(self) -> None:
        """Store all or nothing."""
        self.run_worker(self._save(), exclusive=True, group="save", exit_on_error=True)

    def _validated(self) -> GeneralSettings | None:
        """The form as settings; otherwise errors stand at the fields and the first one has the focus."""
        for field in self.query(Field):
            field.fail("")
        for row in self.query(HeaderRow):
            row.fail("")
        stored = self._stored or GeneralSettings()
        values: dict[str, Any] = {name: self.query_one(f"#{name}", Input).value for name in _as_typed(stored)}
        typed = values["secret_key"]
        clears = not values["authentication_url"].strip() and not values["client_id"].strip()
        values |= {
            "secret_key": SecretStr(typed) if typed else (None if clears else stored.secret_key),
            "client_authentication": self.query_one("#client_authentication", Select).value,
            "accepted_answer": self.query_one("#accepted_answer", Select).value,
            "allowed_networks": values["allowed_networks"].replace(",", " ").split(),
            "custom_headers": [{"name": name, "value": value} for name, value in self._headers()],
            "version": stored.version,
        }
        try:
            return GeneralSettings.model_validate(values)
        except ValidationError as error:
            problems = invalid_settings(error)
            for problem in reversed(problems):
                self._fail(problem)
            return None

    def _fail(self, problem: InvalidSetting) -> None:
        name, *rest = problem.field.split(".")
        if name == "custom_headers" and rest:
            row = self.query(HeaderRow)[int(rest[0])]
            row.fail(str(problem))
            (row.value if rest[-1] == "value" else row.key).focus()
            return
        self.query_one(f"#field-{name}", Field).fail(str(problem))
        self.query_one(f"#{name}").focus()

    async def _save(self) -> None:
        settings = self._validated()
        if settings is None:
            return
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
        lines = [str(conflict)]
        for name, value in mine.model_dump(
            mode="json", exclude={"version", "updated_at", "updated_by"}
        ).items():
            other = theirs.model_dump(mode="json")[name]
            if other != value:
                lines += [name, f"  theirs  {other}", f"  yours   {value}"]
        choices = [Choice("", "Cancel"), Choice("theirs", "Take theirs"), Choice("mine", "Keep mine")]
        answer = await self.app.push_screen_wait(ChoiceDialog("Somebody else changed it", lines, choices))
        if answer == "theirs":
            await self._fill(theirs)
        elif answer == "mine" and self._stored is not None:
            self._stored = self._stored.model_copy(update={"version": theirs.version})
            await self._save()

    def action_test(self) -> None:
        """Try what stands in the form, saved or not."""
        settings = self._validated()
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
    """The text fields of the form for stored settings. The Secret Key is never shown again."""
    return {
        "authentication_url": settings.authentication_url or "",
        "client_id": settings.client_id or "",
        "secret_key": "",
        "scopes": settings.scopes,
        "retry_schedule": settings.retry_schedule,
        "deadline": f"{settings.deadline:g}",
        "allowed_networks": " ".join(settings.allowed_networks),
        "body_limit": str(settings.body_limit),
    }


def _pairs(settings: GeneralSettings) -> list[tuple[str, str]]:
    return [(entry.name, entry.value.get_secret_value()) for entry in settings.custom_headers]
