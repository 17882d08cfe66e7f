"""What goes out with a delivery, as far as it is known afterwards: secrets, signatures and values are not kept."""

from core.models import Delivery, GeneralSettings

Header = tuple[str, str | None]
"""Name and value; None for a value that is not kept."""


def sent_headers(delivery: Delivery, settings: GeneralSettings, number: int) -> list[Header]:
    """The headers of attempt `number` that say something, with the custom ones that the settings name now."""
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
