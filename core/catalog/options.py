"""What an event type allows of the options of its webhooks."""

from core.catalog.definition import EventType
from core.models import InvalidSetting, WebhookOptions


def check_options(kind: EventType, options: WebhookOptions) -> None:
    """Raises InvalidSetting for an option that needs a field which bodies of this type do not have."""
    if options.in_order and kind.key_field is None:
        raise InvalidSetting("in_order", f"A {kind.name} body names no session whose order could be kept.")
    if options.status_filter and kind.status_field is None:
        raise InvalidSetting("status_filter", f"A {kind.name} body has no status to filter by.")


def doubtful_statuses(kind: EventType, options: WebhookOptions) -> list[str]:
    """A sentence for each status of the filter that is not known to occur, with the nearest that is."""
    import difflib  # needed for slips alone, and every start of the command line would pay for it

    sentences = []
    for status in options.status_filter:
        if status in kind.statuses:
            continue
        nearest = difflib.get_close_matches(status.upper(), kind.statuses, n=1)
        guess = f" Did you mean {nearest[0]}?" if nearest else ""
        sentences.append(f"{status} is not among the statuses that Incode publishes for {kind.name}.{guess}")
    return sentences
