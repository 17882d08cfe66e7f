"""Every command of the tree: its example, its options, and the word `list`."""

import asyncio
import json
import re
import shlex
from pathlib import Path

import pytest
from typer.core import TyperGroup

from core.models import NoticeKind
from core.store import notices, open_store
from tests.core.cli.conftest import Shell
from tests.support.command_tree import command_tree, paths, silence


@pytest.fixture
def tree() -> TyperGroup:
    """All commands."""
    return command_tree()


def test_each_help_has_an_example_that_our_parser_takes(shell: Shell, tree: TyperGroup) -> None:
    """The examples stand whole in their lines, and each calls the command that it is an example of."""
    run: list[str] = []
    silence(tree, run)
    for path in paths(tree):
        assert shell(*path, "--help") == 0, path
        _, title, examples = re.split(r"^  (Examples?):\n", shell.out, flags=re.MULTILINE)
        lines = examples.strip("\n").splitlines()
        assert title == ("Example" if len(lines) == 1 else "Examples")
        for line in lines:
            words = shlex.split(line.split(" > ")[0])
            assert words[0] == "hookkeeper"
            run.clear()
            if words[1:]:
                tree.main(words[1:], standalone_mode=False)
            if path not in {
                (),
                *((group,) for group in tree.commands if isinstance(tree.commands[group], TyperGroup)),
            }:
                assert run == [path[-1]], line


def test_options_say_what_they_take(tree: TyperGroup) -> None:
    """A name in capitals or the choices, never the name of a type; and each says what it is for."""
    for path in paths(tree):
        command: object = tree
        for name in path:
            assert isinstance(command, TyperGroup)
            command = command.commands[name]
        for parameter in getattr(command, "params", ()):
            shown = f"hookkeeper {' '.join(path)}: {parameter.opts}"
            assert parameter.help, shown
            is_choice = "Literal" in str(parameter.type_descriptor.annotation)
            if not getattr(parameter, "is_flag", False) and not is_choice:
                assert parameter.metavar, shown
                assert re.search("[A-Z]", parameter.metavar), shown


@pytest.mark.parametrize(
    ("words", "option"),
    [
        ("events list", "--limit NUMBER"),
        ("deliveries list", "--since TIME"),
        ("deliveries list", "--until TIME"),
        ("deliveries list", "--code NUMBER"),
        ("webhooks add", "--deadline SECONDS"),
        ("webhooks edit", "--rate NUMBER"),
        ("webhooks edit", "--concurrency NUMBER"),
        ("settings set", "--deadline SECONDS"),
        ("settings set", "--body-limit BYTES"),
        ("settings set", "--keep-failed DAYS"),
        ("settings set", "--schedule WAITS"),
    ],
)
def test_numbers_and_durations_say_so(shell: Shell, words: str, option: str) -> None:
    """In the help, beside the option."""
    assert shell(*words.split(), "--help") == 0
    assert option in shell.out


def test_a_time_says_what_is_understood(shell: Shell) -> None:
    """Each form that the help names is taken."""
    assert shell("settings", "set", "--deadline", "9") == 0
    for time in ("30m", "2h", "3d", "14:05", "2024-11-23", "2024-11-23T14:05"):
        assert shell("deliveries", "list", "--since", time) == 0
        assert shell("deliveries", "list", "--help") == 0
        assert time in shell.out


def test_every_group_has_list(shell: Shell, database: Path) -> None:
    """And the spelling without it stays for those that had it."""
    assert shell("settings", "set", "--deadline", "9") == 0

    async def add() -> None:
        async with open_store(database) as store:
            kind = NoticeKind.AUTHORIZATION
            await store.write(lambda connection: notices.add(connection, "a", kind, "About a."))

    asyncio.run(add())
    for group in [
        "events",
        "webhooks",
        "deliveries",
        "settings",
        "notices",
        "jobs",
        "keys",
        "audit",
        "types",
    ]:
        assert shell(group, "list") == 0
        assert shell(group, "list", "--json") == 0
    for group in ["notices", "jobs", "audit", "types"]:
        assert shell(group, "--json") == 0
        bare = shell.out
        assert shell(group, "list", "--json") == 0
        assert shell.out == bare
    assert shell.json("settings", "list") == shell.json("settings", "show")
    assert [notice["message"] for notice in shell.json("notices", "list", "--all", "--limit", "5")] == [
        "About a."
    ]
    assert shell("notices", "--limit", "1", "--all") == 0
    assert "About a." in shell.out
    assert shell("notices", "lst") == 2
    assert "Did you mean 'list'?" in shell.err
    assert shell("types", "list", "more") == 2


def test_keys_are_listed_without_the_keys(shell: Shell, tmp_path: Path) -> None:
    """The newest one encrypts; how many secrets of this database need each."""
    for number in range(2):
        assert (
            shell("webhooks", "add", "--type", "session-failed", "--url", f"https://a.example/{number}") == 0
        )
    assert shell("keys", "rotate") == 0
    (older, newest) = shell.json("keys", "list")
    assert (older["newest"], older["secrets"]) == (False, 0)
    assert (newest["newest"], newest["secrets"]) == (True, 2)
    assert set(newest) == {"id", "newest", "secrets"}
    assert shell("keys", "list") == 0
    for line in (tmp_path / "config" / "keys").read_text().splitlines()[1:]:
        identity, _, key = line.partition(" ")
        assert identity in shell.out
        assert key not in shell.out
    assert json.dumps(newest)
