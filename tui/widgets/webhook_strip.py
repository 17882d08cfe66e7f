"""The description of the webhook under the cursor."""

from collections.abc import Callable

from textual.content import Content

from core.catalog import shown_type
from core.clock import clock_time
from core.store.config import WebhookSummary
from core.text import one_line
from tui.actions import Action, action
from tui.words import health_mark


def webhook_lines(summary: WebhookSummary, width: int, refusal: Callable[[Action], str]) -> Content:
    """Return four rows of this width: type and options, URL, health, and the keys of its actions."""
    webhook = summary.webhook
    kind = shown_type(webhook.type)
    title = Content.assemble((kind.label, "bold"), ("  deprecated" if kind.deprecated else "", "$warning"))
    room = width - title.cell_length - len(webhook.id) - 2
    options = one_line(webhook.option_words)
    if options and room > 8:
        title = Content.assemble(title, "   ", _cut(options, room - 3))
    symbol, _, colour = health_mark(summary)
    return Content.assemble(
        title,
        " " * max(1, width - title.cell_length - len(webhook.id)),
        (webhook.id, "$muted"),
        "\n",
        _cut(one_line(webhook.url), width),
        "\n",
        (symbol, colour),
        " ",
        _health(summary, width - 2),
        "\n",
        _keys(summary, refusal),
    )


def _cut(words: str, width: int) -> Content:
    return Content(words).truncate(width, ellipsis=True)


def _health(summary: WebhookSummary, width: int) -> Content:
    """Return the health in one row. If there is too little room, the reason is cut, not the number that waits."""
    waiting = ""
    if summary.held:
        waiting = f" {summary.held:,} held until you enable it."
    elif summary.undelivered:
        waiting = f" {summary.undelivered:,} undelivered."
    return Content.assemble(_cut(f"{_state(summary)}.", width - len(waiting)), waiting)


def _state(summary: WebhookSummary) -> str:
    webhook = summary.webhook
    words = health_mark(summary)[1]
    if summary.pace is not None:
        words = one_line(summary.pace.words)
    elif webhook.disabled_because:
        words = f"disabled by Hookkeeper: {webhook.disabled_because}"
    elif webhook.enabled and webhook.failing_since:
        words += f", failing since {clock_time(webhook.failing_since)}"
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
