"""The data models of Hookkeeper. They also validate the input of the TUI's forms and of the command line."""

from datetime import datetime
from enum import StrEnum
from ipaddress import ip_network
from typing import Annotated, Self

from msgspec import Struct
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_serializer,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails

from core import header, schedule
from core.clock import clock_time
from core.errors import HookkeeperError
from core.networks import check_allowed
from core.url import check_url

DEFAULT_DEADLINE = 15.0
DEFAULT_CONCURRENCY = 10
DEFAULT_BODY_LIMIT = 256 * 1024


class ClientAuthentication(StrEnum):
    """How the client authenticates at the token endpoint (RFC 6749, section 2.3.1)."""

    BASIC = "basic"
    BODY = "body"

    @property
    def label(self) -> str:
        return "Send as Basic Auth Header" if self is self.BASIC else "Send client credentials in body"


class AcceptedAnswer(StrEnum):
    """Which answers count as delivered."""

    ANY_2XX = "any-2xx"
    INCODE = "incode"

    @property
    def label(self) -> str:
        return "any 2xx" if self is self.ANY_2XX else "Incode: 204, or 200 with JSON"


class DeliveryState(StrEnum):
    """The states of a delivery as they are stored."""

    PENDING = "pending"
    SENDING = "sending"
    DELIVERED = "delivered"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Outcome(StrEnum):
    """How an attempt ended."""

    OK = "ok"
    HTTP_STATUS = "http_status"
    ANSWER_NOT_ACCEPTED = "answer_not_accepted"
    TIMEOUT = "timeout"
    CONNECTION = "connection"
    DNS = "dns"
    TLS = "tls"
    REDIRECT = "redirect"
    ADDRESS_BLOCKED = "address_blocked"
    ANSWER_TOO_LARGE = "answer_too_large"
    TOKEN_ERROR = "token_error"
    INTERRUPTED = "interrupted"
    SHUTDOWN = "shutdown"
    LOCAL_LIMIT = "local_limit"

    @property
    def concerns_endpoint(self) -> bool:
        """Whether the outcome is due to the endpoint. Other outcomes do not count against it."""
        return self not in _NOT_THE_ENDPOINT


_NOT_THE_ENDPOINT = (Outcome.TOKEN_ERROR, Outcome.INTERRUPTED, Outcome.SHUTDOWN, Outcome.LOCAL_LIMIT)


class NoticeKind(StrEnum):
    """What a notice is about."""

    FAILING = "failing"
    DISABLED = "disabled"
    AUTHORIZATION = "authorization"
    CERTIFICATE = "certificate"
    UNDELIVERED = "undelivered"
    JOB = "job"


class InvalidSetting(HookkeeperError):
    """A value that cannot be stored, and the name of its field (`url`, `custom_headers.1.name`)."""

    def __init__(self, field: str, reason: str) -> None:
        self.field = field
        super().__init__(reason)


class _FieldError(ValueError):
    """An error in the combination of several fields, and the field to correct."""

    def __init__(self, field: str, reason: str) -> None:
        self.field = field
        super().__init__(reason)


def invalid_settings(error: ValidationError) -> list[InvalidSetting]:
    """Return the wrong fields of a form with the messages to show next to them, in the form's order."""
    return [_invalid_setting(detail) for detail in error.errors(include_url=False, include_input=False)]


