"""`notices`: what Hookkeeper has to tell people."""

from typing import TYPE_CHECKING, Annotated

import typer

from core.actor import actor
from core.cli.database import in_store
from core.cli.example import example
from core.cli.listing import Limit, ListingGroup
from core.cli.output import AsJson, print_json, print_table, say
from core.cli.wrong_usage import WrongUsage

if TYPE_CHECKING:
    from core.store import Store

app = typer.Typer(
    cls=ListingGroup,
    help="What Hookkeeper has to tell. Without a command: the list. An ID may be given by its last characters, at least 4.",
    epilog=example("notices"),
)


def add_to(commands: typer.Typer) -> None:
    commands.add_typer(app, name="notices")


@app.command("list", epilog=example("notices list", "notices list --all --limit 500 --json"))
def list_notices(
    context: typer.Context,
    everything: Annotated[bool, typer.Option("--all", help="Those as well that were acknowledged.")] = False,
    limit: Limit = 100,
    as_json: AsJson = False,
) -> None:
    """List the notices that nobody has acknowledged yet, newest first."""
    from core.store import notices

    found = in_store(context, lambda store: notices.list_notices(store, acknowledged=everything, limit=limit))
    if as_json:
        for notice in found:
            print_json(notice.model_dump(mode="json"))
        return
    titles = ("ID", "At", "Kind", "Message", *(("Acknowledged by",) if everything else ()))
    print_table(
        titles,
        (
            (notice.id, notice.at, notice.kind, notice.message, notice.acknowledged_by)[: len(titles)]
            for notice in found
        ),
        empty="There are no notices."
        if everything
        else "There are no notices. --all lists those as well that were acknowledged.",
    )


@app.command("ack", epilog=example("notices ack 5d1z", "notices ack --all"))
def acknowledge(
    context: typer.Context,
    notice_ids: Annotated[list[str] | None, typer.Argument(metavar="ID", help="Of notices.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All of them.")] = False,
    as_json: AsJson = False,
) -> None:
    """Acknowledge notices: they are no longer listed."""
    from core.store import notices

    if bool(notice_ids) == everything:
        raise WrongUsage("Name the notices by their IDs, or say --all.")

    async def work(store: "Store") -> int:
        return await notices.acknowledge(store, None if everything else notice_ids, actor=actor())

    number = in_store(context, work)
    if as_json:
        print_json({"acknowledged": number})
    else:
        say(f"{number:,} notices acknowledged.")
