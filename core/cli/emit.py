"""`emit`: one event, or a stream of them."""

from typing import TYPE_CHECKING, Annotated

import typer

from core.catalog import accept, event_type
from core.cli.database import database_of, in_store, say_if_nobody_delivers
from core.cli.event_data import given_bytes
from core.cli.example import example
from core.cli.output import AsJson, print_json, print_line, say
from core.cli.words import Failure, fail
from core.cli.wrong_usage import WrongUsage

if TYPE_CHECKING:
    from core.store import Store
    from core.store.queue import Emitted

_LONGEST_KEY = 255


def add_to(app: typer.Typer) -> None:
    app.command(
        epilog=example(
            'emit session-failed --data \'{"interviewId": "66e1"}\' --key 66e1-failed',
            "emit onboarding-status --data @body.json",
            "emit --batch events.jsonl > answers.jsonl",
        )
    )(emit)


def emit(
    context: typer.Context,
    kind: Annotated[str | None, typer.Argument(metavar="TYPE", help="See hookkeeper types.")] = None,
    data: Annotated[str | None, typer.Option(metavar="JSON|@FILE|-", help="The body.")] = None,
    key: Annotated[
        str | None, typer.Option(metavar="KEY", help="Makes the event idempotent for 7 days.")
    ] = None,
    batch: Annotated[
        str | None,
        typer.Option(metavar="FILE|-", help='JSON lines {"type", "data", "key"?}; one line out for each.'),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Hand an event over; prints its ID once it is stored."""
    if batch is not None:
        if (kind, data, key) != (None, None, None):
            raise WrongUsage("--batch: type, data and key stand in the lines, not beside it.")
        _batch(context, batch)
        return
    if kind is None or data is None:
        raise WrongUsage("Write hookkeeper emit TYPE --data JSON, or hookkeeper emit --batch FILE.")
    emitted = _single(context, event_type(kind).name, given_bytes(data), check_key(key))
    if as_json:
        print_json({"id": emitted.id, "deliveries": emitted.deliveries, "repeated": emitted.repeated})
    else:
        print_line(emitted.id)
    if not emitted.deliveries:
        say(f"No webhook took it: hookkeeper events show {emitted.id} says why.")
    elif not emitted.repeated:
        say_if_nobody_delivers(database_of(context))


def check_key(key: str | None) -> str | None:
    """Return the idempotency key if it is valid. Raises WrongUsage."""
    if key is None:
        return None
    if not 0 < len(key) <= _LONGEST_KEY:
        raise WrongUsage(f"key: a key has 1 to {_LONGEST_KEY} characters; this has {len(key):,}.")
    if not key.isprintable():
        raise WrongUsage("key: leave out line breaks and control characters.")
    return key


def _single(context: typer.Context, kind: str, data: bytes, key: str | None) -> "Emitted":
    from core.store import config, queue

    async def work(store: "Store") -> "Emitted":
        limit = (await config.load_settings(store)).body_limit
        return await queue.emit(store, kind, accept(kind, data, limit=limit), key=key)

    return in_store(context, work, create=True)


def _batch(context: typer.Context, name: str) -> None:
    from core.cli import batch

    tally = batch.Tally()
    try:
        with batch.opened(name) as file:
            in_store(context, lambda store: batch.emit_lines(store, file, tally), create=True)
    finally:
        if tally.unread:
            say(tally.unread)
    if tally.deliveries:
        say_if_nobody_delivers(database_of(context))
    if tally.refused:
        refused = (
            f"{tally.refused:,} of {tally.lines:,} lines {'was' if tally.refused == 1 else 'were'} refused."
        )
        why = "Their answers say why."
        fail(Failure(refused, None, tally.unread or why), f"{refused} {why}")
        raise typer.Exit(1)
