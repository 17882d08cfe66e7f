"""`settings`: the general settings of all webhooks."""

import asyncio
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from core.actor import actor
from core.cli.addresses import check_address
from core.cli.database import database_of, in_store
from core.cli.event_data import file_bytes, input_bytes
from core.cli.example import example
from core.cli.header_file import GivenHeader, given_headers
from core.cli.output import AsJson, print_fields, print_json, say
from core.cli.wrong_usage import WrongUsage, validated
from core.errors import HookkeeperError
from core.text import ALWAYS_MASKED

if TYPE_CHECKING:
    from core.models import CustomHeader, GeneralSettings
    from core.store import Store
    from core.store.requests import AuthorizationAnswer

app = typer.Typer(
    help="The general settings of all webhooks.", no_args_is_help=True, epilog=example("settings show")
)


def add_to(commands: typer.Typer) -> None:
    commands.add_typer(app, name="settings")


_OPTIONS = {
    "authentication_url": "--auth-url",
    "client_id": "--client-id",
    "secret_key": "--secret-key-file",
    "client_authentication": "--client-auth",
    "scopes": "--scopes",
    "accepted_answer": "--success",
    "retry_schedule": "--schedule",
    "deadline": "--deadline",
    "body_limit": "--body-limit",
    "notice_url": "--notice-url",
    "ca_file": "--ca-file",
    "client_certificate": "--client-certificate",
    "keep_delivered": "--keep-delivered",
    "keep_failed": "--keep-failed",
    "keep_evidence": "--keep-evidence",
    "keep_unwanted": "--keep-unwanted",
    "keep_keys": "--keep-keys",
}
_AUTHORIZATION = ("authentication_url", "client_id", "secret_key")
_STORED = "stored"
_PATIENCE = 60.0
_GLANCE = 0.1


@app.command("list", epilog=example("settings list"))
@app.command("show", epilog=example("settings show", "settings show --json"))
def show(context: typer.Context, as_json: AsJson = False) -> None:
    """Show the settings; secrets are not shown."""
    from core.store import config

    settings = in_store(context, config.load_settings)
    if as_json:
        print_json(_shown(settings))
    else:
        _print(settings)


def _shown(settings: "GeneralSettings") -> dict[str, object]:
    from core import schedule

    return settings.model_dump(mode="json") | {
        "secret_key": _STORED if settings.secret_key else None,
        "masked_fields": _masked(settings),
        "always_masked_fields": list(ALWAYS_MASKED),
        "retry_waits": list(schedule.parse(settings.retry_schedule)),
    }


def _masked(settings: "GeneralSettings") -> list[str]:
    return [*ALWAYS_MASKED, *settings.masked_fields]


def _print(settings: "GeneralSettings") -> None:
    from core import schedule

    print_fields(
        [
            ("Authentication URL", settings.authentication_url),
            ("Client ID", settings.client_id),
            ("Secret Key", _STORED if settings.secret_key else None),
            ("Client Authentication", settings.client_authentication.label),
            ("Scopes", settings.scopes),
            *(
                (f"Header {entry.name}", str(entry.model_dump()["value"]))
                for entry in settings.custom_headers
            ),
            ("Allowed private networks", " ".join(settings.allowed_networks)),
            ("Accepted answer", settings.accepted_answer.label),
            ("Retry schedule", schedule.describe(settings.retry_schedule)),
            ("Deadline", f"{settings.deadline:g} s"),
            ("Largest body", f"{settings.body_limit:,} bytes"),
            ("Notices go to", settings.notice_url),
            ("CA file", settings.ca_file),
            ("Client certificate", settings.client_certificate),
            ("Masked fields", ", ".join(_masked(settings))),
            ("Keep delivered", f"{settings.keep_delivered} days, cancelled ones as well"),
            ("Keep failed", f"{settings.keep_failed} days"),
            ("Keep evidence", f"{settings.keep_evidence} days"),
            ("Keep unwanted", f"{settings.keep_unwanted} days"),
            ("Keep keys", f"{settings.keep_keys} days"),
            ("Updated", settings.updated_at),
            ("Updated by", settings.updated_by),
        ]
    )


