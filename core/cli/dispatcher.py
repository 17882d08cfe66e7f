"""`serve`, `status` and `stop`, as commands."""

import typer

from core.cli.database import database_of
from core.cli.example import example
from core.cli.output import AsJson


def add_to(app: typer.Typer) -> None:
    app.command(epilog=example("serve", "--db /var/lib/hooks.db serve"))(serve)
    app.command(epilog=example("status", "status --json"))(status)
    app.command(epilog=example("stop"))(stop)


def serve(context: typer.Context) -> None:
    """Deliver in the foreground until told to stop."""
    from core.cli.serve import run_serve

    raise typer.Exit(run_serve(database_of(context), started_by="serve"))


def status(context: typer.Context, as_json: AsJson = False) -> None:
    """Say who delivers. The exit status is 1 if nobody does."""
    from core.cli.serve import run_status

    raise typer.Exit(run_status(database_of(context), as_json=as_json))


def stop(context: typer.Context, as_json: AsJson = False) -> None:
    """Drain the dispatcher and wait until it has stopped. With --json, `stopped` is its pid, or null if none ran."""
    from core.cli.serve import run_stop

    raise typer.Exit(run_stop(database_of(context), as_json=as_json))
