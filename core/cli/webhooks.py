"""`webhooks`: the webhook configurations."""

from typing import TYPE_CHECKING, Annotated, Optional

import typer

from core.cli.output import print_fields, print_rows, say
from core.cli.session import actor, with_store, wrong

if TYPE_CHECKING:
    from core.models import GeneralSettings, Webhook, WebhookOptions
    from core.store import Store

app = typer.Typer(help="Webhook configurations.", no_args_is_help=True, rich_markup_mode=None)

Json = Annotated[bool, typer.Option("--json", help="JSON lines.")]
Identity = Annotated[str, typer.Argument(metavar="ID", help="The ID, or a tail of at least 4 characters.")]
Url = Annotated[Optional[str], typer.Option()]  # noqa: UP045  # typer reads it
Text = Annotated[Optional[str], typer.Option()]  # noqa: UP045
_COLUMNS = ("id", "type", "url", "enabled", "health", "undelivered")


@app.command("list")
def list_(context: typer.Context, as_json: Json = False) -> None:
    """All webhooks."""
    from core.store import config

    summaries = with_store(context, config.list_webhooks)
    rows = [
        summary.webhook.model_dump(mode="json")
        | {
            "health": summary.last_outcome and f"{summary.last_outcome} {summary.last_status or ''}".strip(),
            "undelivered": summary.undelivered,
            "held": summary.held,
        }
        for summary in summaries
    ]
    print_rows(rows, as_json=as_json, columns=_COLUMNS)


@app.command()
def show(
    context: typer.Context, identity: Identity, as_json: Json = False, reveal_secret: bool = False
) -> None:
    """One webhook."""
    from core.store import config

    fields = with_store(context, lambda store: config.load_webhook(store, identity)).model_dump(mode="json")
    if reveal_secret:
        secret = with_store(context, lambda store: config.signing_secret(store, identity))
        fields["signing_secret"] = secret.get_secret_value()
    print_fields(fields, as_json=as_json)


def _options(values: dict[str, str | None], before: "WebhookOptions | None" = None) -> "WebhookOptions":
    """The options as typed over those of before; "" is back to the general settings."""
    from pydantic import ValidationError

    from core.models import WebhookOptions, invalid_settings

    merged: dict[str, object] = before.model_dump() if before else {}
    for name, value in values.items():
        if value == "" and name != "url":
            merged.pop(name, None)
        elif value is not None:
            merged[name] = value
    try:
        return WebhookOptions.model_validate(merged)
    except ValidationError as error:
        problem = invalid_settings(error)[0]
        raise wrong(_OPTION_NAMES.get(problem.field, problem.field), str(problem)) from None


_OPTION_NAMES = {
    "url": "--url",
    "retry_schedule": "--schedule",
    "accepted_answer": "--success",
    "concurrency": "--concurrency",
    "deadline": "--deadline",
}


def _guard(settings: "GeneralSettings", url: str) -> None:
    """Refuse a private address that no setting allows; warn of http."""
    from core.delivery.guard import offered_network, url_refusal, url_warning
    from core.url import host_of

    refused = url_refusal(url, settings.allowed_networks)
    if refused:
        network = offered_network(host_of(url))
        advice = f" hookkeeper settings set --allow-network {network} allows it." if network else ""
        raise wrong("--url", f"{refused.partition(';')[0]}.{advice}")
    if warning := url_warning(url, settings.allowed_networks):
        say(f"! {warning}")


@app.command()
def add(
    context: typer.Context,
    type: Annotated[str, typer.Option(help="See hookkeeper types.")],
    url: Annotated[str, typer.Option()],
    schedule: Text = None,
    success: Text = None,
    concurrency: Text = None,
    deadline: Text = None,
    as_json: Json = False,
) -> None:
    """Generate a webhook."""
    from core.catalog import UnknownType, event_type
    from core.store import config

    try:
        kind = event_type(type)
    except UnknownType as error:
        raise wrong("--type", str(error)) from None
    if kind.deprecated:
        raise wrong("--type", f"{kind.name} is deprecated and not offered for new webhooks.")
    options = _options(
        {"url": url, "retry_schedule": schedule, "accepted_answer": success, "concurrency": concurrency,
         "deadline": deadline}
    )  # fmt: skip

    async def work(store: "Store") -> "Webhook":
        _guard(await config.load_settings(store), options.url)
        return await config.add_webhook(store, kind.name, options, actor=actor())

    webhook = with_store(context, work, create=True)
    print_fields(webhook.model_dump(mode="json"), as_json=True) if as_json else print(webhook.id)


@app.command()
def edit(
    context: typer.Context,
    identity: Identity,
    url: Url = None,
    schedule: Text = None,
    success: Text = None,
    concurrency: Text = None,
    deadline: Text = None,
) -> None:
    """Change what is named; "" is back to the general settings."""
    from core.store import config

    async def work(store: "Store") -> "Webhook":
        before = await config.load_webhook(store, identity)
        options = _options(
            {"url": url, "retry_schedule": schedule, "accepted_answer": success, "concurrency": concurrency,
             "deadline": deadline},
            before.options,
        )  # fmt: skip
        if url is not None:
            _guard(await config.load_settings(store), options.url)
        return await config.save_webhook(store, before.id, options, version=before.version, actor=actor())

    say(f"Saved: {with_store(context, work).id}")


@app.command()
def delete(
    context: typer.Context,
    identity: Identity,
    yes: Annotated[bool, typer.Option("--yes", help="Needed: what waits is cancelled.")] = False,
) -> None:
    """Delete a webhook and cancel what waits for it."""
    from core.store import config

    if not yes:
        raise wrong("--yes", "Deleting cancels what waits for this webhook. Add --yes to do it.")

    async def work(store: "Store") -> int:
        webhook = await config.load_webhook(store, identity)
        return await config.delete_webhook(store, webhook.id, actor=actor())

    say(f"Deleted; {with_store(context, work):,} deliveries cancelled.")


@app.command()
def enable(
    context: typer.Context,
    identity: Identity,
    held: Annotated[str, typer.Option(help="release or cancel what was held.")] = "release",
) -> None:
    """Enable a webhook."""
    from core.store import bell, config

    if held not in ("release", "cancel"):
        raise wrong("--held", "Choose release or cancel.")
    choice = "cancel" if held == "cancel" else "release"
    webhook = with_store(
        context,
        lambda store: config.set_enabled(store, identity, True, actor=actor(), held=choice),  # type: ignore[arg-type]  # one of two literals
    )
    bell.ring(context.obj["database"])
    say(f"Enabled: {webhook.id}")


@app.command()
def disable(context: typer.Context, identity: Identity) -> None:
    """Disable a webhook; its deliveries are held."""
    from core.store import config

    webhook = with_store(context, lambda store: config.set_enabled(store, identity, False, actor=actor()))
    say(f"Disabled: {webhook.id}")


@app.command()
def test(
    context: typer.Context,
    identity: Identity,
    data: Annotated[Optional[str], typer.Option(help="The body; without it a sample.")] = None,  # noqa: UP045
) -> None:
    """Send a test event to this webhook alone; prints the delivery's ID."""
    from core.catalog import EVENT_TYPES, accept
    from core.store import bell, config, queue

    async def work(store: "Store") -> str:
        webhook = await config.load_webhook(store, identity)
        raw = EVENT_TYPES[webhook.type].sample if data is None else data.encode("utf-8", "surrogateescape")
        return await queue.emit_test(store, webhook.id, accept(webhook.type, raw))

    print(with_store(context, work))
    bell.ring(context.obj["database"])
