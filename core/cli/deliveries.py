"""`deliveries`: what is on its way, what arrived, and what did not."""

import re
from collections.abc import Callable, Coroutine
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.actor import actor
from core.catalog import event_type
from core.cli.database import database_of, in_store, wake_dispatcher
from core.cli.output import AsJson, print_fields, print_json, print_line, print_table, say
from core.cli.wrong_usage import WrongUsage
from core.errors import HookkeeperError

if TYPE_CHECKING:
    from core.models import Attempt, Delivery
    from core.store import Store
    from core.store.history import Row

app = typer.Typer(help="What is on its way, what arrived, and what did not.", no_args_is_help=True)

_AGO = re.compile(r"(\d{1,6})\s*(s|m|min|h|d)", re.ASCII)
_UNITS = {"s": "seconds", "m": "minutes", "min": "minutes", "h": "hours", "d": "days"}


@app.command("list")
def list_deliveries(
    context: typer.Context,
    state: Annotated[
        str | None, typer.Option(help="pending, sending, delivered, failed, cancelled, held or attention.")
    ] = None,
    webhook: Annotated[str | None, typer.Option(metavar="ID")] = None,
    kind: Annotated[str | None, typer.Option("--type", metavar="TYPE")] = None,
    since: Annotated[str | None, typer.Option(help="30m, 2h, 3d, 14:05 or 2024-11-23T14:05.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1_000_000, help="At most so many.")] = 100,
    as_json: AsJson = False,
) -> None:
    """List the newest deliveries, newest first."""
    from core.store import config, history

    _check_state(state)
    type_name = event_type(kind).name if kind is not None else None
    moment = parse_since(since, datetime.now().astimezone()) if since is not None else None

    async def work(store: "Store") -> "list[Row]":
        return await history.list_deliveries(
            store,
            view="attention" if state == "attention" else "all",
            state=None if state == "attention" else state,
            webhook=(await config.load_webhook(store, webhook)).id if webhook is not None else None,
            event_type=type_name,
            since=moment,
            limit=limit,
        )

    rows = in_store(context, work)
    if as_json:
        for row in rows:
            print_json(row.delivery.model_dump(mode="json"))
    else:
        _print_table([row.delivery for row in rows])


def _check_state(state: str | None) -> None:
    from core.models import DeliveryState

    known = [*(each.value for each in DeliveryState), "held", "attention"]
    if state is not None and state not in known:
        raise WrongUsage(f"--state: choose one of: {', '.join(known)}.")


def parse_since(text: str, now: datetime) -> datetime:
    """The moment that `2h`, `14:05` or an ISO 8601 time means, `now` being aware. Raises WrongUsage."""
    try:
        if match := _AGO.fullmatch(text.strip()):
            return now - timedelta(**{_UNITS[match[2]]: int(match[1])})
        if re.fullmatch(r"\d{1,2}:\d{2}(:\d{2})?", text, re.ASCII):
            return datetime.combine(now.date(), time.fromisoformat(text.zfill(5)), now.tzinfo)
        moment = datetime.fromisoformat(text)
        return moment if moment.tzinfo else moment.replace(tzinfo=now.tzinfo)
    except (ValueError, OverflowError):
        raise WrongUsage(
            f'--since: "{text[:40]}" is not a time such as 30m, 2h, 3d, 14:05 or 2024-11-23T14:05.'
        ) from None


def _print_table(deliveries: "list[Delivery]") -> None:
    print_table(
        ("ID", "State", "Type", "Created", "Attempts", "Answer", "Next attempt", "URL"),
        (
            (
                each.id,
                _state(each),
                each.type,
                each.created_at,
                each.attempts,
                each.status_code or each.outcome,
                each.next_attempt_at,
                each.url,
            )
            for each in deliveries
        ),
    )


def _state(delivery: "Delivery") -> str:
    return "held" if delivery.held else delivery.state.value


@app.command()
def show(context: typer.Context, delivery_id: str, as_json: AsJson = False) -> None:
    """Show a delivery with its attempts, newest first; as JSON they are its `attempt_list`."""
    from core.store import history

    async def work(store: "Store") -> "tuple[Delivery, list[Attempt]]":
        delivery = await history.load_delivery(store, delivery_id)
        return delivery, await history.list_attempts(store, delivery.id)

    delivery, attempts = in_store(context, work)
    if as_json:
        print_json(
            delivery.model_dump(mode="json") | {"attempt_list": [_attempt_fields(each) for each in attempts]}
        )
        return
    _print(delivery, attempts)


def _attempt_fields(attempt: "Attempt") -> dict[str, object]:
    body = attempt.response_body.decode("utf-8", "replace")  # an answer need not be text
    return attempt.model_dump(mode="json", exclude={"response_body"}) | {"response_body": body}


def _print(delivery: "Delivery", attempts: "list[Attempt]") -> None:
    print_fields(
        [
            ("ID", delivery.id),
            ("State", _state(delivery)),
            ("Reason", delivery.cancel_reason or delivery.reason),
            ("Next attempt", delivery.next_attempt_at),
            ("Waits for", delivery.waits_for),
            ("Type", delivery.type),
            ("Event", delivery.event_id),
            ("Webhook", delivery.webhook_id),
            ("URL", delivery.url),
            ("Session", delivery.session),
            ("Test", delivery.is_test),
            ("Attempts", delivery.attempts),
            ("Created", delivery.created_at),
            ("Changed", delivery.changed_at),
        ]
    )
    if attempts:
        print()
        print_table(
            ("Attempt", "Started", "Milliseconds", "Outcome", "Reason"),
            ((each.number, each.started_at, each.total_ms, each.outcome, each.reason) for each in attempts),
        )


@app.command()
def resend(context: typer.Context, delivery_ids: list[str], as_json: AsJson = False) -> None:
    """Send deliveries again, now, with a fresh run of their schedule."""
    from core.store import queue

    all_done = _for_each(
        context, delivery_ids, lambda store, each: queue.resend(store, each, actor=actor()), as_json=as_json
    )
    wake_dispatcher(database_of(context))
    if not all_done:
        raise typer.Exit(1)


@app.command()
def cancel(context: typer.Context, delivery_ids: list[str], as_json: AsJson = False) -> None:
    """Give deliveries up."""
    from core.store import queue

    if not _for_each(
        context, delivery_ids, lambda store, each: queue.cancel(store, each, actor=actor()), as_json=as_json
    ):
        raise typer.Exit(1)


def _for_each(
    context: typer.Context,
    identities: list[str],
    # Any: what a coroutine is sent and yields concerns nobody
    change: "Callable[[Store, str], Coroutine[Any, Any, Delivery]]",
    *,
    as_json: bool,
) -> bool:
    """Change one after the other; one that cannot be changed stops no other. Whether all were changed."""

    async def work(store: "Store") -> bool:
        all_done = True
        for identity in identities:
            try:
                delivery = await change(store, identity)
            except HookkeeperError as error:
                say(str(error))
                all_done = False
                continue
            if as_json:
                print_json(delivery.model_dump(mode="json"))
            else:
                print_line(f"{delivery.id}  {_state(delivery)}")
        return all_done

    return in_store(context, work)
