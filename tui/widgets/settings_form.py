"""The form of the general webhook settings: fills it, reads it, and finds its errors."""

import asyncio
from collections.abc import Collection

from pydantic import SecretStr, ValidationError
from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Checkbox, Input, Select, Static

from core.delivery.guard import url_refusal
from core.delivery.tls import UnusableFile, check_files
from core.models import (
    AcceptedAnswer,
    ClientAuthentication,
    GeneralSettings,
    InvalidSetting,
    invalid_settings,
)
from tui.dialogs.dialog import button
from tui.widgets.field import Field, FormRow, choices, clear_cured
from tui.widgets.fields import TextField
from tui.widgets.header_row import HeaderRow
from tui.widgets.lines import Line, spread
from tui.widgets.schedule_field import ScheduleField
from tui.widgets.url_field import UrlField

FILES = ("ca_file", "client_certificate")
_DAYS = ("delivered", "failed", "evidence", "unwanted", "keys")


class SectionRule(Line):
    """The heading of a section, which says that it applies to all webhooks."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title = title

    def content_for(self, width: int) -> Content:
        left = Content.assemble(" ", (self._title, "bold"), " ")
        return spread(left, Content.assemble((" for all webhooks ", "$muted")), width, "─")


class SettingsForm(VerticalScroll):
    """Two sections, side by side if there is room.

    The form is disabled until it is filled with the stored settings, and stays disabled if it `reads_only`.
    """

    def __init__(self, *, reads_only: bool = False) -> None:
        super().__init__(id="form", can_focus=False, disabled=True)
        self._reads_only = reads_only
        self.stored: GeneralSettings | None = None
        self.filled = asyncio.Event()
        """Set once the form is filled with the stored settings. Filling replaces anything typed before."""

    def compose(self) -> ComposeResult:
        with Vertical(classes="column"):
            yield SectionRule("General webhook settings")
            yield from self._compose_general()
        with Vertical(classes="column"):
            yield SectionRule("Delivery settings")
            yield from self._compose_delivery()

    def _compose_general(self) -> ComposeResult:
        yield UrlField("authentication_url", "Authentication URL", hint="(Optional)")
        yield _text("client_id", "Client ID", "(Optional)")
        yield _text("secret_key", "Secret Key", "(Optional)")
        methods = choices([(method.label, method.value) for method in ClientAuthentication])
        select = Select(methods, allow_blank=False, id="client_authentication", compact=True)
        yield Field("client_authentication", "Client Authentication", select, hint="(Required)")
        yield _text("scopes", "Scopes", "(Optional)")
        yield Static(Content.assemble(" Webhook Custom Headers ", ("(Optional)", "$muted")), markup=False)
        heads = f"{'Custom Header Key':<36}Custom Header Value"
        yield Static(heads, classes="header-heads", markup=False)
        yield Vertical(id="headers")
        with Horizontal(id="add-row"):
            yield button("Add", "add")
        yield Static("", classes="gap")

    def _compose_delivery(self) -> ComposeResult:
        answers = choices([(answer.label, answer.value) for answer in AcceptedAnswer])
        accepted = Select(answers, allow_blank=False, id="accepted_answer", compact=True)
        yield Field("accepted_answer", "Accepted answer", accepted)
        yield ScheduleField("Retry schedule")
        yield _text("deadline", "Deadline for one attempt", "(seconds)")
        yield _text("allowed_networks", "Allowed private networks", "")
        yield _text("body_limit", "Largest body", "(bytes)")
        yield UrlField("notice_url", "Notices go to", hint="(URL)")
        yield _text("ca_file", "CA file", "(PEM file)")
        yield _text("client_certificate", "Client certificate", "(PEM file)")
        always = "beside curp, token, …"  # ALWAYS_MASKED, as far as there is room
        yield _text("masked_fields", "Masked fields", "(a, b, rfc*)", placeholder=always)
        for what in _DAYS:
            yield _text(f"keep_{what}", f"Keep {what}", "(days)")

    async def fill(self, settings: GeneralSettings) -> None:
        """Fill the form with stored settings, replacing what was typed."""
        self.stored = settings
        with self.prevent(Input.Changed, Select.Changed):
            for name, value in _as_typed(settings).items():
                self.field(name).value = value
            secret = self.query_one("#secret_key", Input)
            stored = "stored" if self._reads_only else "stored; type another"
            secret.placeholder = stored if settings.secret_key else ""
            rows = self.query_one("#headers")
            await rows.remove_children()
            await rows.mount(
                *(HeaderRow(entry.name, entry.value.get_secret_value()) for entry in settings.custom_headers)
            )
        for row in self.rows:
            row.fail("")
        for url in self.query(UrlField):
            url.allow.value = False
            url.look(settings.allowed_networks)
        self.disabled = self._reads_only
        self.filled.set()

    @property
    def changes(self) -> int:
        """The number of fields that differ from the stored settings."""
        if self.stored is None or not self.is_mounted:
            return 0
        stored = _as_typed(self.stored)
        number = sum(field.value != stored[field.field_name] for field in self.query(Field))
        return number + (self._headers() != _pairs(self.stored)) + bool(self._allowed_here())

    @property
    def rows(self) -> list[FormRow]:
        """All rows, from the top."""
        return list(self.query(FormRow))

    def field(self, name: str) -> Field:
        """Return the row for a field of the model."""
        return self.query_one(f"#field-{name}", Field)

    async def add_header(self) -> None:
        """Add an empty header row and focus it."""
        await self.filled.wait()
        row = HeaderRow()
        await self.query_one("#headers").mount(row)
        row.key.focus()

    def asking(self, only: Collection[str] = ()) -> UrlField | None:
        """Return the first URL field whose offer to allow its network is unanswered. `only`: check these fields."""
        urls = (url for url in self.query(UrlField) if not only or url.field_name in only)
        return next((url for url in urls if url.is_asking), None)

    def look_at_urls(self) -> None:
        """Update warnings and offers of the URL fields for the networks that are typed now."""
        for url in self.query(UrlField):
            url.look(self._networks())

    def _allowed_here(self) -> list[str]:
        """Return the networks that the person has allowed below a URL."""
        return [network for url in self.query(UrlField) for network in url.allowed]

    def _headers(self) -> list[tuple[str, str]]:
        return [row.pair for row in self.query(HeaderRow)]

    @on(Input.Changed)
    @on(Select.Changed)
    def _changed(self) -> None:
        clear_cured(self.rows, self.read()[1])

    @on(FormRow.Left)
    async def _left(self, event: FormRow.Left) -> None:
        self.look_at_urls()
        _, problems = self.read()
        files, _ = self.read(FILES)
        if files is not None and isinstance(event.row, Field) and event.row.field_name in FILES:
            problems |= await self.unusable_files(files)
        problem = problems.get(event.row)
        event.row.fail(str(problem) if problem else "")

    @on(Checkbox.Changed, "#allow")
    def _allowed(self, event: Checkbox.Changed) -> None:
        next(row for row in event.checkbox.ancestors if isinstance(row, UrlField)).fail("")
        self.look_at_urls()

    def _networks(self) -> tuple[str, ...]:
        """Return the networks typed into the form, or none if any of them is invalid."""
        try:
            return GeneralSettings.model_validate(
                {"allowed_networks": self._typed_networks()}
            ).allowed_networks
        except ValidationError:
            return ()

    def _typed_networks(self) -> list[str]:
        return self.field("allowed_networks").value.replace(",", " ").split()

    def read(
        self, only: Collection[str] = ()
    ) -> tuple[GeneralSettings | None, dict[FormRow, InvalidSetting]]:
        """Return the form as settings, or None if it is invalid, and the problem of each invalid row.

        `only`: read these fields only.
        """
        stored = self.stored or GeneralSettings()
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
        """Return the form's values for the model, and problems that the model would not find."""
        values: dict[str, object] = dict(stored)  # for settings without a field in the form
        values |= {field.field_name: field.value for field in self.query(Field)}
        typed = self.field("secret_key").value
        clears = not any(self.field(name).value.strip() for name in ("authentication_url", "client_id"))
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
        """Return the masked names and problems. A new name with a space is refused.

        It is probably two names without a comma between them, and would then mask neither.
        """
        names = [name.strip() for name in self.field("masked_fields").value.split(",") if name.strip()]
        for name in names:
            if " " in name and name not in stored.masked_fields:
                words = f'"{name[:40]}" is taken for one name: write a comma between two.'
                return names, [InvalidSetting("masked_fields", words)]
        return names, []

    def _row(self, field: str) -> FormRow:
        name, *rest = field.split(".")
        return self.query(HeaderRow)[int(rest[0])] if name == "custom_headers" and rest else self.field(name)

    async def unusable_files(
        self, settings: GeneralSettings, stored: GeneralSettings | None = None
    ) -> dict[FormRow, InvalidSetting]:
        """Return the problem of a file that cannot be used, by row. Checks only if a file name differs from `stored`.

        The dispatcher reports files that become unusable later.
        """
        before = stored or self.stored or GeneralSettings()
        if all(getattr(settings, name) == getattr(before, name) for name in FILES):
            return {}
        try:
            await asyncio.to_thread(check_files, settings)
        except UnusableFile as error:
            return {self.field(error.field): error}
        return {}

    async def problem_of(self, both: GeneralSettings, theirs: GeneralSettings) -> InvalidSetting | None:
        """Return the problem with combining two people's changes, each valid alone; None if there is none."""
        try:
            GeneralSettings.model_validate(dict(both))
        except ValidationError as error:
            return invalid_settings(error)[0]
        for url in self.query(UrlField):
            address, before = getattr(both, url.field_name), getattr(theirs, url.field_name)
            is_new = (address, both.allowed_networks) != (before, theirs.allowed_networks)
            if address and is_new and (refusal := url_refusal(address, both.allowed_networks)):
                return InvalidSetting(url.field_name, refusal)
        return next(iter((await self.unusable_files(both, theirs)).values()), None)


def _text(name: str, label: str, hint: str, *, placeholder: str = "") -> Field:
    typed = TextField(id=name, password=name == "secret_key", placeholder=placeholder)
    return Field(name, label, typed, hint=hint)


def _as_typed(settings: GeneralSettings) -> dict[str, str]:
    """Return the form's values for stored settings. The Secret Key is left empty, because it is never shown again."""
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