def _invalid_setting(detail: ErrorDetails) -> InvalidSetting:
    field = ".".join(str(part) for part in detail["loc"])
    context = detail.get("ctx", {})
    match detail["type"], context.get("error"):
        case _, _FieldError() as error:
            return InvalidSetting(error.field, str(error))
        case "value_error", error:
            return InvalidSetting(field, str(error))
        case (("greater_than_equal" | "less_than_equal"), _):
            bound = f"at least {context['ge']:g}" if "ge" in context else f"at most {context['le']:g}"
            return InvalidSetting(field, f"Enter {bound}.")
        case (
            (
                "float_parsing"
                | "float_type"
                | "int_parsing"
                | "int_type"
                | "int_from_float"
                | "finite_number"
            ),
            _,
        ):
            return InvalidSetting(field, "Enter a number.")
        case "string_too_long", _:
            return InvalidSetting(field, f"At most {context['max_length']:,} characters.")
        case (("enum" | "literal_error"), _):
            return InvalidSetting(field, f"Choose one of: {context['expected']}.")
        case "missing", _:
            return InvalidSetting(field, "Enter a value.")
    return InvalidSetting(field, f"{detail['msg']}.")


def _check_network(text: str) -> str:
    try:
        network = ip_network(text.strip())
    except ValueError:
        raise ValueError(f'"{text.strip()[:50]}" is not a network such as 10.20.0.0/16.') from None
    check_allowed(network)
    return str(network)


def _check_scopes(text: str) -> str:
    """Scope tokens are printable ASCII without quote and backslash (RFC 6749, section 3.3)."""
    for scope in text.split():
        if not all(
            character == "!" or "#" <= character <= "[" or "]" <= character <= "~" for character in scope
        ):
            raise ValueError(f'"{scope[:40]}" is not a scope: printable ASCII without " and \\ only.')
    return " ".join(text.split())


def _check_schedule(text: str) -> str:
    try:
        schedule.parse(text)
    except schedule.InvalidSchedule as error:
        raise ValueError(str(error)) from None
    return " ".join(text.lower().split())


def _check_path(text: str) -> str:
    if not text.startswith("/") or not text.isprintable():
        raise ValueError("Enter the whole path of the file, from / on.")
    return text


def _blank_is_none(value: object) -> object:
    if isinstance(value, SecretStr):
        return value if value.get_secret_value() else None
    return None if isinstance(value, str) and not value.strip() else value


def _check_plain(text: str) -> str:
    if not text.isprintable():
        raise ValueError("Leave out line breaks and control characters.")
    return text


def _check_masked_field(text: str) -> str:
    if "*" in text[:-1]:
        raise ValueError("Write a * only at the end of a name, such as rfc*.")
    return text


Url = Annotated[str, AfterValidator(check_url)]
Schedule = Annotated[str, Field(max_length=400), AfterValidator(_check_schedule)]
Deadline = Annotated[float, Field(ge=1, le=300, allow_inf_nan=False)]
Concurrency = Annotated[int, Field(ge=1, le=256)]
Network = Annotated[str, AfterValidator(_check_network)]
Rate = Annotated[float, Field(ge=0.01, le=10_000, allow_inf_nan=False)]
Days = Annotated[int, Field(ge=1, le=3650)]
PemFile = Annotated[str, Field(max_length=4096), AfterValidator(_check_path)]
FieldName = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(_check_plain)]
MaskedField = Annotated[FieldName, AfterValidator(_check_masked_field)]


class _Model(BaseModel):
    # Validators are built on first use, because a start needs few of them.
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True, extra="forbid", defer_build=True)


class CustomHeader(_Model):
    """A header that is sent with every webhook. The value is sent unchanged, without templating."""

    name: Annotated[str, AfterValidator(header.check_name)]
    value: SecretStr

    @field_validator("value")
    @classmethod
    def _value(cls, value: SecretStr) -> SecretStr:
        header.check_value(value.get_secret_value())
        return value

    @field_serializer("value")
    def _shown(self, value: SecretStr) -> str:
        return header.MASKED if header.holds_secret(self.name) else value.get_secret_value()


