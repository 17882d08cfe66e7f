"""`prune`: removes what is older than the settings allow."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from core.cli.database import in_store
from core.cli.example import example
from core.cli.output import AsJson, print_fields, print_json, say

if TYPE_CHECKING:
    from core.store import Store
    from core.store.retention import Pruned


def add_to(app: typer.Typer) -> None:
    app.command(epilog=example("prune --dry-run", "prune"))(prune)


def prune(
    context: typer.Context,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count what would be removed.")] = False,
    as_json: AsJson = False,
) -> None:
    """Remove what is older than the settings allow. The dispatcher does so every hour.

    To change how long things are kept: hookkeeper settings set --keep-delivered, --keep-failed, --keep-evidence,
    --keep-unwanted, --keep-keys. Undelivered deliveries are never removed.
    """
    from core.clock import now_ms
    from core.store import config, retention

    async def work(store: "Store") -> "Pruned":
        settings = await config.load_settings(store)
        return await retention.prune(store, settings, now_ms(), dry_run=dry_run)

    pruned = in_store(context, work)
    if as_json:
        print_json(asdict(pruned) | {"dry_run": dry_run})
        return
    print_fields(
        [
            ("Delivered or cancelled", pruned.delivered),
            ("Failed", pruned.failed),
            ("Answers blanked", pruned.evidence),
            ("Unwanted events", pruned.unwanted),
            ("Events without deliveries", pruned.events),
            ("Keys of events", pruned.keys),
        ]
    )
    say("Nothing was removed." if dry_run else "Removed.")
    if pruned.overdue:
        say(f"{pruned.overdue:,} deliveries have waited for more than 90 days. They stay.")
