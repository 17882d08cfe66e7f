"""`demo`: the screens over made-up traffic."""

import typer

from core.cli.database import invocation
from core.cli.terminal import require_terminal


def add_to(app: typer.Typer) -> None:
    app.command()(demo)


def demo(context: typer.Context) -> None:
    """Try Hookkeeper: endpoints good and bad, made-up traffic and the screens, all gone when they close.

    Nothing of yours is touched, whatever --db names.
    """
    require_terminal()
    from core.service.demo.screens import opened_demo

    with opened_demo() as database:
        status = invocation(context).open_screens(database)
    raise typer.Exit(status)
