"""Describes the differences between two versions of a webhook or of the settings, using the labels of the fields."""

import re
from collections.abc import Mapping
from enum import Enum

from core.header import holds_secret
from core.models import GeneralSettings, WebhookOptions
from core.text import DOTS, is_masked

_WEBHOOK = {
    "url": "URL",
    "accepted_answer": "Accepted answer",
    "retry_schedule": "Retry schedule",
    "concurrency": "Concurrency",
    "deadline": "Deadline",
    "rate": "Rate limit",
    "in_order": "In order per session",
    "status_filter": "Status filter",
}
_SETTINGS = {
    "authentication_url": "Authentication URL",
    "client_id": "Client ID",
    "client_authentication": "Client Authentication",
    "scopes": "Scopes",
    "allowed_networks": "Allowed private networks",
    "accepted_answer": "Accepted answer",
    "retry_schedule": "Retry schedule",
    "deadline": "Deadline",
    "body_limit": "Largest body",
    "notice_url": "Notice URL",
    "ca_file": "Certificate authorities",
    "client_certificate": "Client certificate",
    "masked_fields": "Masked fields",
    "keep_delivered": "Keep delivered",
    "keep_failed": "Keep failed",
    "keep_evidence": "Keep evidence",
    "keep_unwanted": "Keep unwanted",
    "keep_keys": "Keep keys",
}
_PARAMETER = re.compile(r"([?&;])([^=&;]+)=[^&;]*")


def of_new(event_type: str, options: WebhookOptions) -> str:
    """Describe a new webhook: its type, its URL, and the options that differ from their defaults."""
    others = _fields(WebhookOptions.model_construct(url=options.url), options, _WEBHOOK)
    return "; ".join([f"Type {event_type}", f"URL {without_secrets(options.url)}", *others])


def of_webhook(before: WebhookOptions, after: WebhookOptions) -> str:
    """Return text such as `URL https://a.example/ → https://b.example/; Deadline – → 20`, or "" if nothing differs."""
    return "; ".join(_fields(before, after, _WEBHOOK))


def of_settings(before: GeneralSettings, after: GeneralSettings) -> str:
    """Return the same for the settings. For the Secret Key and header values the text says only that they changed."""
    words = _fields(before, after, _SETTINGS)
    if before.secret_key != after.secret_key:
        words.append(f"Secret Key {_what(before.secret_key, after.secret_key)}")
    return "; ".join(words + _headers(before, after))


def _fields(before: object, after: object, labels: Mapping[str, str]) -> list[str]:
    pairs = ((label, getattr(before, name), getattr(after, name)) for name, label in labels.items())
    return [f"{label} {_shown(old)} → {_shown(new)}" for label, old, new in pairs if old != new]


def _headers(before: GeneralSettings, after: GeneralSettings) -> list[str]:
    old, new = (
        {entry.name.lower(): entry for entry in settings.custom_headers} for settings in (before, after)
    )
    return [
        f"header {(new.get(name) or old[name]).name} {_what(old.get(name), new.get(name))}"
        for name in (old | new)
        if old.get(name) != new.get(name)
    ]


def _what(before: object, after: object) -> str:
    return "added" if before is None else "removed" if after is None else "replaced"


def _shown(value: object) -> str:
    match value:
        case None | "" | ():
            return "–"
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:g}"
        case Enum():
            return str(value.value)
        case tuple():
            return " ".join(map(str, value))
    return without_secrets(str(value))


def without_secrets(url: str) -> str:
    """Return the URL, masking the values of parameters whose names suggest a secret. Other text is unchanged."""
    return _PARAMETER.sub(
        lambda found: (
            f"{found[1]}{found[2]}={DOTS}" if holds_secret(found[2]) or is_masked(found[2]) else found[0]
        ),
        url,
    )
