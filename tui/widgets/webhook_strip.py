"""What there is to say about the webhook under the cursor."""

from collections.abc import Callable

from textual.content import Content

from core.catalog import shown_type
from core.clock import clock_time
from core.store.config import WebhookSummary
from core.text import one_line
from tui.actions import Action, action
from tui.words import health_mark


def webhook_lines(summary: WebhookSummary, width: int, refusal: Callable[[Action], str]) -> Content:
    """Type and options, URL, health in a sentence, and the keys that act on it: four rows of this width."""
    webhook = summary.webhook
    kind = shown_type(webhook.type)
    title = Content.assemble((kind.label, "bold"), ("  deprecated" if kind.deprecated else "", "$warning"))
    room = width - title.cell_length - len(webhook.id) - 2
    options = one_line(webhook.option_words)
    if options and room > 8:
        shortened = options if len(options) <= room - 3 else f"{options[: room - 4]}…"
        title = Content.assemble(title, f"   {shortened}")
    symbol, _, colour = health_mark(summary)
    return Content.assemble(
        title,
        " " * max(1, width - title.cell_length - len(webhook.id)),
        (webhook.id, "$muted"),
        f"\n{one_line(webhook.url)[:width]}\n",
        (symbol, colour),
        f" {_health(summary)}.\n",
        _keys(summary, refusal),
    )


def _health(summary: WebhookSummary) -> str:
    webhook = summary.webhook
    words = health_mark(summary)[1]
    if summary.pace is not None:
        words = one_line(summary.pace.words)
    elif webhook.disabled_because:
        words = f"disabled by Hookkeeper: {webhook.disabled_because}"
    elif webhook.enabled and webhook.failing_since:
        words += f", failing since {clock_time(webhook.failing_since)}"
    if summary.held:
        return f"{words}. {summary.held:,} held until you enable it"
    if summary.undelivered:
        return f"{words}. {summary.undelivered:,} undelivered"
    return words


def _keys(summary: WebhookSummary, refusal: Callable[[Action], str]) -> Content:
    toggle = "Disable" if summary.webhook.enabled else "Enable"
    line = Content.assemble(("Actions", "$muted"))
    for name, words in (
        ("edit", "Edit"),
        ("delete", "Delete"),
        ("test", "Test"),
        ("switch", toggle),
        ("menu", "All"),
    ):
        shown = action(f"webhooks.{name}")
        muted = bool(refusal(shown))
        key = (shown.key, "$muted" if muted else "bold $primary")
        line = Content.assemble(line, "   ", key, (f" {words}", "$muted" if muted else ""))
    return line
