"""`settings`: the general webhook settings."""

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from core.cli.output import print_fields, say
from core.cli.session import actor, with_store, wrong

if TYPE_CHECKING:
    from core.models import GeneralSettings
    from core.store import Store
    from core.store.requests import AuthorizationAnswer

app = typer.Typer(help="General webhook settings.", no_args_is_help=True, rich_markup_mode=None)

Text = Annotated[Optional[str], typer.Option()]  # noqa: UP045  # typer reads it
Many = Annotated[Optional[list[str]], typer.Option()]  # noqa: UP045
_OPTIONS = {
    "authentication_url": "--auth-url",
    "client_id": "--client-id",
    "secret_key": "--secret-key-file",
    "client_authentication": "--client-auth",
    "scopes": "--scopes",
    "custom_headers": "--header",
    "allowed_networks": "--allow-network",
    "accepted_answer": "--success",
    "retry_schedule": "--schedule",
    "deadline": "--deadline",
    "body_limit": "--body-limit",
}
_PATIENCE = 20.0


@app.command()
def show(context: typer.Context, as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
    """The settings; secrets are not shown."""
    from core.store import config

    settings = with_store(context, config.load_settings)
    fields = settings.model_dump(mode="json")
    fields["secret_key"] = "stored" if settings.secret_key else None
    print_fields(fields, as_json=as_json)


@app.command(name="set")
def set_(
    context: typer.Context,
    auth_url: Text = None,
    client_id: Text = None,
    secret_key_file: Annotated[Optional[str], typer.Option(help="A file, or - for standard input.")] = None,  # noqa: UP045
    client_auth: Annotated[Optional[str], typer.Option(help="basic or body.")] = None,  # noqa: UP045
    scopes: Text = None,
    header: Annotated[
        list[str] | None, typer.Option(help='"Name: value"; replaces one of that name.')
    ] = None,
    remove_header: Many = None,
    allow_network: Many = None,
    forbid_network: Many = None,
    success: Annotated[Optional[str], typer.Option(help="any-2xx or incode.")] = None,  # noqa: UP045
    schedule: Annotated[Optional[str], typer.Option(help="standard, incode, or 5s 5m 2h.")] = None,  # noqa: UP045
    deadline: Text = None,
    body_limit: Text = None,
) -> None:
    """Change what is named; all or nothing. An empty --auth-url ends authorization."""
    from core.store import config

    given = {
        "authentication_url": auth_url,
        "client_id": client_id,
        "client_authentication": client_auth,
        "scopes": scopes,
        "accepted_answer": success,
        "retry_schedule": schedule,
        "deadline": deadline,
        "body_limit": body_limit,
    }
    secret = _secret(secret_key_file) if secret_key_file is not None else None

    async def work(store: "Store") -> "GeneralSettings":
        before = await config.load_settings(store)
        values: dict[str, object] = {name: getattr(before, name) for name in _OPTIONS}
        values |= {name: value for name, value in given.items() if value is not None}
        if secret is not None:
            values["secret_key"] = secret
        if auth_url == "":
            values |= {"client_id": None, "secret_key": None}
        values["custom_headers"] = _headers(before, header or [], remove_header or [])
        networks = dict.fromkeys((*before.allowed_networks, *(allow_network or [])))
        values["allowed_networks"] = [
            network for network in networks if network not in (forbid_network or [])
        ]
        return await config.save_settings(store, _validated(values, before.version), actor=actor())

    with_store(context, work, create=True)
    say("Settings updated.")


def _secret(source: str) -> str:
    try:
        text = sys.stdin.read() if source == "-" else Path(source).read_text()
    except (OSError, UnicodeDecodeError):
        raise wrong("--secret-key-file", f"{source} cannot be read.") from None
    return text.removesuffix("\n").removesuffix("\r")


def _headers(before: "GeneralSettings", added: list[str], removed: list[str]) -> list[dict[str, str]]:
    headers = {
        entry.name.lower(): (entry.name, entry.value.get_secret_value()) for entry in before.custom_headers
    }
    for name in removed:
        if headers.pop(name.lower(), None) is None:
            raise wrong("--remove-header", f"There is no header {name}.")
    for text in added:
        name, colon, value = text.partition(":")
        if not colon:
            raise wrong("--header", "Write a header as Name: value.")
        headers[name.lower()] = (name, value.strip(" "))
    return [{"name": name, "value": value} for name, value in headers.values()]


def _validated(values: dict[str, object], version: int) -> "GeneralSettings":
    from pydantic import ValidationError

    from core.models import GeneralSettings, invalid_settings

    values["custom_headers"] = values["custom_headers"] or ()
    try:
        return GeneralSettings.model_validate(values | {"version": version})
    except ValidationError as error:
        problem = invalid_settings(error)[0]
        raise wrong(_OPTIONS.get(problem.field.partition(".")[0], problem.field), str(problem)) from None


@app.command()
def test_auth(context: typer.Context) -> None:
    """Let the dispatcher fetch a token with the stored settings."""
    from core.service.status import dispatcher_status
    from core.store import config, requests

    async def work(store: "Store") -> "AuthorizationAnswer | None":
        number = await requests.ask_authorization(store, await config.load_settings(store))
        try:
            async with asyncio.timeout(_PATIENCE):
                async for _ in store.changes(0.1):
                    if (answer := await requests.authorization_answer(store, number)) is not None:
                        return answer
        except TimeoutError:
            pass
        return None

    if not dispatcher_status(context.obj["database"]).running:
        say("Nobody delivers, so nobody can test it. Start hookkeeper serve.")
        raise typer.Exit(1)
    answer = with_store(context, work)
    say(answer.words if answer else "The dispatcher did not answer within 20 s.")
    raise typer.Exit(0 if answer and answer.ok else 1)
