"""`doctor`: checks that everything that delivering needs is in order."""

import asyncio
from dataclasses import asdict
from typing import Annotated

import typer

from core.cli.database import database_of
from core.cli.example import example
from core.cli.output import AsJson, print_json, print_table


def add_to(app: typer.Typer) -> None:
    app.command(epilog=example("doctor", "doctor --network --json"))(doctor)


def doctor(
    context: typer.Context,
    network: Annotated[
        bool, typer.Option("--network", help="Ask nameservers and the token endpoint as well.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Check files, keys, versions, clock and dispatcher. Each problem is shown with its remedy. Any problem makes
    the exit status 1.

    Nothing is changed.
    """
    from core.service.doctor import examine

    found = asyncio.run(examine(database_of(context), network=network))
    if as_json:
        for finding in found:
            print_json(asdict(finding))
    else:
        rows = (("wrong" if each.wrong else "ok", each.check, each.words) for each in found)
        print_table(("", "Check", "Finding"), rows)
    if any(finding.wrong for finding in found):
        raise typer.Exit(1)
