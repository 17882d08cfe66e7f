"""`keys`: what encrypts the secrets in the database."""

from dataclasses import asdict
from typing import Annotated

import typer

from core.actor import actor
from core.cli.database import in_store
from core.cli.example import example
from core.cli.output import AsJson, print_json, print_table, say

app = typer.Typer(
    help="What encrypts the secrets in the database.", no_args_is_help=True, epilog=example("keys list")
)


def add_to(commands: typer.Typer) -> None:
    commands.add_typer(app, name="keys")


@app.command("list", epilog=example("keys list", "keys list --json"))
def list_keys(context: typer.Context, as_json: AsJson = False) -> None:
    """List the keys of the key file by their IDs. A key itself is never shown."""
    from core.store import key_rotation

    keys = in_store(context, key_rotation.list_keys)
    if as_json:
        for key in keys:
            print_json(asdict(key))
        return
    print_table(
        ("ID", "Newest", "Secrets in this database"),
        ((key.id, key.newest, key.secrets) for key in keys),
        empty="There are no keys yet: the first secret that is stored makes one.",
    )


@app.command(epilog=example("keys rotate", "keys rotate --remove-old"))
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

    The older keys stay in the file unless --remove-old is given: another database may share it, and earlier
    copies of this database cannot be read without them. Running processes are not interrupted. Make a copy of the key
    file afterwards.
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
