"""The `list` command: the default of some groups, and optional where a command only lists."""

from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

_MOST = 1_000_000


def _number(given: str | int) -> int:
    text = str(given)  # the default is already an int
    if text.isascii() and text.isdecimal() and len(text) < 10 and 1 <= int(text) <= _MOST:
        return int(text)
    raise typer.BadParameter(f"Enter a whole number from 1 to {_MOST:,}.")


Limit = Annotated[
    int, typer.Option(parser=_number, metavar="NUMBER", help=f"At most so many, 1 to {_MOST:,}.")
]


class ListingGroup(TyperGroup):
    """A group whose default is `list`: `hookkeeper jobs --json` is `hookkeeper jobs list --json`."""

    # Any: the context that Typer's parser gives has no public type
    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        is_option = bool(args) and args[0].startswith("-") and args[0] not in ctx.help_option_names
        return super().parse_args(ctx, ["list", *args] if is_option or not args else args)


class ListingCommand(TyperCommand):
    """A command that only lists: `hookkeeper audit list` is `hookkeeper audit`."""

    # Any: the context that Typer's parser gives has no public type
    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        return super().parse_args(ctx, args[1:] if args[:1] == ["list"] else args)
