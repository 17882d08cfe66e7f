"""`audit`: who changed what."""

from typing import Annotated

import typer

from core.cli.database import in_store
from core.cli.example import example
from core.cli.listing import Limit, ListingCommand
from core.cli.output import AsJson, print_json, print_table


def add_to(app: typer.Typer) -> None:
    app.command("audit", cls=ListingCommand, epilog=example("audit", "audit --subject 7k2m --limit 20"))(
        list_changes
    )


def list_changes(
    context: typer.Context,
    subject: Annotated[
        str | None,
        typer.Option(metavar="ID|settings|keys", help="Only what was done to it; an ID may be its tail."),
    ] = None,
    limit: Limit = 100,
    as_json: AsJson = False,
) -> None:
    """List who changed what, newest first. Secrets are never shown."""
    from pydantic_core import to_jsonable_python

    from core.store import audit

    changes = in_store(context, lambda store: audit.list_changes(store, subject=subject, limit=limit))
    if as_json:
        for each in changes:
            print_json(to_jsonable_python(each))
        return
    print_table(
        ("At", "By", "Action", "Subject", "Details"),
        ((each.at, each.actor, each.action, each.subject, each.details) for each in changes),
        empty="Nothing was changed yet." if subject is None else f"Nothing is known of {subject}.",
    )
