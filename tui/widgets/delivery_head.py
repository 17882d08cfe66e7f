"""The head of a delivery's detail: which delivery it is, and why it is in its state."""

from textual.content import Content

from core.catalog import shown_type
from core.clock import full_time
from core.models import Delivery
from core.text import one_line
from tui.theme import MUTED, WARN
from tui.words import state_mark, why


def delivery_head(delivery: Delivery, width: int) -> Content:
    """Return state, type, ID and URL, one sentence with what to do, and creation time, session and external ID."""
    symbol, word, colour = state_mark(delivery)
    sentence, advice = why(delivery)
    label = Content.assemble(
        (f"{symbol} {word}", colour),
        ("  test event" if delivery.is_test else "", WARN),
        "  ",
        (one_line(shown_type(delivery.type).label), "bold"),
    )
    gap = width - label.cell_length - len(delivery.id)
    return Content.assemble(
        label,
        " " * gap if gap > 1 else "\n",
        (delivery.id, MUTED),
        f"\nPOST {one_line(delivery.url)}\n",
        (sentence, "bold"),
        f" {one_line(advice)}".rstrip(),
        "\n",
        (_facts(delivery), MUTED),
    )


def _facts(delivery: Delivery) -> str:
    facts = [f"created {full_time(delivery.created_at)}"]
    if delivery.session:
        facts.append(f"session {one_line(delivery.session)}")
    if delivery.external_id:
        facts.append(f"external {one_line(delivery.external_id)}")
    return ", ".join(facts)
