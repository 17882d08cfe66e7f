"""docs/cli.md: made from the commands, and current."""

from pathlib import Path

import pytest

from core.cli.page import page
from tests.support.command_tree import command_tree

ROOT = Path(__file__).resolve().parents[3]


def test_the_page_in_the_docs_is_current() -> None:
    """`make docs` was run after the last change of a command, an option or a help text."""
    assert (ROOT / "docs" / "cli.md").read_text() == page()


def test_the_page_does_not_depend_on_what_was_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    """It has all commands, whatever stands on the command line of the process that makes it."""
    before = page()
    monkeypatch.setattr("sys.argv", ["hookkeeper", "webhooks", "list"])
    monkeypatch.setenv("HOOKKEEPER_DB", "/somewhere/else.db")
    monkeypatch.setenv("COLUMNS", "40")
    assert page() == before


def test_the_page_has_every_command_with_its_options() -> None:
    """Each of them in a section of its own, in the order of --help."""
    names = list(command_tree().commands)
    headings = [
        line.removeprefix("## hookkeeper ")
        for line in page().splitlines()
        if line.startswith("## hookkeeper ")
    ]
    assert headings == names
    section = page().split("### hookkeeper webhooks add\n")[1].split("\n##")[0]
    assert "Generate a webhook; prints its ID." in section
    assert "- `--type TYPE`: See hookkeeper types. [required]" in section
    assert "- `--in-order / --no-in-order`: " in section
    assert "hookkeeper webhooks add --type onboarding-status --url https://hooks.example/incode\n" in section


def test_marks_of_markdown_stand_as_they_are_written() -> None:
    """A star or an underscore in a help text changes no letter of it; code stays code."""
    assert "rfc\\* is all that begin so." in page()
    assert "[env var: HOOKKEEPER\\_DB]" in page()
    assert "`attempt_list`" in page()
