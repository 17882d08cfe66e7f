"""The command tree, to inspect it or to parse command lines without running anything."""

from collections.abc import Iterator

import typer
from typer.core import TyperGroup

from core.cli.commands import commands


def command_tree() -> TyperGroup:
    """Return the root group, which has all commands."""
    found = typer.main.get_command(commands(lambda database, reads_only=False: 0, ["--help"]))
    assert isinstance(found, TyperGroup)
    return found


def paths(group: TyperGroup, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the words of each command below a group, including those of nested groups."""
    yield path
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            yield from paths(command, (*path, name))
        else:
            yield (*path, name)


def silence(group: TyperGroup, run: list[str]) -> None:
    """Make each command below a group do nothing except append its name to `run`."""
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            silence(command, run)
        else:
            command.callback = lambda name=name, **values: run.append(name)
