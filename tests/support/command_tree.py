"""The commands as a tree, to be looked through, or parsed without doing anything."""

from collections.abc import Iterator

import typer
from typer.core import TyperGroup

from core.cli.commands import commands


def command_tree() -> TyperGroup:
    """All commands."""
    found = typer.main.get_command(commands(lambda database, reads_only=False: 0, ["--help"]))
    assert isinstance(found, TyperGroup)
    return found


def paths(group: TyperGroup, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The words of each command below a group, its own and those of inner groups first."""
    yield path
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            yield from paths(command, (*path, name))
        else:
            yield (*path, name)


def silence(group: TyperGroup, run: list[str]) -> None:
    """Let no command below a group do anything but add its name to `run`."""
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            silence(command, run)
        else:
            command.callback = lambda name=name, **values: run.append(name)
