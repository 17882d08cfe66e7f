"""Shared fixtures of the command line tests."""

import json
import sys
from pathlib import Path

import pytest

from core.cli.main import run
from core.place import Place


def _screens(database: Place, *, reads_only: bool = False) -> int:
    return 8 if reads_only else 7


class Shell:
    """Runs commands in this process and keeps what they print."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch = monkeypatch
        self._capfd = capfd
        self.out = ""
        self.err = ""

    def __call__(self, *words: str) -> int:
        self._monkeypatch.setattr(sys, "argv", ["hookkeeper", *words])
        code = 0
        try:
            run(_screens)
        except SystemExit as end:
            code = int(end.code or 0)
        self.out, self.err = self._capfd.readouterr()
        return code

    def json(self, *words: str) -> list[dict[str, object]]:
        """The JSON lines that a command prints."""
        assert self(*words, "--json") == 0
        return [json.loads(line) for line in self.out.splitlines()]


@pytest.fixture
def shell(database: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Shell:
    """A command line on a database of its own."""
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("NO_COLOR", "1")
    return Shell(monkeypatch, capfd)
