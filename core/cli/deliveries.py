"""`deliveries`: what is on its way, what arrived, and what did not."""

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.actor import actor
from core.cli.database import database_of, in_store, wake_dispatcher
from core.cli.filter import (
    ClassOption,
    CodeOption,
    SessionOption,
    SinceOption,
    StateOption,
    TypeOption,
    UntilOption,
    WebhookOption,
    given_filter,
    with_webhook,
)
from core.cli.output import AsJson, print_fields, print_json, print_line, print_table, say
from core.errors import HookkeeperError

if TYPE_CHECKING:
    from core.models import Attempt, Delivery
    from core.store import Store
    from core.store.history import Row

app = typer.Typer(help="What is on its way, what arrived, and what did not.", no_args_is_help=True)


@app.command("list")
def list_deliveries(
    context: typer.Context,
    words: Annotated[
        list[str] | None, typer.Argument(help="What occurs in an ID, session, URL or reason.")
    ] = None,
    state: StateOption = None,
    webhook: WebhookOption = None,
    kind: TypeOption = None,
    outcome: ClassOption = None,
    code: CodeOption = None,
    session: SessionOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    limit: Annotated[int, typer.Option(min=1, max=1_000_000, help="At most so many.")] = 100,
    as_json: AsJson = False,
) -> None:
    """List the newest deliveries, newest first."""
    from core.store import history

    given = given_filter(
        state=state, webhook=webhook, kind=kind, outcome=outcome, code=code, session=session, since=since,
        until=until, text=" ".join(words) if words else None,
    )  # fmt: skip

    async def work(store: "Store") -> "list[Row]":
        return await history.list_deliveries(store, await with_webhook(store, given), limit=limit)

    rows = in_store(context, work)
    if as_json:
        for row in rows:
            print_json(row.delivery.model_dump(mode="json"))
    else:
        _print_table([row.delivery for row in rows])


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
