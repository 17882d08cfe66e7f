"""`stats`: the figures above the Monitor's list, and the backlog and pace of each webhook."""

from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from core.cli.database import database_of, in_store
from core.cli.example import example
from core.cli.output import AsJson, print_fields, print_json, print_table

if TYPE_CHECKING:
    from core.store import Store
    from core.store.config import WebhookSummary
    from core.store.stats import Stats


def add_to(app: typer.Typer) -> None:
    app.command(epilog=example("stats", "stats --json"))(stats)


def stats(context: typer.Context, as_json: AsJson = False) -> None:
    """Print the backlog, and the attempts of the last 15 minutes."""
    from pydantic_core import to_jsonable_python

    from core.store import config, nodes
    from core.store.stats import load_stats

    async def work(store: "Store") -> "tuple[Stats, list[WebhookSummary]]":
        return await load_stats(store), await config.list_webhooks(store)

    figures, webhooks = in_store(context, work)
    status = nodes.standing_at(database_of(context))
    if as_json:
        rest = {"delivering": asdict(status), "webhooks": [_webhook(each) for each in webhooks]}
        print_json(to_jsonable_python(asdict(figures) | rest))
        return
    _print(figures, status.words)
    if webhooks:
        print()
        rows = [_webhook(each) for each in webhooks]
        print_table(
            ("ID", "Type", "Undelivered", "Held", "Attempts a second", "Pace"),
            ((*list(row.values())[:4], row["rate"] or "no limit", row["pace"]) for row in rows),
        )


def _webhook(summary: "WebhookSummary") -> dict[str, object]:
    return {
        "id": summary.webhook.id,
        "type": summary.webhook.type,
        "undelivered": summary.undelivered,
        "held": summary.held,
        "rate": summary.webhook.rate,
        "pace": summary.pace.words if summary.pace else None,
    }


def _print(stats: "Stats", delivering: str) -> None:
    token = None
    if stats.token_waits_until is not None:
        token = f"next try {stats.token_waits_until.astimezone():%H:%M:%S}: {stats.token_reason}"
    print_fields(
        [
            ("Dispatcher", delivering),
            ("Delivered", f"{stats.delivered_per_minute:,} a minute"),
            ("Failed", f"{stats.failed_per_minute:,} a minute"),
            ("Success", f"{stats.success:.1%}".replace("%", " %") if stats.success is not None else None),
            ("p50", _seconds(stats.p50_ms)),
            ("p95", _seconds(stats.p95_ms)),
            ("Undelivered", f"{stats.undelivered:,}"),
            ("Attention", f"{stats.attention:,}"),
            ("Waiting", f"{stats.waiting:,}"),
            ("Being sent", f"{stats.sending:,}"),
            ("Held", f"{stats.held:,}"),
            ("Oldest waiting", stats.oldest),
            ("Token endpoint", token),
            ("Open breakers", stats.open_breakers),
            ("Delivered by minute", _strip(stats.delivered_by_minute)),
            ("Failed by minute", _strip(stats.failed_by_minute)),
        ]
    )


def _strip(by_minute: tuple[int, ...]) -> str:
    return " ".join(map(str, by_minute))


def _seconds(milliseconds: int | None) -> str | None:
    return None if milliseconds is None else f"{milliseconds / 1000:g} s"
