"""The dialog for edit conflicts: shows the fields that differ and asks whose version to keep."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Literal, TypeVar

from pydantic import SecretStr
from textual.app import App
from textual.content import Content

from core import header, schedule
from core.clock import clock_time
from core.ids import tail
from core.models import GeneralSettings, WebhookOptions
from core.store import Conflict
from core.text import one_line
from tui.dialogs.choice import Choice, ChoiceDialog
from tui.widgets.field import AS_IN_SETTINGS

Words = Mapping[str, str]
"""The values of a form in words, by field label."""
Form = TypeVar("Form", GeneralSettings, WebhookOptions)
_EMPTY = "empty"
_ABSENT = "not there"
_REPLACED = "replaced"


async def ask_whose(
    app: App[object], what: str, conflict: Conflict, theirs: Words, yours: Words
) -> Literal["", "theirs", "mine"]:
    """Show the differences and ask whose version to keep; "" for Cancel. Without differences, return "mine" at once."""
    lines: list[str | Content] = []
    for label in {**theirs, **yours}:
        one, other = theirs.get(label, _ABSENT), yours.get(label, _ABSENT)
        if one == other == _REPLACED:
            lines.append(Content.assemble((one_line(label), "bold"), ": both were replaced"))
        elif one != other:
            name = Content.assemble((one_line(label), "bold"))
            lines += [name, f"  theirs  {one}", f"  yours   {other}"]
    if not lines:
        return "mine"
    lines = [f"{conflict.by} changed {what}{_when(conflict)}.", "", *lines]
    choices = [Choice("", "Cancel"), Choice("theirs", "Take theirs"), Choice("mine", "Keep mine")]
    answer = await app.push_screen_wait(ChoiceDialog("Somebody else changed it", lines, choices))
    return "theirs" if answer == "theirs" else "mine" if answer == "mine" else ""


def rebased(mine: Form, before: Form, theirs: Form) -> Form:
    """Apply my changes (from `before` to `mine`) to `theirs`. A field that I did not change stays theirs."""
    fields = {name for name in type(mine).model_fields if not name.startswith(("version", "updated_"))}
    changed = {name for name in fields if getattr(mine, name) != getattr(before, name)}
    return theirs.model_copy(update={name: getattr(mine, name) for name in changed})


def deleted_words(conflict: Conflict, identity: str) -> str:
    """Return who deleted the webhook, and when: `wh_…6n2c was deleted by ana at 14:02`."""
    return f"{tail(identity)} was deleted by {conflict.by}{_when(conflict)}"


def _when(conflict: Conflict) -> str:
    if conflict.at is None:
        return ""
    is_today = conflict.at.astimezone().date() == datetime.now(UTC).astimezone().date()
    return f" at {conflict.at.astimezone():%H:%M}" if is_today else f" on {clock_time(conflict.at)}"


def webhook_words(options: WebhookOptions) -> Words:
    """Return the fields of a webhook's form in words."""
    accepted, waits, deadline = options.accepted_answer, options.retry_schedule, options.deadline
    return {
        "URL": options.url,
        "Order": "in order per session" if options.in_order else "as they come",
        "Statuses": ", ".join(options.status_filter) or "all",
        "Schedule": schedule.describe(waits) if waits else AS_IN_SETTINGS,
        "Success": accepted.label if accepted else AS_IN_SETTINGS,
        "Concurrency": str(options.concurrency),
        "Rate": f"{options.rate:g} a second" if options.rate else "no limit",
        "Deadline": f"{deadline:g} s" if deadline else AS_IN_SETTINGS,
    }


def settings_words(settings: GeneralSettings, before: GeneralSettings, other: GeneralSettings) -> Words:
    """Return the fields of the settings form in words.

    For a secret they only say whether it differs from the one in `before` and from the one in `other`.
    """
    words = {
        "Authentication URL": settings.authentication_url or _EMPTY,
        "Client ID": settings.client_id or _EMPTY,
        "Secret Key": _secret_words(settings.secret_key, before.secret_key, other.secret_key),
        "Client Authentication": settings.client_authentication.label,
        "Scopes": settings.scopes or _EMPTY,
        "Accepted answer": settings.accepted_answer.label,
        "Retry schedule": schedule.describe(settings.retry_schedule),
        "Deadline for one attempt": f"{settings.deadline:g} s",
        "Allowed private networks": " ".join(settings.allowed_networks) or _EMPTY,
        "Largest body": f"{settings.body_limit:,} bytes",
        "Notices go to": settings.notice_url or _EMPTY,
        "CA file": settings.ca_file or _EMPTY,
        "Client certificate": settings.client_certificate or _EMPTY,
        "Masked fields": ", ".join(settings.masked_fields) or _EMPTY,
        "Keep delivered": f"{settings.keep_delivered} days",
        "Keep failed": f"{settings.keep_failed} days",
        "Keep evidence": f"{settings.keep_evidence} days",
        "Keep unwanted": f"{settings.keep_unwanted} days",
        "Keep keys": f"{settings.keep_keys} days",
    }
    earlier, others = _header_values(before), _header_values(other)
    for entry in settings.custom_headers:
        value = entry.value.get_secret_value() or _EMPTY
        if header.holds_secret(entry.name):
            name = entry.name.lower()
            value = _secret_words(entry.value, earlier.get(name), others.get(name))
        words[f"Custom header {entry.name}"] = value
    return words


def _header_values(settings: GeneralSettings) -> dict[str, SecretStr]:
    return {entry.name.lower(): entry.value for entry in settings.custom_headers}


def _secret_words(now: SecretStr | None, before: SecretStr | None, other: SecretStr | None) -> str:
    if now is None:
        return _EMPTY
    if now == before:
        return "as it was"
    return "the same" if now == other else _REPLACED
