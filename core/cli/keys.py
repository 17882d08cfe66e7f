"""`keys`: what encrypts the secrets in the database."""

from dataclasses import asdict
from typing import Annotated

import typer

from core.actor import actor
from core.cli.database import in_store
from core.cli.output import AsJson, print_json, say

app = typer.Typer(no_args_is_help=True)


def add_to(commands: typer.Typer) -> None:
    commands.add_typer(app, name="keys")


@app.callback()
def keys() -> None:
    """What encrypts the secrets in the database."""


@app.command()
def rotate(
    context: typer.Context,
    remove_old: Annotated[
        bool,
        typer.Option(
            "--remove-old",
            help="Remove the older keys from the file: no other database uses it, and no copy made before now is "
            "needed any more.",
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Encrypt every secret in the database with a new key.

    The older keys stay in the file unless --remove-old is given: another database may share it, and copies of this
    one made before cannot be read without them. Processes that run go on. Keep a copy of the key file afterwards.
    """
    from core.store import key_rotation

    done = in_store(
        context, lambda store: key_rotation.rotate_keys(store, actor=actor(), remove_old=remove_old)
    )
    if as_json:
        print_json(asdict(done))
    say(
        f"{done.secrets:,} secrets are encrypted with the new key {done.key}. Make a new copy of the key file."
    )
    if remove_old:
        say(f"{done.removed:,} older keys are removed from it.")
    else:
        say("Its older keys stay, for other databases and for copies of this one; --remove-old removes them.")