class GeneralSettings(_Model):
    """The settings of all webhooks: authorization (OIDC client credentials), custom headers, delivery.

    `ca_file` has certificate authorities to trust besides the machine's; `client_certificate` has a certificate and
    its key. Both are PEM files. `masked_fields` are shown as dots, in addition to those that always are. `keep_...` are
    days.
    """

    authentication_url: Annotated[Url | None, BeforeValidator(_blank_is_none)] = None
    client_id: Annotated[
        Annotated[str, Field(max_length=2048), AfterValidator(_check_plain)] | None,
        BeforeValidator(_blank_is_none),
    ] = None
    secret_key: Annotated[SecretStr | None, BeforeValidator(_blank_is_none)] = Field(
        default=None, exclude=True
    )
    client_authentication: ClientAuthentication = ClientAuthentication.BASIC
    scopes: Annotated[str, Field(max_length=2048), AfterValidator(_check_scopes)] = ""
    custom_headers: tuple[CustomHeader, ...] = ()
    allowed_networks: tuple[Network, ...] = ()
    accepted_answer: AcceptedAnswer = AcceptedAnswer.ANY_2XX
    retry_schedule: Schedule = schedule.STANDARD
    deadline: Deadline = DEFAULT_DEADLINE
    body_limit: Annotated[int, Field(ge=1024, le=16 * 1024 * 1024)] = DEFAULT_BODY_LIMIT
    notice_url: Annotated[Url | None, BeforeValidator(_blank_is_none)] = None
    ca_file: Annotated[PemFile | None, BeforeValidator(_blank_is_none)] = None
    client_certificate: Annotated[PemFile | None, BeforeValidator(_blank_is_none)] = None
    masked_fields: tuple[MaskedField, ...] = ()
    keep_delivered: Days = 30
    keep_failed: Days = 90
    keep_evidence: Days = 14
    keep_unwanted: Days = 30
    keep_keys: Days = 7

    version: int = 0
    updated_at: datetime | None = None
    updated_by: str | None = None

    @property
    def uses_oidc(self) -> bool:
        """Whether deliveries carry a bearer token."""
        return self.authentication_url is not None

    @model_validator(mode="after")
    def _authorization_is_whole(self) -> Self:
        parts = {
            "Authentication URL": self.authentication_url,
            "Client ID": self.client_id,
            "Secret Key": self.secret_key,
        }
        missing = [name for name, value in parts.items() if value is None]
        if 0 < len(missing) < len(parts):
            verb = "is" if len(missing) == 1 else "are"
            raise _FieldError(
                missing[0].lower().replace(" ", "_"),
                "Authentication URL, Client ID and Secret Key belong together: "
                f"{' and '.join(missing)} {verb} missing.",
            )
        return self

    @model_validator(mode="after")
    def _headers_fit_together(self) -> Self:
        try:
            header.check_all(
                [(entry.name, entry.value.get_secret_value()) for entry in self.custom_headers],
                with_authorization=self.uses_oidc,
            )
        except header.WrongHeader as error:
            raise _FieldError(f"custom_headers.{error.position}.name", str(error)) from None
        return self


class WebhookOptions(_Model):
    """The settings of a webhook that a person can edit. None means the value of the general settings.

    `rate` is the maximum of attempts a second, None without a limit. `status_filter` has the wanted statuses; all are
    wanted if it is empty. `in_order` sends the events of a session one after the other.
    """

    url: Url
    accepted_answer: AcceptedAnswer | None = None
    retry_schedule: Schedule | None = None
    concurrency: Concurrency = DEFAULT_CONCURRENCY
    deadline: Deadline | None = None
    rate: Annotated[Rate | None, BeforeValidator(_blank_is_none)] = None
    in_order: bool = False
    status_filter: tuple[FieldName, ...] = ()

    @property
    def option_words(self) -> str:
        """The options for order, rate and statuses in words: `in order, 5/s, EXPIRED`; "" if none is set."""
        order = ["in order"] if self.in_order else []
        rate = [f"{self.rate:g}/s"] if self.rate is not None else []
        return ", ".join((*order, *rate, *self.status_filter))


