"""`webhooks`: the webhook configurations."""

import sys
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from core.actor import actor
from core.catalog import EventType, accept, event_type, shown_type
from core.cli.addresses import check_address
from core.cli.database import database_of, in_store, say_if_nobody_delivers
from core.cli.event_data import given_bytes, sample_named
from core.cli.example import example
from core.cli.output import AsJson, print_fields, print_json, print_line, print_table, say
from core.cli.wrong_usage import WrongUsage, validated
from core.clock import clock_and_date

if TYPE_CHECKING:
    from datetime import datetime

    from core.models import Webhook, WebhookOptions
    from core.store import Store
    from core.store.config import DeletedWebhook

app = typer.Typer(
    help="The webhook configurations. An ID may be given by its last characters, at least 4.",
    no_args_is_help=True,
    epilog=example("webhooks list"),
)


def add_to(commands: typer.Typer) -> None:
    commands.add_typer(app, name="webhooks")


_OPTIONS = {
    "url": "--url",
    "retry_schedule": "--schedule",
    "accepted_answer": "--success",
    "concurrency": "--concurrency",
    "deadline": "--deadline",
    "rate": "--rate",
    "in_order": "--in-order",
    "status_filter": "--status-filter",
}
WebhookId = Annotated[str, typer.Argument(metavar="ID", help="Of a webhook; its last characters do.")]
# Numbers are text, too: the models word the errors, and an empty value means the default.
Schedule = Annotated[
    str | None, typer.Option(metavar="WAITS", help='standard, incode, or waits such as "5s 5m 2h".')
]
Success = Annotated[
    str | None,
    typer.Option(
        "--success", "--accepted-answer", metavar="WHICH", help="any-2xx, or incode: 204, or 200 with JSON."
    ),
]
Concurrency = Annotated[str | None, typer.Option(metavar="NUMBER", help="Attempts at a time, 1 to 256.")]
Deadline = Annotated[str | None, typer.Option(metavar="SECONDS", help="What one attempt may take, 1 to 300.")]
Rate = Annotated[
    str | None, typer.Option(metavar="NUMBER", help="Attempts a second at most, 0.01 to 10,000.")
]
InOrder = Annotated[
    bool | None,
    typer.Option("--in-order/--no-in-order", help="The events of a session one after the other."),
]
StatusFilter = Annotated[
    str | None, typer.Option(metavar="A,B", help="Only events of these statuses; empty: of every status.")
]


