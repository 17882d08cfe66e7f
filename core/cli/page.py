"""Generates docs/cli.md from the tree of commands, for `make docs`."""

import re
from collections.abc import Iterator

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from core.cli.commands import commands
from core.place import Place

_HEAD = """# Command line

`make docs` writes this page from the commands themselves. `hookkeeper COMMAND --help` shows the same in the terminal, and every
command has `-h` and `--help`.

## What holds for all commands

- Data goes to stdout. Everything that is said about it goes to stderr.
- Exit status: 0 if the command did what was asked, 1 if it did not, 2 if the command line was wrong, 130 after `ctrl+c`.
- `--db FILE` stands before the command and names the database. Without it `HOOKKEEPER_DB` counts, else the database in the
  platform's data folder. [operating.md](operating.md) says where that is.
- The ID of a webhook, a delivery, a job or a notice may be given by its last characters, at least four.
- `--json` prints JSON lines: one object for each thing that is listed. A new version may add fields; the changelog names a
  field that changes.

## For scripts

- With `--json`, a command that fails writes exactly one object to stderr: `{"error", "field", "hint"}`. `error` says what
  happened. `field` names the option or setting that is wrong, or is null. `hint` says what to do, or is null.
- With `--json`, a command that succeeds writes at most objects with a `note` to stderr, for example that nobody delivers now.
- A reader that closes the pipe early (`... | head`) does not change what a command does. The command ends quietly with its own
  exit status. `emit --batch` goes on storing, and says at the end from which line on nobody could read its answers.
- If the output cannot be written for another reason, such as a full disk, the command says so and exits with 1. The change that
  was asked for is made all the same.
- Input is UTF-8, with or without a byte order mark. UTF-16, UTF-32 and compressed files are refused by name.
- Where the output's encoding lacks a mark such as `–`, ASCII stands in its place. Letters are then escaped as in JSON.
- No secret has to stand in an argument, which other users of the machine can read: see [security.md](security.md).
"""


def page() -> str:
    """Return the page, in Markdown."""
    root = typer.main.get_command(commands(_no_screens, ["--help"]))
    context = typer.Context(root, info_name="hookkeeper")
    sections = [found for command, inner in _tree(root, context) for found in _section(command, inner)]
    return "\n".join([_HEAD, *_contents(root), *sections])


def _no_screens(database: Place, *, reads_only: bool = False) -> int:
    return 0  # no command is run


def _tree(
    command: object, context: typer.Context
) -> Iterator[tuple[TyperCommand | TyperGroup, typer.Context]]:
    """Yield a command, then those below it, each with a context that knows its full name."""
    assert isinstance(command, TyperCommand | TyperGroup)
    yield command, context
    if isinstance(command, TyperGroup):
        for name, inner in command.commands.items():
            yield from _tree(inner, typer.Context(inner, info_name=name, parent=context))


def _contents(root: object) -> Iterator[str]:
    assert isinstance(root, TyperGroup)
    yield "## Commands\n\n| command | what it does |\n|---|---|"
    yield from (
        f"| [{name}](#hookkeeper-{name}) | {_first(command.help)} |"
        for name, command in root.commands.items()
    )
    yield ""


def _first(text: str | None) -> str:
    """The first sentence."""
    return _prose(re.split(r"(?<=\.)\s", text or "", maxsplit=1)[0])


def _section(command: TyperCommand | TyperGroup, context: typer.Context) -> Iterator[str]:
    depth = "##" if context.parent is None or context.parent.parent is None else "###"
    yield f"{depth} {context.command_path}\n"
    yield f"{_prose(command.help or '')}\n"
    yield f"```\n{' '.join((context.command_path, *command.collect_usage_pieces(context)))}\n```\n"
    described = [
        *(_argument(each, context) for each in command.params if isinstance(each, TyperArgument)),
        *(_option(each, context) for each in command.params if isinstance(each, TyperOption)),
    ]
    if described:
        yield "\n".join(described) + "\n"
    title, lines = _examples(command.epilog or "")
    yield f"{title}\n\n```\n{lines}\n```\n"


def _argument(argument: TyperArgument, context: typer.Context) -> str:
    shown = " ".join(argument.get_usage_pieces(context))
    return f"- `{shown}`: {_prose(argument.help or '')}"


def _option(option: TyperOption, context: typer.Context) -> str:
    shown, words = option.get_help_record(context) or ("", "")
    return f"- `{shown}`: {_prose(words)}"


def _examples(epilog: str) -> tuple[str, str]:
    title, _, lines = epilog.removeprefix("\b\n").partition("\n")
    return title, re.sub(r"(?m)^  ", "", lines)


def _prose(text: str) -> str:
    """Escape Markdown's special characters outside code; paragraphs stay separate."""
    paragraphs = re.split(r"\n\s*\n", text.strip())
    plain = "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)
    return re.sub(r"(`[^`]*`)|([<*_|\\])", lambda found: found[1] or f"\\{found[2]}", plain)


if __name__ == "__main__":
    print(page(), end="")
