"""Checks the options of a webhook against its event type."""

from core.catalog.definition import EventType
from core.models import InvalidSetting, WebhookOptions


def check_options(kind: EventType, options: WebhookOptions) -> None:
    """Check the options. Raises InvalidSetting for an option that needs a field which this type's bodies lack."""
    if options.in_order and kind.key_field is None:
        raise InvalidSetting("in_order", f"A {kind.name} body names no session whose order could be kept.")
    if options.status_filter and kind.status_field is None:
        raise InvalidSetting("status_filter", f"A {kind.name} body has no status to filter by.")


def doubtful_statuses(kind: EventType, options: WebhookOptions) -> list[str]:
    """Return a sentence for each status of the filter that Incode does not publish, with the nearest known status."""
    import difflib  # imported late: only typing errors need it, and it would slow down every command

    sentences = []
    for status in options.status_filter:
        if status in kind.statuses:
            continue
        nearest = difflib.get_close_matches(status.upper(), kind.statuses, n=1)
        guess = f" Did you mean {nearest[0]}?" if nearest else ""
        sentences.append(f"{status} is not among the statuses that Incode publishes for {kind.name}.{guess}")
    return sentences
