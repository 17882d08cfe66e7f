"""Reconstructs the headers of a delivery. Secrets, signatures and the values of custom headers are not kept."""

from core.models import Delivery, GeneralSettings

Header = tuple[str, str | None]
"""Name and value; None for a value that is not kept."""


def sent_headers(delivery: Delivery, settings: GeneralSettings, number: int) -> list[Header]:
    """Return the headers of attempt `number` that are worth showing, with the custom headers of the settings now."""
    headers: list[Header] = [("content-type", "application/json")]
    if settings.uses_oidc:
        headers.append(("authorization", None))
    headers += [
        ("webhook-id", delivery.id),
        ("webhook-timestamp", None),
        ("webhook-signature", None),
        ("hookkeeper-event", delivery.type),
        ("hookkeeper-attempt", str(number)),
    ]
    if delivery.is_test:
        headers.append(("hookkeeper-test", "1"))
    return headers + [(entry.name, None) for entry in settings.custom_headers]
