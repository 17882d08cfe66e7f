"""`events`: lists, shows and delivers stored events."""

import sys
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from core.cli.database import database_of, in_store, say_if_nobody_delivers
from core.cli.example import example
from core.cli.filter import SinceOption, parse_time
from core.cli.listing import Limit
from core.cli.output import AsJson, print_fields, print_json, print_line, print_table
from core.cli.wrong_usage import WrongUsage
from core.text import masked_json

if TYPE_CHECKING:
    from core.models import Event
    from core.store import Store

app = typer.Typer(help="What was handed over.", no_args_is_help=True, epilog=example("events list"))


def add_to(commands: typer.Typer) -> None:
    commands.add_typer(app, name="events")


@app.command("list", epilog=example("events list", "events list --unwanted --limit 20"))
def list_events(
    context: typer.Context,
    unwanted: Annotated[bool, typer.Option("--unwanted", help="Only those that went to nobody.")] = False,
    limit: Limit = 100,
    as_json: AsJson = False,
) -> None:
    """List the newest events, newest first."""
    from core.store import history

    events = in_store(context, lambda store: history.list_events(store, unwanted=unwanted, limit=limit))
    if as_json:
        for event in events:
            print_json(event.model_dump(mode="json", exclude={"body"}))
        return
    print_table(
        ("ID", "Type", "Created", "Session", "Key", "Test", "Went to nobody", "Did not go to"),
        (
            (
                each.id,
                each.type,
                each.created_at,
                each.session,
                each.key,
                each.is_test,
                each.unwanted,
                "; ".join(f"{webhook.webhook_id}: {webhook.reason}" for webhook in each.skipped),
            )
            for each in events
        ),
        empty="No event went to nobody."
        if unwanted
        else "No events yet. hookkeeper emit TYPE --data JSON hands one over.",
    )


@app.command(epilog=example("events show 4h8x", "events show 4h8x --body > body.json"))
def show(
    context: typer.Context,
    event_id: Annotated[str, typer.Argument(metavar="ID", help="Of an event; its last characters do.")],
    body: Annotated[bool, typer.Option("--body", help="The body alone, byte for byte.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show an event. Its body is masked. --body prints it as it is sent; --json includes that as a string."""
    from core.store import config, history

    async def work(store: "Store") -> "tuple[Event, tuple[str, ...]]":
        return await history.load_event(store, event_id), (await config.load_settings(store)).masked_fields

    event, masked_fields = in_store(context, work)
    if body:
        sys.stdout.buffer.write(event.body)
    elif as_json:
        print_json(event.model_dump(mode="json"))
    else:
        _print(event, masked_fields)


def _print(event: "Event", masked_fields: tuple[str, ...]) -> None:
    print_fields(
        [
            ("ID", event.id),
            ("Type", event.type),
            ("Created", event.created_at),
            ("Session", event.session),
            ("External ID", event.external_id),
            ("Key", event.key),
            ("Test", event.is_test),
            ("Went to nobody", event.unwanted),
            *(("Did not go to", f"{each.webhook_id}: {each.reason}") for each in event.skipped),
        ]
    )
    print(masked_json(event.body, masked_fields))


@app.command(
    epilog=example(
        "events deliver 4h8x --webhook 7k2m", "events deliver --unwanted --webhook 7k2m --since 3d"
    )
)
def deliver(
    context: typer.Context,
    webhook: Annotated[str, typer.Option(metavar="ID", help="The webhook that is to get it.")],
    event_id: Annotated[str | None, typer.Argument(metavar="ID", help="Of an event.")] = None,
    unwanted: Annotated[
        bool, typer.Option("--unwanted", help="All events of the webhook's type that went to nobody.")
    ] = False,
    since: SinceOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count them, and change nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Send a stored event to a webhook of its type. Prints the new delivery's ID; with --unwanted, a count."""
    if unwanted == (event_id is not None):
        raise WrongUsage("Write the ID of an event, or --unwanted for all that went to nobody.")
    if event_id is None:
        _deliver_unwanted(context, webhook, since, dry_run=dry_run, as_json=as_json)
        return
    if since is not None or dry_run:
        raise WrongUsage("--since and --dry-run go with --unwanted.")
    identity = in_store(context, lambda store: _deliver_one(store, event_id, webhook))
    if as_json:
        print_json({"id": identity})
    else:
        print_line(identity)
    say_if_nobody_delivers(database_of(context))


async def _deliver_one(store: "Store", event_id: str, webhook: str) -> str:
    from core.store import history, queue

    event = await history.load_event(store, event_id)
    return await queue.deliver(store, event.id, webhook)


def _deliver_unwanted(
    context: typer.Context, webhook: str, since: str | None, *, dry_run: bool, as_json: bool
) -> None:
    from core.store import queue

    start = parse_time("--since", since, datetime.now().astimezone()) if since is not None else None
    work = queue.count_unwanted if dry_run else queue.deliver_unwanted
    number = in_store(context, lambda store: work(store, webhook, since=start))
    if as_json:
        print_json({"count": number})
    else:
        print_line(str(number))
    if number and not dry_run:
        say_if_nobody_delivers(database_of(context))
