"""The options that select deliveries."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from core.cli.wrong_usage import WrongUsage, validated
from core.moment import InvalidMoment, moment_of

if TYPE_CHECKING:
    from core.store import Store
    from core.store.filter import DeliveryFilter

WebhookOption = Annotated[
    str | None, typer.Option("--webhook", metavar="ID", help="Only those to this webhook.")
]
TypeOption = Annotated[str | None, typer.Option("--type", metavar="TYPE", help="Only those of this type.")]
ClassOption = Annotated[
    str | None, typer.Option("--class", metavar="CLASS", help="How the last attempt ended, such as timeout.")
]
CodeOption = Annotated[
    str | None,
    typer.Option("--code", metavar="NUMBER", help="The status code of the last answer, such as 503."),
]
SessionOption = Annotated[
    str | None, typer.Option("--session", metavar="ID", help="Only those of this session.")
]
SinceOption = Annotated[
    str | None,
    typer.Option(
        "--since",
        metavar="TIME",
        help="From then on: 30m, 2h or 3d ago, 14:05, 2024-11-23 or 2024-11-23T14:05.",
    ),
]
UntilOption = Annotated[
    str | None, typer.Option("--until", metavar="TIME", help="Before then, written as for --since.")
]
FilterOption = Annotated[
    str,
    typer.Option(
        "--filter", metavar="WORDS", help='Words as for deliveries list, such as "class:dns !code:404".'
    ),
]
StateOption = Annotated[
    str | None,
    typer.Option(
        "--state",
        metavar="STATE",
        help="pending, sending, delivered, failed, cancelled, held, attention or undelivered.",
    ),
]

_OPTIONS = {"outcome": "--class", "status_code": "--code", "event_type": "--type"}


def given_filter(
    *,
    state: str | None,
    webhook: str | None,
    kind: str | None,
    outcome: str | None,
    code: str | None,
    session: str | None,
    since: str | None,
    until: str | None,
) -> "DeliveryFilter":
    """Return the filter that these options mean; its webhook stays as typed. Raises WrongUsage, UnknownType."""
    from core.store.filter import DeliveryFilter

    if kind is not None:
        from core.catalog import event_type

        kind = event_type(kind).name
    now = datetime.now().astimezone()
    values = {
        "state": state,
        "webhook": webhook,
        "event_type": kind,
        "outcome": outcome,
        "status_code": code,
        "session": session,
        "since": parse_time("--since", since, now) if since is not None else None,
        "until": parse_time("--until", until, now) if until is not None else None,
    }
    return validated(DeliveryFilter, values, lambda field: _OPTIONS.get(field, f"--{field}"))


async def whole_filter(
    store: "Store", given: "DeliveryFilter", words: str, *, state_option: str = "--state"
) -> "DeliveryFilter":
    """Return the filter that options and words mean together. Raises NotFound, WrongUsage.

    `state_option` names the option that gave the state, for error messages.
    """
    if not words and given.webhook is None:
        return given
    from core.store import config
    from core.store.filter_words import InvalidFilter, parse_filter

    try:
        worded = await parse_filter(store, words)
    except InvalidFilter as error:
        raise WrongUsage(str(error)) from None
    if given.webhook is not None:
        webhook = await config.load_webhook(store, given.webhook)
        given = given.model_copy(update={"webhook": webhook.id})
    options, fields = (chosen.model_dump(exclude_defaults=True) for chosen in (given, worded))
    if twice := sorted(options.keys() & fields.keys()):
        option = _OPTIONS.get(twice[0], f"--{twice[0]}")
        raise WrongUsage(
            f"{state_option if option == '--state' else option} and the word {option[2:]}: both choose by"
            f" {option[2:]}. Leave one of them out."
        )
    return type(given).model_validate(options | fields)


def parse_time(option: str, text: str, now: datetime) -> datetime:
    """Return the moment that `2h`, `14:05` or an ISO 8601 time means; `now` must be aware. Raises WrongUsage."""
    try:
        return moment_of(text, now)
    except InvalidMoment as error:
        raise WrongUsage(f"{option}: {error}") from None
