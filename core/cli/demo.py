"""`demo`: the screens with made-up traffic."""

import typer

from core.cli.database import invocation
from core.cli.example import example
from core.cli.output import say
from core.cli.terminal import require_terminal


def add_to(app: typer.Typer) -> None:
    app.command(epilog=example("demo"))(demo)


def demo(context: typer.Context) -> None:
    """Try Hookkeeper with made-up traffic. It is sent to good and bad endpoints, and removed when the screens close.

    Your own database is not touched, whatever --db names.
    """
    require_terminal()
    say("Starting endpoints, made-up traffic and a dispatcher…")
    from core.service.demo.screens import opened_demo

    with opened_demo() as database:
        status = invocation(context).open_screens(database)
    raise typer.Exit(status)
