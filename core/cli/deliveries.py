"""`deliveries`: lists, shows, resends and cancels deliveries."""

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple

import typer

from core.actor import actor
from core.cli import jobs, one_delivery
from core.cli.database import database_of, in_store, say_if_nobody_delivers
from core.cli.example import example
from core.cli.filter import (
    ClassOption,
    CodeOption,
    FilterOption,
    SessionOption,
    SinceOption,
    StateOption,
    TypeOption,
    UntilOption,
    WebhookOption,
    given_filter,
    whole_filter,
)
from core.cli.listing import Limit
from core.cli.one_delivery import state_word
from core.cli.output import AsJson, print_json, print_line, print_table, say
from core.cli.wrong_usage import WrongUsage
from core.errors import HookkeeperError

if TYPE_CHECKING:
    from core.models import Delivery
    from core.store import Store
    from core.store.filter import DeliveryFilter
    from core.store.history import Row

app = typer.Typer(
    help="What is on its way, what arrived, and what did not.",
    no_args_is_help=True,
    epilog=example("deliveries list state:failed"),
)


def add_to(commands: typer.Typer) -> None:
    commands.add_typer(app, name="deliveries")


_NONE = "No deliveries yet. hookkeeper emit TYPE --data JSON hands an event over to the webhooks of its type."
_NONE_MATCHES = "No delivery is like that. hookkeeper deliveries list without options lists the newest."

DeliveryIds = Annotated[list[str] | None, typer.Argument(metavar="ID", help="Of deliveries.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Count them, and change nothing.")]


@app.command(
    "list",
    epilog=example(
        "deliveries list",
        "deliveries list state:failed '!code:404' since:12h",
        "deliveries list --webhook 7k2m --since 2h --json",
    ),
)
def list_deliveries(
    context: typer.Context,
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="WORD",
            help="Beginnings of an ID, session, external ID or outcome, tails of an ID, and fields: state:failed"
            " type: webhook: code:5xx class: since:12h until: session:. A ! negates a word: !code:404.",
        ),
    ] = None,
    state: StateOption = None,
    webhook: WebhookOption = None,
    kind: TypeOption = None,
    outcome: ClassOption = None,
    code: CodeOption = None,
    session: SessionOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    limit: Limit = 100,
    as_json: AsJson = False,
) -> None:
    """List the newest deliveries, newest first."""
    from core.store import history

    options = _Options(webhook, kind, outcome, code, session, since, until)
    given = options.filter(state)

    async def work(store: "Store") -> "list[Row]":
        chosen = await whole_filter(store, given, " ".join(words or ()))
        return await history.list_deliveries(store, chosen, limit=limit)

    rows = in_store(context, work)
    if as_json:
        for row in rows:
            print_json(row.delivery.model_dump(mode="json"))
    else:
        is_filtered = bool(words) or state is not None or any(options)
        _print_table([row.delivery for row in rows], empty=_NONE_MATCHES if is_filtered else _NONE)


def _print_table(deliveries: "list[Delivery]", *, empty: str) -> None:
    print_table(
        ("ID", "State", "Type", "Created", "Attempts", "Answer", "Next attempt", "URL"),
        (
            (
                each.id,
                state_word(each),
                each.type,
                each.created_at,
                each.attempts,
                each.status_code or each.outcome,
                each.next_attempt_at,
                each.url,
            )
            for each in deliveries
        ),
        empty=empty,
    )