class Webhook(WebhookOptions):
    """A webhook configuration: every event of its type goes to its URL.

    `disabled_reason` says why Hookkeeper itself disabled it: `gone` (the endpoint answered 410) or `failing`.
    `failing_since` is the time of the first failure since its last success.
    """

    id: str
    type: str
    enabled: bool
    version: int
    created_at: datetime
    created_by: str
    updated_at: datetime
    updated_by: str
    disabled_reason: str | None = None
    failing_since: datetime | None = None

    @property
    def disabled_because(self) -> str | None:
        """Why Hookkeeper itself disabled it, in words."""
        if self.disabled_reason == "gone":
            return "answered 410 Gone"
        if self.disabled_reason == "failing":
            return f"failing since {clock_time(self.failing_since)}" if self.failing_since else "failing"
        return None

    @property
    def options(self) -> WebhookOptions:
        """The part of the webhook that a person can edit."""
        return WebhookOptions.model_construct(
            **{name: getattr(self, name) for name in WebhookOptions.model_fields}
        )


class Skipped(_Model):
    """A webhook that matches an event's type but got no delivery of it, and why."""

    webhook_id: str
    reason: str


class Event(_Model):
    """An event of a type. `body` is the JSON object, byte for byte as it was accepted.

    `unwanted` says why no webhook got it; `skipped` has the webhooks that did not get it.
    """

    id: str
    type: str
    body: bytes
    key: str | None
    session: str | None
    external_id: str | None
    is_test: bool
    unwanted: str | None
    skipped: tuple[Skipped, ...]
    created_at: datetime


class Delivery(_Model):
    """One event on its way to one webhook.

    `attempts` counts all attempts. `tries` counts those of the current run of the schedule, which has `most_tries`.
    `held` is a pending delivery whose webhook is disabled. `outcome`, `status_code` and `reason` are those of
    the last attempt, and `took_ms` is its total duration. `waits_for` says what a pending delivery waits for: `now`,
    `time`, `token`, `enabling`, `order` (earlier deliveries of its session, of which `head_id` is the first), `rate`,
    `breaker` or `pause` (the last two depend on its endpoint).
    """

    id: str
    event_id: str
    webhook_id: str
    type: str
    url: str
    state: DeliveryState
    held: bool
    is_test: bool
    attempts: int
    tries: int
    most_tries: int
    outcome: Outcome | None
    status_code: int | None
    reason: str | None
    took_ms: int | None
    next_attempt_at: datetime | None
    waits_for: str | None
    head_id: str | None
    cancel_reason: str | None
    session: str | None
    external_id: str | None
    created_at: datetime
    changed_at: datetime


class Attempt(_Model):
    """One attempt of a delivery. Durations are in milliseconds, None if that part was not reached."""

    id: str
    delivery_id: str
    number: int
    started_at: datetime
    outcome: Outcome
    status_code: int | None
    reason: str
    url: str
    token_ms: int | None
    connect_ms: int | None
    first_byte_ms: int | None
    total_ms: int
    response_headers: tuple[tuple[str, str], ...]
    response_body: bytes
    response_body_cut: bool


class Notice(_Model):
    """A message for a person. `webhook` is the ID of the webhook that it is about."""

    id: str
    kind: NoticeKind
    webhook: str | None
    message: str
    at: datetime
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None


class AttemptResult(Struct, frozen=True):
    """The result of an attempt, to be stored. Durations are in milliseconds, `retry_after` in seconds.

    `certificate_ends_at` (ms since 1970) is set if the attempt made a new TLS connection.
    """

    outcome: Outcome
    reason: str
    url: str
    started_at: int
    total_ms: int
    status_code: int | None = None
    token_ms: int | None = None
    connect_ms: int | None = None
    first_byte_ms: int | None = None
    response_headers: tuple[tuple[str, str], ...] = ()
    response_body: bytes = b""
    response_body_cut: bool = False
    retry_after: float | None = None
    certificate_ends_at: int | None = None
