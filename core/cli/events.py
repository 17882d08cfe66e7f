"""`events`: what was handed over."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from core.cli.output import print_fields, print_rows
from core.cli.session import with_store

if TYPE_CHECKING:
    from core.models import Event

app = typer.Typer(help="Events.", no_args_is_help=True, rich_markup_mode=None)

Json = Annotated[bool, typer.Option("--json", help="JSON lines.")]
Identity = Annotated[str, typer.Argument(metavar="ID")]


def _fields(event: "Event") -> dict[str, object]:
    return event.model_dump(mode="json", exclude={"body"}) | {"bytes": len(event.body)}


@app.command("list")
def list_(
    context: typer.Context,
    unwanted: Annotated[bool, typer.Option("--unwanted", help="Only those that went to nobody.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 100,
    as_json: Json = False,
) -> None:
    """The newest events, newest first."""
    from core.store import history

    events = with_store(context, lambda store: history.list_events(store, unwanted=unwanted, limit=limit))
    columns = ("id", "type", "session", "unwanted", "bytes", "created_at")
    print_rows([_fields(event) for event in events], as_json=as_json, columns=columns)


@app.command()
def show(
    context: typer.Context,
    identity: Identity,
    as_json: Json = False,
    body: Annotated[bool, typer.Option("--body", help="The body alone, byte for byte.")] = False,
) -> None:
    """One event; its body is masked unless --body asks for it."""
    from core.store import history
    from core.text import masked_json

    event = with_store(context, lambda store: history.load_event(store, identity))
    if body:
        sys.stdout.buffer.write(event.body)
        return
    print_fields(_fields(event), as_json=as_json)
    if not as_json:
        print("\n" + masked_json(event.body))


@app.command()
def deliver(
    context: typer.Context,
    identity: Identity,
    webhook: Annotated[str, typer.Option(help="The webhook's ID.")],
) -> None:
    """Send a stored event to a webhook; prints the new delivery's ID."""
    from core.store import bell, queue

    print(with_store(context, lambda store: queue.deliver(store, identity, webhook)))
    bell.ring(context.obj["database"])
