"""The command line's root: the database's path, the command groups, and errors as one sentence."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Optional

import typer

from core.cli import deliveries, events, settings, webhooks
from core.cli.emit import emit
from core.errors import HookkeeperError
from core.text import one_line
from core.version import VERSION

DATABASE_VARIABLE = "HOOKKEEPER_DB"

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Sends an organisation's webhooks and keeps the books on them. Without a command: the screens.",
)
app.command()(emit)
app.add_typer(webhooks.app, name="webhooks")
app.add_typer(settings.app, name="settings")
app.add_typer(deliveries.app, name="deliveries")
app.add_typer(events.app, name="events")


def default_database() -> Path:
    """Where the database is when nobody says."""
    from platformdirs import user_data_path

    return user_data_path("hookkeeper") / "hookkeeper.db"


def _print_version(wanted: bool) -> None:
    if wanted:
        print(VERSION)
        raise typer.Exit


@app.callback(invoke_without_command=True)
def root(
    context: typer.Context,
    db: Annotated[Optional[Path], typer.Option(envvar=DATABASE_VARIABLE, help="The database file.")] = None,  # noqa: UP045  # typer reads it
    version: Annotated[bool, typer.Option("--version", callback=_print_version, is_eager=True)] = False,
) -> None:
    context.obj["database"] = db or default_database()
    if context.invoked_subcommand is None:
        raise typer.Exit(context.obj["open_screens"](context.obj["database"]))


@app.command()
def serve(context: typer.Context) -> None:
    """Deliver in the foreground; while another one delivers, stand by."""
    from core.cli.serve import run_serve

    raise typer.Exit(run_serve(context.obj["database"]))


@app.command()
def status(context: typer.Context, json: bool = False) -> None:
    """Who delivers."""
    from core.cli.serve import run_status

    raise typer.Exit(run_status(context.obj["database"], as_json=json))


@app.command()
def stop(context: typer.Context) -> None:
    """Drain the dispatcher and stop it."""
    from core.cli.serve import run_stop

    raise typer.Exit(run_stop(context.obj["database"]))


@app.command()
def types(json: bool = False) -> None:
    """The catalogue of event types."""
    from core.catalog import EVENT_TYPES
    from core.cli.output import print_rows

    rows = [
        {
            "type": kind.name,
            "label": kind.label,
            "deprecated": kind.deprecated,
            "published": str(kind.published),
            "trigger": kind.trigger,
        }
        for kind in EVENT_TYPES.values()
    ]
    print_rows(rows, as_json=json)


def run(open_screens: Callable[[Path], int]) -> None:
    """Run the command line; without a command, `open_screens` with the database's path."""
    try:
        app(prog_name="hookkeeper", obj={"open_screens": open_screens})
    except HookkeeperError as error:
        print(one_line(str(error)), file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        # The reader has gone; what is left in our buffer must not be complained about at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