@app.command(epilog=example("deliveries show 9f3q", "deliveries show 9f3q --curl"))
def show(
    context: typer.Context,
    delivery_id: Annotated[str, typer.Argument(metavar="ID", help="Of a delivery; its last characters do.")],
    as_curl: Annotated[
        bool, typer.Option("--curl", help="Print it as a command of curl, secrets left out.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show a delivery with its body and attempts, newest first. With --json the attempts are in `attempt_list`.

    Bodies are masked, and only the newest answer is shown. With --json every answer is included and bodies are not
    masked.
    """
    if as_curl:
        if as_json:
            raise WrongUsage("Write --curl or --json: a delivery is shown one way.")
        print(in_store(context, lambda store: _as_curl(store, delivery_id)))
        return
    shown = in_store(context, lambda store: one_delivery.load(store, delivery_id))
    if as_json:
        print_json(one_delivery.json_fields(shown))
    else:
        one_delivery.print_all(shown)


async def _as_curl(store: "Store", delivery_id: str) -> str:
    from core.delivery.curl import curl
    from core.delivery.sent import sent_headers
    from core.store import config, history

    delivery = await history.load_delivery(store, delivery_id)
    body = (await history.load_event(store, delivery.event_id)).body
    settings = await config.load_settings(store)
    return curl(delivery.url, sent_headers(delivery, settings, max(1, delivery.attempts)), body)


@app.command(
    epilog=example(
        "deliveries resend 9f3q",
        "deliveries resend --all-failed --webhook 7k2m --dry-run",
        "deliveries resend --filter 'class:timeout since:1d'",
    )
)
def resend(
    context: typer.Context,
    delivery_ids: DeliveryIds = None,
    all_failed: Annotated[
        bool, typer.Option("--all-failed", help="All that failed, or those of them that the options name.")
    ] = False,
    webhook: WebhookOption = None,
    kind: TypeOption = None,
    outcome: ClassOption = None,
    code: CodeOption = None,
    session: SessionOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    words: FilterOption = "",
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Send deliveries again now, and restart their retry schedule.

    --all-failed and --filter start a job and print its ID.
    """
    from core.store import queue

    options = _Options(webhook, kind, outcome, code, session, since, until)
    identities = _one_way(
        delivery_ids,
        all_failed or bool(words),
        "--all-failed or --filter WORDS",
        asked=any(options) or dry_run,
    )
    if not identities:
        given = options.filter("failed" if all_failed else None)
        jobs.start(context, "resend", given, words, dry_run=dry_run, as_json=as_json)
        return

    async def again(store: "Store", identity: str) -> "Delivery":
        delivery = await queue.resend(store, identity, actor=actor())
        if delivery.outcome == "ok":
            say(f"{delivery.id} was delivered before; it is sent once more.")
        return delivery

    problems = _for_each(context, identities, again, as_json=as_json)
    if len(problems) < len(identities):
        say_if_nobody_delivers(database_of(context))
    _raise(problems)


@app.command(epilog=example("deliveries cancel 9f3q", "deliveries cancel --all --webhook 7k2m --yes"))
def cancel(
    context: typer.Context,
    delivery_ids: DeliveryIds = None,
    all_of_them: Annotated[
        bool, typer.Option("--all", help="All that are undelivered, or those of them that the options name.")
    ] = False,
    state: Annotated[
        Literal["undelivered", "pending", "sending", "failed", "held", "attention"],
        typer.Option(help="Of these, those in this state."),
    ] = "undelivered",
    webhook: WebhookOption = None,
    kind: TypeOption = None,
    outcome: ClassOption = None,
    code: CodeOption = None,
    session: SessionOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    words: FilterOption = "",
    dry_run: DryRun = False,
    yes: Annotated[bool, typer.Option("--yes", help="Yes, cancel them all.")] = False,
    as_json: AsJson = False,
) -> None:
    """Cancel deliveries. --all starts a job and prints its ID."""
    from core.store import queue

    options = _Options(webhook, kind, outcome, code, session, since, until)
    asked = any(options) or bool(words) or dry_run or state != "undelivered"
    identities = _one_way(delivery_ids, all_of_them, "--all", asked=asked)
    if not identities:
        given = options.filter(state)
        if not (yes or dry_run):
            raise WrongUsage("Cancelling all of these needs --yes. --dry-run counts them first.", "yes")
        jobs.start(context, "cancel", given, words, dry_run=dry_run, as_json=as_json)
        return
    _raise(
        _for_each(
            context, identities, lambda store, each: queue.cancel(store, each, actor=actor()), as_json=as_json
        )
    )


class _Options(NamedTuple):
    """The options that select deliveries."""

    webhook: str | None
    kind: str | None
    outcome: str | None
    code: str | None
    session: str | None
    since: str | None
    until: str | None

    def filter(self, state: str | None) -> "DeliveryFilter":
        return given_filter(state=state, **self._asdict())


def _one_way(identities: list[str] | None, all_of_them: bool, option: str, *, asked: bool) -> list[str]:
    """Return the typed IDs; none if options select the deliveries. Raises WrongUsage for both and for neither."""
    if identities and (all_of_them or asked):
        raise WrongUsage(f"Write the IDs of deliveries, or {option} with options that name them.")
    if not identities and not all_of_them:
        raise WrongUsage(f"Write the IDs of deliveries, or {option}.")
    return identities or []


def _for_each(
    context: typer.Context,
    identities: list[str],
    # Any: nobody uses the coroutine's yield and send types
    change: "Callable[[Store, str], Coroutine[Any, Any, Delivery]]",
    *,
    as_json: bool,
) -> list[HookkeeperError]:
    """Change one delivery after the other and return the errors. An error does not stop the others."""

    async def work(store: "Store") -> list[HookkeeperError]:
        problems = []
        for identity in identities:
            try:
                delivery = await change(store, identity)
            except HookkeeperError as error:
                problems.append(error)
                continue
            if as_json:
                print_json(delivery.model_dump(mode="json"))
            else:
                print_line(f"{delivery.id}  {state_word(delivery)}")
        return problems

    return in_store(context, work)


def _raise(problems: list[HookkeeperError]) -> None:
    """Raise these errors as one; do nothing if there are none."""
    if len(problems) == 1:
        raise problems[0]
    if problems:
        raise HookkeeperError("\n".join(map(str, problems)))
