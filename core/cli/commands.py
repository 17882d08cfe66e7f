"""The command line. Only the module of the typed command is imported, so that it starts quickly."""

import sys
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from importlib import import_module
from typing import Annotated

import typer

from core.cli.database import Invocation
from core.cli.example import example
from core.cli.main import OpenScreens, database_at
from core.cli.words import Failure, fail
from core.cli.wrong_usage import WrongUsage
from core.text import one_line

_MODULES = {
    "serve": "dispatcher",
    "status": "dispatcher",
    "stop": "dispatcher",
    "emit": "emit",
    "types": "catalogue",
    "audit": "audit",
    "prune": "prune",
    "demo": "demo",
    "doctor": "doctor",
    "stats": "stats",
    "events": "events",
    "webhooks": "webhooks",
    "settings": "settings",
    "deliveries": "deliveries",
    "notices": "notices",
    "keys": "keys",
    "jobs": "jobs",
}
"""The module that defines each command, in the order of --help."""


def run_commands(open_screens: OpenScreens) -> int:
    """Run the command that was typed and return its exit status."""
    try:
        status = commands(open_screens)(prog_name="hookkeeper", standalone_mode=False)
    except typer.TyperException as error:
        return _wrong_words(error)
    except typer.Abort:
        ended = "The input ended before anything was typed."
        fail(Failure(ended), ended)
        return 1
    return status if isinstance(status, int) else 0


def _wrong_words(error: typer.TyperException) -> int:
    """Report what the parser refused and return the exit status.

    Typer itself would print what was typed unchanged, including marks that turn the direction of text.
    """
    context: typer.Context | None = getattr(error, "ctx", None)
    words = error.format_message()
    path = context.command_path if context else command_path(sys.argv[1:])
    if context is not None and words == context.get_help():  # a group was typed without a command
        fail(Failure("The command is not whole.", None, _help(path)), words)
        return error.exit_code
    usage = context.get_usage() if context else f"Usage: {path} [OPTIONS]"
    fail(
        Failure(words, _wrong_field(error), _help(path)),
        f"{usage}\nTry '{path} -h' for help.\n\nError: {words}",
    )
    return error.exit_code


def _wrong_field(error: typer.TyperException) -> str | None:
    """Return the name, as in JSON, of the option or argument that the parser refused; None if unknown."""
    parameter = error.param if isinstance(error, typer.BadParameter) else None
    name: str | None = parameter.opts[0] if parameter else getattr(error, "option_name", None)
    return name.lstrip("-").replace("-", "_") if name else None


def _help(path: str) -> str:
    return f"{path} --help shows what it takes."


def command_path(words: Sequence[str]) -> str:
    """Return the command that these words begin with, such as `hookkeeper webhooks add`."""
    left = iter(words)
    for word in left:
        if word == "--db":
            next(left, None)
        elif word in _MODULES:
            is_group = hasattr(sys.modules.get(f"core.cli.{_MODULES[word]}"), "app")
            second = next(left, "-") if is_group else "-"
            return f"hookkeeper {word}" if second.startswith("-") else f"hookkeeper {word} {second}"
    return "hookkeeper"


def commands(open_screens: OpenScreens, words: Sequence[str] | None = None) -> typer.Typer:
    """Build the app with the command that these words name, or with all commands for --help.

    `words` defaults to the command line. Without a command, the app calls `open_screens`.
    """
    app = typer.Typer(
        name="hookkeeper",
        invoke_without_command=True,
        add_completion=False,
        rich_markup_mode=None,  # rich would double the time of --help and break the sentences of errors
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
        epilog=example("", "webhooks list", 'emit session-failed --data \'{"interviewId": "66e1"}\''),
    )

    @app.callback()
    def hookkeeper(
        context: typer.Context,
        db: Annotated[
            str | None,
            typer.Option(
                "--db",
                metavar="FILE",
                envvar="HOOKKEEPER_DB",
                help="The database; else the platform's data folder.",
            ),
        ] = None,
        read_only: Annotated[
            bool, typer.Option("--read-only", help="Open the screens without changing anything.")
        ] = False,
        version: Annotated[
            bool, typer.Option("--version", help="Print the version.", is_eager=True, callback=_version)
        ] = False,
    ) -> None:
        """Sends an organisation's webhooks and keeps the books. Without a command, it opens the screens."""
        context.obj = Invocation(database_at(db), open_screens)
        if context.invoked_subcommand is None:
            raise typer.Exit(open_screens(context.obj.database, reads_only=read_only))
        if read_only:
            raise WrongUsage("--read-only is for the screens: leave the command out.")

    for module in _needed(sys.argv[1:] if words is None else words):
        import_module(f"core.cli.{module}").add_to(app)
    return app


def _needed(words: Sequence[str]) -> Iterable[str]:
    """Return the module of the command that these words name; for --help, all modules.

    Raises WrongUsage for an unknown command.
    """
    left = iter(words)
    for word in left:
        if word == "--db":
            next(left, None)
        elif word in _MODULES:
            return (_MODULES[word],)
        elif not word.startswith("-"):
            raise WrongUsage(_no_command(word))
        elif not word.startswith("--db="):
            return dict.fromkeys(_MODULES.values())
    return ()


def _no_command(word: str) -> str:
    near = get_close_matches(word, _MODULES, n=1)
    hint = f"Did you mean {near[0]}? " if near else ""
    return f'There is no command "{one_line(word)[:60]}". {hint}hookkeeper --help lists them all.'


def _version(wanted: bool) -> None:
    if wanted:
        from core.version import VERSION

        print(VERSION)
        raise typer.Exit
