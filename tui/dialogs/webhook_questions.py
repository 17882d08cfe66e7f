"""The questions before a webhook is deleted, disabled or enabled, or gets another secret or unwanted events."""

from textual.content import Content

from core.catalog import shown_type
from core.models import Webhook
from core.store.config import WebhookSummary
from core.text import one_line
from tui.dialogs.choice import Choice, ChoiceDialog

_CANCEL = Choice("", "Cancel")


def delete_question(summary: WebhookSummary) -> ChoiceDialog:
    """Return the dialog, which answers "confirm"."""
    lines = _heading(summary.webhook)
    noun = "delivery" if summary.waiting == 1 else "deliveries"
    if summary.waiting:
        words = f" {summary.waiting:,} undelivered {noun} will be cancelled."
        lines.append(Content.assemble(("!", "$warning"), words))
    back = f": the {summary.waiting:,} come back as held." if summary.waiting else "."
    lines += [
        "  New events of this type will no longer go to this URL.",
        "  What was delivered stays in the Monitor.",
        f"  For 24 hours u on Webhooks undoes it{back}",
    ]
    return ChoiceDialog("Delete webhook", lines, [_CANCEL, Choice("confirm", "Confirm")])


def disable_question(summary: WebhookSummary) -> ChoiceDialog:
    """Return the dialog, which answers "disable"."""
    waiting = f" and the {summary.waiting:,} waiting" if summary.waiting else ""
    lines = [*_heading(summary.webhook), f"New events{waiting} are held until you enable it."]
    return ChoiceDialog("Disable webhook", lines, [_CANCEL, Choice("disable", "Disable")])


def enable_question(summary: WebhookSummary) -> ChoiceDialog:
    """Return the dialog, which answers "release" or "cancel": what to do with the held deliveries."""
    held = summary.held
    if not held:
        lines = [*_heading(summary.webhook), "New events are delivered again."]
        return ChoiceDialog("Enable webhook", lines, [_CANCEL, Choice("release", "Enable")])
    lines = [
        *_heading(summary.webhook),
        f"New events are delivered again. {held:,} {'is' if held == 1 else 'are'} held:",
        "released, they go behind new events; cancelled, they are not sent.",
    ]
    choices = [
        Choice("release", f"Release the {held:,}"),
        Choice("cancel", f"Cancel the {held:,}"),
        Choice("", "Back"),
    ]
    return ChoiceDialog("Enable webhook", lines, choices, focus=len(choices) - 1)


def rotate_question(webhook: Webhook) -> ChoiceDialog:
    """Return the dialog, which answers "rotate", or "now" if the older secrets are to end at once."""
    lines = [
        *_heading(webhook),
        "Requests are signed with a new secret. For 24 hours they carry the",
        "signature of the present one as well, until the receiver has changed.",
        "",
        "If a secret has become known, end the older ones at once: the",
        "receiver then refuses requests until it has the new one.",
    ]
    choices = [_CANCEL, Choice("rotate", "Rotate"), Choice("now", "Rotate, end the older ones")]
    return ChoiceDialog("Rotate the signing secret", lines, choices)


def unwanted_question(webhook: Webhook, number: int) -> ChoiceDialog:
    """Return the dialog, which answers "confirm"."""
    lines = [*_heading(webhook), unwanted_words(number), "They go to this webhook, behind new events."]
    return ChoiceDialog("Deliver unwanted events", lines, [_CANCEL, Choice("confirm", "Confirm")])


def unwanted_words(number: int) -> str:
    """Return the sentence on how many events of a webhook's type had no subscriber."""
    return f"{number:,} {'event' if number == 1 else 'events'} of this type went to nobody so far."


def _heading(webhook: Webhook) -> list[str | Content]:
    label = Content.assemble((shown_type(webhook.type).label, "bold"), "   ", (webhook.id, "$muted"))
    return [label, one_line(webhook.url), ""]