@app.command("list", epilog=example("webhooks list", "webhooks list --deleted", "webhooks list --json"))
def list_webhooks(
    context: typer.Context,
    deleted: Annotated[
        bool,
        typer.Option("--deleted", help="Those deleted in the last 24 hours, which undelete brings back."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List the webhooks with their health."""
    from core.store import config

    if deleted:
        _list_deleted(in_store(context, config.list_deleted), as_json)
        return
    summaries = in_store(context, config.list_webhooks)
    if as_json:
        for each in summaries:
            health = {
                "last_outcome": each.last_outcome,
                "last_status": each.last_status,
                "undelivered": each.undelivered,
                "held": each.held,
                "pace": each.pace.words if each.pace else None,
            }
            print_json(each.webhook.model_dump(mode="json") | health)
        return
    print_table(
        ("ID", "Type", "Enabled", "Last answer", "Undelivered", "Held", "Pace", "Options", "URL"),
        (
            (
                each.webhook.id,
                each.webhook.type,
                _enabled(each.webhook),
                each.last_status or each.last_outcome,
                each.undelivered,
                each.held,
                each.pace.words if each.pace else None,
                each.webhook.option_words or None,
                each.webhook.url,
            )
            for each in summaries
        ),
        empty="No webhooks yet. hookkeeper webhooks add --type TYPE --url URL generates one.",
    )


def _enabled(webhook: "Webhook") -> bool | str:
    reason = None if webhook.enabled else webhook.disabled_because
    return webhook.enabled if reason is None else f"disabled: {reason}"


def _list_deleted(webhooks: "list[DeletedWebhook]", as_json: bool) -> None:
    from pydantic_core import to_jsonable_python

    if as_json:
        for each in webhooks:
            deletion = to_jsonable_python(each)
            print_json(deletion.pop("webhook") | deletion)
        return
    print_table(
        ("ID", "Type", "Deleted", "By", "Cancelled", "URL"),
        (
            (
                each.webhook.id,
                each.webhook.type,
                each.deleted_at,
                each.deleted_by,
                each.cancelled,
                each.webhook.url,
            )
            for each in webhooks
        ),
        empty="No webhook was deleted in the last 24 hours.",
    )


@app.command(epilog=example("webhooks show 7k2m", "webhooks show 7k2m --reveal-secret"))
def show(
    context: typer.Context,
    webhook_id: WebhookId,
    reveal_secret: Annotated[
        bool, typer.Option("--reveal-secret", help="Show the signing secret; the audit says who did.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show a webhook."""
    from pydantic_core import to_jsonable_python

    from core.header import MASKED
    from core.store import config

    async def work(store: "Store") -> "tuple[Webhook, str, list[datetime]]":
        webhook = await config.load_webhook(store, webhook_id)
        ends = await config.older_secret_ends(store, webhook.id)
        if not reveal_secret:
            return webhook, MASKED, ends
        secret = await config.reveal_secret(store, webhook.id, actor=actor())
        return webhook, secret.get_secret_value(), ends

    webhook, secret, ends = in_store(context, work)
    standing = shown_type(webhook.type).standing
    if as_json:
        more = {
            "signing_secret": secret,
            "older_secrets_end_at": to_jsonable_python(ends),
            "standing": standing or None,
        }
        print_json(webhook.model_dump(mode="json") | more)
        return
    general = "as the general settings say"
    print_fields(
        [
            ("ID", webhook.id),
            ("Type", webhook.type),
            *((("Standing", standing),) if standing else ()),
            ("URL", webhook.url),
            ("Enabled", _enabled(webhook)),
            ("Accepted answer", webhook.accepted_answer.label if webhook.accepted_answer else general),
            ("Retry schedule", webhook.retry_schedule or general),
            ("Concurrency", webhook.concurrency),
            ("Deadline", f"{webhook.deadline:g} s" if webhook.deadline else general),
            ("Rate", f"{webhook.rate:g} a second" if webhook.rate else "no limit"),
            ("In order per session", webhook.in_order),
            ("Status filter", ", ".join(webhook.status_filter) or "every status"),
            ("Signing secret", secret),
            ("Older secrets", _older(ends)),
            ("Created", webhook.created_at),
            ("Created by", webhook.created_by),
            ("Updated", webhook.updated_at),
            ("Updated by", webhook.updated_by),
        ]
    )


def _older(ends: "list[datetime]") -> str:
    if not ends:
        return "none"
    return f"{len(ends)} {'signs' if len(ends) == 1 else 'sign'}, too, until {clock_and_date(ends[-1])}"


@app.command(
    epilog=example(
        "webhooks add --type onboarding-status --url https://hooks.example/incode",
        "webhooks add --type session-failed --url https://hooks.example/a --deadline 30 --schedule '5s 5m 2h'",
    )
)
def add(
    context: typer.Context,
    kind: Annotated[str, typer.Option("--type", metavar="TYPE", help="See hookkeeper types.")],
    url: Annotated[str, typer.Option(metavar="URL", help="Where its events go.")],
    schedule: Schedule = None,
    success: Success = None,
    concurrency: Concurrency = None,
    deadline: Deadline = None,
    rate: Rate = None,
    in_order: InOrder = None,
    status_filter: StatusFilter = None,
    deprecated: Annotated[
        bool, typer.Option("--deprecated", help="The type may be a deprecated one.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Generate a webhook; prints its ID."""
    from core.store import config

    definition = event_type(kind)
    if definition.deprecated and not deprecated:
        raise WrongUsage(f"--type: {definition.name} is deprecated. If it is meant, add --deprecated.")
    options = _checked(
        definition,
        _values(
            status_filter,
            url=url,
            retry_schedule=schedule,
            accepted_answer=success,
            concurrency=concurrency,
            deadline=deadline,
            rate=rate,
            in_order=in_order,
        ),
    )

    from core.store import exists

    is_first = not exists(database_of(context))
    if is_first:  # refuse a wrong URL before a database is created
        check_address("--url", options.url, ())

    async def work(store: "Store") -> "tuple[Webhook, int]":
        if not is_first:
            check_address("--url", options.url, (await config.load_settings(store)).allowed_networks)
        webhook = await config.add_webhook(store, definition.name, options, actor=actor())
        same = [each for each in await config.list_webhooks(store) if each.webhook.type == webhook.type]
        return webhook, len(same)

    webhook, number = in_store(context, work, create=True)
    if as_json:
        print_json(webhook.model_dump(mode="json"))
    else:
        print_line(webhook.id)
    if number > 1:
        say(f"{number} webhooks are of the type {webhook.type}: each gets every event.")
    if definition.standing:
        say(f"{definition.name}: {definition.standing}")
    _warn(webhook)


@app.command(
    epilog=example(
        "webhooks edit 7k2m --url https://hooks.example/new", "webhooks edit 7k2m --concurrency 3 --rate ''"
    )
)
def edit(
    context: typer.Context,
    webhook_id: WebhookId,
    url: Annotated[
        str | None, typer.Option(metavar="URL", help="Where its events go, waiting ones included.")
    ] = None,
    schedule: Schedule = None,
    success: Success = None,
    concurrency: Concurrency = None,
    deadline: Deadline = None,
    rate: Rate = None,
    in_order: InOrder = None,
    status_filter: StatusFilter = None,
    as_json: AsJson = False,
) -> None:
    """Change a webhook. An empty value resets an option to its default."""
    from core.store import config

    values = _values(
        status_filter,
        url=url,
        retry_schedule=schedule,
        accepted_answer=success,
        concurrency=concurrency,
        deadline=deadline,
        rate=rate,
        in_order=in_order,
    )
    if not values:
        raise WrongUsage("Name an option to change: hookkeeper webhooks edit --help lists them.")

    async def work(store: "Store") -> "Webhook":
        webhook = await config.load_webhook(store, webhook_id)
        options = _checked(event_type(webhook.type), webhook.options.model_dump() | values)
        if "url" in values:
            check_address("--url", options.url, (await config.load_settings(store)).allowed_networks)
        return await config.save_webhook(store, webhook.id, options, version=webhook.version, actor=actor())

    webhook = in_store(context, work)
    _tell(webhook, "changed", as_json)
    if "status_filter" in values:
        _warn(webhook)


def _values(status_filter: str | None, **given: str | bool | None) -> dict[str, object]:
    """Return the given values by field; an empty value becomes the field's default."""
    from core.models import DEFAULT_CONCURRENCY

    defaults = {"url": "", "concurrency": DEFAULT_CONCURRENCY}
    values: dict[str, object] = {
        name: defaults.get(name) if value == "" else value
        for name, value in given.items()
        if value is not None
    }
    if status_filter is not None:
        statuses = (status.strip() for status in status_filter.split(","))
        values["status_filter"] = tuple(status for status in statuses if status)
    return values


def _checked(kind: EventType, values: dict[str, object]) -> "WebhookOptions":
    """Return the checked options of a webhook of this type. Raises WrongUsage."""
    from core.catalog.options import check_options
    from core.models import InvalidSetting, WebhookOptions

    options = validated(WebhookOptions, values, _option_of)
    try:
        check_options(kind, options)
    except InvalidSetting as error:
        raise WrongUsage(f"{_option_of(error.field)}: {error}", error.field) from None
    return options


def _option_of(field: str) -> str:
    return _OPTIONS.get(field.partition(".")[0], field)


def _warn(webhook: "Webhook") -> None:
    from core.catalog.options import doubtful_statuses

    for sentence in doubtful_statuses(event_type(webhook.type), webhook):
        say(sentence)


def _tell(webhook: "Webhook", what: str, as_json: bool) -> None:
    if as_json:
        print_json(webhook.model_dump(mode="json"))
    else:
        say(f"{webhook.id} is {what}.")


@app.command(epilog=example("webhooks delete 7k2m --yes"))
def delete(
    context: typer.Context,
    webhook_id: WebhookId,
    yes: Annotated[bool, typer.Option("--yes", help="Yes, delete it.")] = False,
    as_json: AsJson = False,
) -> None:
    """Delete a webhook and cancel its waiting deliveries."""
    from core.store import config

    if not yes:
        raise WrongUsage("Deleting a webhook cancels what waits for it. If that is meant, add --yes.", "yes")

    async def work(store: "Store") -> tuple[str, int]:
        # A whole ID is kept, so that the error for a deleted webhook says who deleted it. A tail is looked up.
        whole = (
            webhook_id if webhook_id.startswith("wh_") else (await config.load_webhook(store, webhook_id)).id
        )
        return whole, await config.delete_webhook(store, whole, actor=actor())

    identity, cancelled = in_store(context, work)
    if as_json:
        print_json({"id": identity, "cancelled": cancelled})
    else:
        say(
            f"{identity} is deleted, {cancelled:,} deliveries cancelled."
            " For 24 hours hookkeeper webhooks undelete brings it back."
        )


@app.command(epilog=example("webhooks undelete 7k2m"))
def undelete(context: typer.Context, webhook_id: WebhookId, as_json: AsJson = False) -> None:
    """Bring back a webhook deleted in the last 24 hours. It is disabled, and the deliveries that
    its deletion cancelled are held.
    """
    from core.store import config

    webhook = in_store(context, lambda store: config.undo_delete(store, webhook_id, actor=actor()))
    _tell(webhook, "back, and disabled until you enable it", as_json)


@app.command(
    "rotate-secret", epilog=example("webhooks rotate-secret 7k2m", "webhooks rotate-secret 7k2m --now")
)
def rotate_secret(
    context: typer.Context,
    webhook_id: WebhookId,
    now: Annotated[
        bool,
        typer.Option("--now", help="End all older secrets at once, as when one of them has become known."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Give a webhook a new signing secret and print it. The old secret also signs requests for 24 hours."""
    from core.store import config

    async def work(store: "Store") -> tuple[str, str]:
        webhook = await config.load_webhook(store, webhook_id)
        secret = await config.rotate_secret(store, webhook.id, actor=actor(), now=now)
        return webhook.id, secret.get_secret_value()

    identity, secret = in_store(context, work)
    if as_json:
        print_json({"id": identity, "signing_secret": secret})
    else:
        print_line(secret)
    if now:
        say("The secrets before this one have ended: a receiver refuses requests until it has the new one.")
    else:
        say(
            "The secret before this one signs requests for 24 hours more: give the receiver the new one by then."
        )


@app.command(epilog=example("webhooks enable 7k2m", "webhooks enable 7k2m --held cancel"))
def enable(
    context: typer.Context,
    webhook_id: WebhookId,
    held: Annotated[
        Literal["release", "cancel"], typer.Option(help="What becomes of the deliveries that were held.")
    ] = "release",
    as_json: AsJson = False,
) -> None:
    """Enable a webhook."""
    from core.store import config

    webhook = in_store(
        context, lambda store: config.set_enabled(store, webhook_id, True, actor=actor(), held=held)
    )
    _tell(webhook, "enabled", as_json)


@app.command(epilog=example("webhooks disable 7k2m"))
def disable(context: typer.Context, webhook_id: WebhookId, as_json: AsJson = False) -> None:
    """Disable a webhook: its waiting and new deliveries are held."""
    from core.store import config

    webhook = in_store(context, lambda store: config.set_enabled(store, webhook_id, False, actor=actor()))
    _tell(webhook, "disabled", as_json)


@app.command(epilog=example("webhooks test 7k2m", "webhooks test 7k2m --data @body.json --no-wait"))
def test(
    context: typer.Context,
    webhook_id: WebhookId,
    data: Annotated[
        str | None, typer.Option(metavar="JSON|@FILE|-", help="The body; else a sample of the type.")
    ] = None,
    sample: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="This sample: hookkeeper types show TYPE has the names."),
    ] = None,
    wait: Annotated[
        bool | None,
        typer.Option(
            "--wait/--no-wait",
            help="Wait for the first attempt, tell its outcome, and end with 1 unless it was delivered. It is the default on"
            " a terminal, and wherever a dispatcher runs.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Send a test event to one webhook; prints its delivery's ID."""
    from core.cli.first_attempt import tell_outcome, waits_by_default
    from core.store import config, nodes, queue

    if None not in (data, sample):
        raise WrongUsage("--sample: leave it out where --data gives the body.")

    async def work(store: "Store") -> str:
        webhook = await config.load_webhook(store, webhook_id)
        limit = (await config.load_settings(store)).body_limit
        kind = event_type(webhook.type)
        body = given_bytes(data) if data is not None else sample_named(kind, sample).body()
        return await queue.emit_test(store, webhook.id, accept(webhook.type, body, limit=limit))

    identity = in_store(context, work)
    waits = waits_by_default(nodes.standing_at(database_of(context)).running) if wait is None else wait
    if not as_json:
        print_line(identity)
        sys.stdout.flush()
    elif not waits:
        print_json({"id": identity})
    if not waits:
        say_if_nobody_delivers(database_of(context))
        return
    tell_outcome(context, identity, as_json=as_json)
