"""`deliveries`: what is on its way, what arrived, what failed."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from core.cli.output import print_fields, print_rows, say
from core.cli.session import actor, with_store, wrong

if TYPE_CHECKING:
    from core.models import Attempt, Delivery
    from core.store import Store
    from core.store.history import Row

app = typer.Typer(help="Deliveries and their attempts.", no_args_is_help=True, rich_markup_mode=None)

Json = Annotated[bool, typer.Option("--json", help="JSON lines.")]
Text = Annotated[Optional[str], typer.Option()]  # noqa: UP045  # typer reads it
_COLUMNS = ("id", "type", "state", "outcome", "status_code", "attempts", "next_attempt_at", "created_at")
_STATES = ("pending", "sending", "delivered", "failed", "cancelled", "held")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


@app.command("list")
def list_(
    context: typer.Context,
    state: Text = None,
    webhook: Text = None,
    type: Text = None,
    since: Annotated[
        str | None, typer.Option(help="12h, 30m, 7d, or a time such as 2026-11-24T14:00.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 100,
    as_json: Json = False,
) -> None:
    """The newest deliveries, newest first."""
    from core.catalog import UnknownType, event_type
    from core.store import config, history

    if state is not None and state not in _STATES:
        raise wrong("--state", f"Choose one of: {', '.join(_STATES)}.")
    try:
        kind = event_type(type).name if type else None
    except UnknownType as error:
        raise wrong("--type", str(error)) from None
    moment = _since(since) if since else None

    async def work(store: "Store") -> "list[Row]":
        identity = (await config.load_webhook(store, webhook)).id if webhook else None
        return await history.list_deliveries(
            store, state=state, webhook=identity, event_type=kind, since=moment, limit=limit
        )

    rows = [row.delivery.model_dump(mode="json") for row in with_store(context, work)]
    print_rows(rows, as_json=as_json, columns=_COLUMNS)


def _since(text: str) -> datetime:
    try:
        if text[-1:] in _UNITS and text[:-1].isdigit():
            return datetime.now(UTC) - timedelta(**{_UNITS[text[-1]]: int(text[:-1])})
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise wrong("--since", "Write 12h, 30m, 7d, or a time such as 2026-11-24T14:00.") from None


@app.command()
def show(
    context: typer.Context, identity: Annotated[str, typer.Argument(metavar="ID")], as_json: Json = False
) -> None:
    """One delivery with its attempts."""
    from core.store import history

    async def work(store: "Store") -> "tuple[Delivery, list[Attempt]]":
        delivery = await history.load_delivery(store, identity)
        return delivery, await history.list_attempts(store, delivery.id)

    delivery, attempts = with_store(context, work)
    rows = [_attempt(attempt) for attempt in attempts]
    if as_json:
        print_fields(delivery.model_dump(mode="json") | {"attempt_list": rows}, as_json=True)
        return
    print_fields(delivery.model_dump(mode="json"), as_json=False)
    print()
    print_rows(
        rows, as_json=False, columns=("number", "started_at", "outcome", "status_code", "total_ms", "reason")
    )


def _attempt(attempt: "Attempt") -> dict[str, object]:
    fields = attempt.model_dump(mode="json", exclude={"response_body"})
    return fields | {"response_body": attempt.response_body.decode("utf-8", "replace")}


@app.command()
def resend(context: typer.Context, identities: Annotated[list[str], typer.Argument(metavar="ID…")]) -> None:
    """Send deliveries once more, now."""
    from core.store import bell, queue

    async def work(store: "Store") -> None:
        for identity in identities:
            delivery = await queue.resend(store, identity, actor=actor())
            print(delivery.id)

    with_store(context, work)
    bell.ring(context.obj["database"])


@app.command()
def cancel(context: typer.Context, identity: Annotated[str, typer.Argument(metavar="ID")]) -> None:
    """Give a delivery up."""
    from core.store import queue

    delivery = with_store(context, lambda store: queue.cancel(store, identity, actor=actor()))
    if delivery.state == "sending":
        say(f"{delivery.id} is being sent: it is cancelled unless it arrives.")
    else:
        say(f"Cancelled: {delivery.id}")
