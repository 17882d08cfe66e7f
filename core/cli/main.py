"""The command line. Short commands import what they need and no more, so that each starts at once."""

import io
import sys
from pathlib import Path
from typing import Annotated

import typer

from core.catalog import UnknownType
from core.cli import (
    audit,
    catalogue,
    deliveries,
    demo,
    dispatcher,
    doctor,
    emit,
    events,
    jobs,
    keys,
    notices,
    prune,
    settings,
    stats,
    webhooks,
)
from core.cli.database import Invocation, OpenScreens
from core.cli.output import say
from core.cli.wrong_usage import WrongUsage
from core.errors import HookkeeperError


def run(open_screens: OpenScreens) -> None:
    """Run what the words after the command ask for; without any, `open_screens`. Leaves by SystemExit.

    0: done. 1: not done. 2: wrong usage. 130: ctrl+c.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        _commands(open_screens)()
    except HookkeeperError as error:
        _leave(str(error), 2 if isinstance(error, WrongUsage | UnknownType) else 1)
    except OSError as error:
        _leave(f"{error.filename or 'Input or output'}: {error.strerror or error}.", 1)
    except KeyboardInterrupt:
        sys.exit(130)


def _leave(words: str, status: int) -> None:
    say(words)
    sys.exit(status)


def _commands(open_screens: OpenScreens) -> typer.Typer:
    app = typer.Typer(
        name="hookkeeper",
        invoke_without_command=True,
        add_completion=False,
        rich_markup_mode=None,  # rich would double the time of --help and break the sentences of errors
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )

    @app.callback()
    def hookkeeper(
        context: typer.Context,
        db: Annotated[
            Path | None,
            typer.Option(
                "--db", envvar="HOOKKEEPER_DB", help="The database; else the platform's data folder."
            ),
        ] = None,
        read_only: Annotated[
            bool, typer.Option("--read-only", help="Open the screens without changing anything.")
        ] = False,
        version: Annotated[
            bool, typer.Option("--version", help="Print the version.", is_eager=True, callback=_version)
        ] = False,
    ) -> None:
        """Sends an organisation's webhooks and keeps the books. Without a command: the screens."""
        if db is not None and (not db.name or db.is_dir()):
            raise WrongUsage("--db: name a file, such as --db ~/hookkeeper.db.")
        context.obj = Invocation(db or default_database(), open_screens)
        if context.invoked_subcommand is None:
            sys.exit(open_screens(context.obj.database, reads_only=read_only))
        if read_only:
            raise WrongUsage("--read-only is for the screens: leave the command out.")

    for module in (dispatcher, emit, catalogue, audit, prune, demo, doctor, stats):
        module.add_to(app)
    for name, module in (
        ("events", events),
        ("webhooks", webhooks),
        ("settings", settings),
        ("deliveries", deliveries),
        ("notices", notices),
        ("keys", keys),
        ("jobs", jobs),
    ):
        app.add_typer(module.app, name=name)
    return app


def default_database() -> Path:
    """Where the database is unless somebody names another place."""
    from platformdirs import user_data_path

    return user_data_path("hookkeeper") / "hookkeeper.db"


def _version(wanted: bool) -> None:
    if wanted:
        from core.version import VERSION

        print(VERSION)
        raise typer.Exit
