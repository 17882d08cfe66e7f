"""`list`, which every group of commands has, also where it is what is meant without a word."""

from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

Limit = Annotated[int, typer.Option(min=1, max=1_000_000, metavar="NUMBER", help="At most so many.")]


class ListingGroup(TyperGroup):
    """Without a command it lists: `hookkeeper jobs --json` is `hookkeeper jobs list --json`."""

    # Any: the context that Typer's parser gives has no public type
    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        is_option = bool(args) and args[0].startswith("-") and args[0] not in ctx.help_option_names
        return super().parse_args(ctx, ["list", *args] if is_option or not args else args)


class ListingCommand(TyperCommand):
    """A command that only lists: `hookkeeper types list` is `hookkeeper types`."""

    # Any: the context that Typer's parser gives has no public type
    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        return super().parse_args(ctx, args[1:] if args[:1] == ["list"] else args)