@app.command(
    "set",
    epilog=example(
        "settings set --auth-url https://auth.example/token --client-id me --secret-key-file secret",
        "settings set --allow-network 10.20.0.0/16 --deadline 30",
        "settings set --header 'X-Tenant: mx' --mask ssn",
    ),
)
def set_settings(
    context: typer.Context,
    auth_url: Annotated[
        str | None, typer.Option(metavar="URL", help="Authentication URL; empty: no authorization any more.")
    ] = None,
    client_id: Annotated[str | None, typer.Option(metavar="ID", help="Client ID.")] = None,
    secret_key_file: Annotated[
        str | None, typer.Option(metavar="FILE|-", help="Where the Secret Key is read from.")
    ] = None,
    client_auth: Annotated[str | None, typer.Option(metavar="HOW", help="basic or body.")] = None,
    scopes: Annotated[str | None, typer.Option(metavar="SCOPES", help='Such as "a b".')] = None,
    header: Annotated[
        list[str] | None,
        typer.Option(
            metavar='"NAME: VALUE"',
            help="Add or replace a custom header. Other users of the machine can read an argument: give a secret"
            " with --header-file.",
        ),
    ] = None,
    header_file: Annotated[
        str | None,
        typer.Option(
            metavar="FILE|-", help="Where custom headers are read from, one Name: value on each line."
        ),
    ] = None,
    remove_header: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Remove a custom header.")
    ] = None,
    allow_network: Annotated[
        list[str] | None, typer.Option(metavar="CIDR", help="Allow a private network.")
    ] = None,
    forbid_network: Annotated[
        list[str] | None, typer.Option(metavar="CIDR", help="Allow a private network no more.")
    ] = None,
    success: Annotated[
        str | None, typer.Option("--success", "--accepted-answer", metavar="WHICH", help="any-2xx or incode.")
    ] = None,
    schedule: Annotated[
        str | None, typer.Option(metavar="WAITS", help='standard, incode, or waits such as "5s 5m 2h".')
    ] = None,
    deadline: Annotated[
        str | None, typer.Option(metavar="SECONDS", help="What one attempt may take, 1 to 300.")
    ] = None,
    body_limit: Annotated[
        str | None, typer.Option(metavar="BYTES", help="The largest body, 1024 to 16777216.")
    ] = None,
    notice_url: Annotated[
        str | None, typer.Option(metavar="URL", help="Where notices are sent as JSON; empty: nowhere.")
    ] = None,
    ca_file: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="PEM: authorities to trust beside the machine's; empty: none."),
    ] = None,
    client_certificate: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="PEM: a certificate and its unencrypted key; empty: none."),
    ] = None,
    mask: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME", help="Show the values of this field as dots; rfc* is all that begin so."
        ),
    ] = None,
    unmask: Annotated[list[str] | None, typer.Option(metavar="NAME", help="Mask this field no more.")] = None,
    keep_delivered: Annotated[
        str | None, typer.Option(metavar="DAYS", help="How long delivered and cancelled deliveries are kept.")
    ] = None,
    keep_failed: Annotated[
        str | None, typer.Option(metavar="DAYS", help="How long failed deliveries are kept.")
    ] = None,
    keep_evidence: Annotated[
        str | None, typer.Option(metavar="DAYS", help="How long headers and bodies of answers are kept.")
    ] = None,
    keep_unwanted: Annotated[
        str | None, typer.Option(metavar="DAYS", help="How long events are kept that went to nobody.")
    ] = None,
    keep_keys: Annotated[
        str | None, typer.Option(metavar="DAYS", help="How long the key of an event makes it idempotent.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Change the given settings; all others stay as they are."""
    from core.models import GeneralSettings
    from core.store import config

    if header_file == secret_key_file == "-":
        raise WrongUsage(
            "--header-file: standard input can be read only once, and --secret-key-file reads it."
        )
    given = {
        "authentication_url": auth_url,
        "client_id": client_id,
        "secret_key": None if secret_key_file is None else _secret_key(secret_key_file),
        "client_authentication": client_auth,
        "scopes": scopes,
        "accepted_answer": success,
        "retry_schedule": schedule,
        "deadline": deadline,
        "body_limit": body_limit,
        "notice_url": notice_url,
        "ca_file": ca_file,
        "client_certificate": client_certificate,
        "keep_delivered": keep_delivered,
        "keep_failed": keep_failed,
        "keep_evidence": keep_evidence,
        "keep_unwanted": keep_unwanted,
        "keep_keys": keep_keys,
    }
    changes = {name: value for name, value in given.items() if value is not None}
    headers = given_headers(header or (), header_file)
    if not (changes or headers or remove_header or allow_network or forbid_network or mask or unmask):
        raise WrongUsage("Name an option to change: hookkeeper settings set --help lists them.")

    def with_changes(now: "GeneralSettings") -> "GeneralSettings":
        wanted = _changed(
            now,
            changes,
            headers,
            _with_headers(now.custom_headers, headers, remove_header or []),
            _with_networks(now.allowed_networks, allow_network or [], forbid_network or []),
            _with_masks(now.masked_fields, mask or [], unmask or []),
        )
        if auth_url is not None and wanted.authentication_url is not None:
            check_address(
                "--auth-url",
                wanted.authentication_url,
                wanted.allowed_networks,
                field="authentication_url",
            )
        if notice_url is not None and wanted.notice_url is not None:
            check_address("--notice-url", wanted.notice_url, wanted.allowed_networks)
        if ca_file or client_certificate:
            _check_files(wanted)
        return wanted

    from core.store import exists

    # Refuse wrong values before a database is created for them.
    first = None if exists(database_of(context)) else with_changes(GeneralSettings())

    async def work(store: "Store") -> "GeneralSettings":
        wanted = first or with_changes(await config.load_settings(store))
        return await config.save_settings(store, wanted, actor=actor())

    saved = in_store(context, work, create=True)
    if as_json:
        print_json(_shown(saved))
    else:
        say("The settings are updated.")


def _changed(
    now: "GeneralSettings",
    changes: dict[str, str],
    given: list[GivenHeader],
    headers: list[dict[str, object]],
    networks: list[str],
    masks: list[str],
) -> "GeneralSettings":
    from core.models import GeneralSettings

    values: dict[str, object] = {name: getattr(now, name) for name in GeneralSettings.model_fields}
    if changes.get("authentication_url") == "":
        values |= dict.fromkeys(_AUTHORIZATION)
    values |= changes | {
        "custom_headers": headers,
        "allowed_networks": networks,
        "masked_fields": masks,
    }

    def option_of(field: str) -> str:
        name, _, rest = field.partition(".")
        position = rest.partition(".")[0]
        if name == "custom_headers" and position.isdigit():
            name = str(headers[int(position)]["name"])
            return next((header.where for header in given if header.name == name), f"--header {name[:60]}")
        if name == "allowed_networks":
            return "--allow-network"
        if name == "masked_fields":
            return "--mask"
        return _OPTIONS.get(name, name)

    return validated(GeneralSettings, values, option_of)


def _check_files(settings: "GeneralSettings") -> None:
    from core.delivery.tls import UnusableFile, check_files

    try:
        check_files(settings)
    except UnusableFile as error:
        raise WrongUsage(f"{_OPTIONS[error.field]}: {error}", error.field) from None


def _secret_key(name: str) -> str:
    """Read the Secret Key from a file, without the line break that editors put at its end."""
    if name == "-":
        if sys.stdin is not None and sys.stdin.isatty():
            import getpass

            return getpass.getpass("Secret Key: ")
        data = input_bytes("--secret-key-file")
    else:
        data = file_bytes(name, "--secret-key-file")
    try:
        return data.decode().removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        raise WrongUsage("--secret-key-file: the Secret Key is text in UTF-8.") from None


def _with_headers(
    now: "tuple[CustomHeader, ...]", given: list[GivenHeader], removed: list[str]
) -> list[dict[str, object]]:
    headers: dict[str, dict[str, object]] = {
        entry.name.lower(): {"name": entry.name, "value": entry.value} for entry in now
    }
    for name in removed:
        if headers.pop(name.lower(), None) is None:
            raise WrongUsage(f"--remove-header: There is no header {name[:60]}.")
    for header in given:
        headers[header.name.lower()] = {"name": header.name, "value": header.value}
    return list(headers.values())


def _with_networks(now: tuple[str, ...], allowed: list[str], removed: list[str]) -> list[str]:
    named = [_as_stored(network) for network in removed]
    for network in named:
        if network not in now:
            raise WrongUsage(f"--forbid-network: {network[:60]} is not among the allowed networks.")
    return list(dict.fromkeys([*(network for network in now if network not in named), *allowed]))


def _as_stored(network: str) -> str:
    """Return a network as the settings store it: a single address becomes a /32 or /128 network."""
    import ipaddress

    try:
        return str(ipaddress.ip_network(network))
    except ValueError:
        return network


def _with_masks(now: tuple[str, ...], masked: list[str], unmasked: list[str]) -> list[str]:
    fields = {name.lower(): name for name in now}
    for name in unmasked:
        if name.lower() in map(str.lower, ALWAYS_MASKED):
            raise WrongUsage(f"--unmask: {name} is always masked.")
        if fields.pop(name.lower(), None) is None:
            raise WrongUsage(f"--unmask: {name[:60]} is not among the masked fields.")
    return list((fields | {name.lower(): name for name in masked}).values())


@app.command("test-auth", epilog=example("settings test-auth"))
def test_authorization(context: typer.Context, as_json: AsJson = False) -> None:
    """Have the dispatcher fetch a token with the saved settings."""
    from core.store import config, nodes, requests

    async def work(store: "Store") -> "AuthorizationAnswer":
        if not nodes.standing_at(database_of(context)).running:
            raise HookkeeperError("Nobody delivers, so nobody can test it. Start hookkeeper serve.")
        settings = await config.load_settings(store)
        if not settings.uses_oidc:
            raise HookkeeperError("No Authentication URL is set: there is nothing to test.")
        number = await requests.ask_authorization(store, settings)
        return await _answer(store, number)

    answer = in_store(context, work)
    if as_json:
        print_json({"ok": answer.ok, "words": answer.words})
    else:
        say(answer.words)
    if not answer.ok:
        raise typer.Exit(1)


async def _answer(store: "Store", number: int) -> "AuthorizationAnswer":
    from core.store import requests

    try:
        async with asyncio.timeout(_PATIENCE):
            # The answer comes from another process through the database file, so it has to be polled.
            while (answer := await requests.authorization_answer(store, number)) is None:  # noqa: ASYNC110
                await asyncio.sleep(_GLANCE)
            return answer
    except TimeoutError:
        raise HookkeeperError("The dispatcher has not answered within a minute.") from None
