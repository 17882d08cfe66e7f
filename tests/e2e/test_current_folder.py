"""Hookkeeper's child processes run its own code, whatever files are in the current folder."""

import os
import signal
import sys
from pathlib import Path

import pytest

from core.store import nodes
from tests.support.terminal import Terminal

HOOKKEEPER = Path(sys.executable).with_name("hookkeeper")
_THERE = ("/bin/sh", "-c", 'cd "$1" && shift && exec "$@"', "sh")


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    """A folder with files named like modules that Hookkeeper imports. Each leaves a mark if it is run."""
    folder = tmp_path / "foreign"
    for name in (
        "core/__init__.py", "core/cli/__init__.py", "core/cli/__main__.py", "core/service/__init__.py",
        "core/service/demo/__init__.py", "core/service/demo/__main__.py", "structlog.py", "uvloop.py",
        "sitecustomize.py",
    ):  # fmt: skip
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"open({str(folder / 'MARK')!r}, 'a').write(__file__)\nraise SystemExit('foreign')\n")
    return folder


def _terminal(folder: Path, *words: str, **environment: str) -> Terminal:
    """Run the installed `hookkeeper` in a folder."""
    return Terminal(command=_THERE, words=(str(folder), str(HOOKKEEPER), *words), environment=environment)


@pytest.mark.usefixtures("no_dispatcher_left")
async def test_a_foreign_core_cli_is_not_run_as_the_dispatcher(database: Path, foreign: Path) -> None:
    """The dispatcher that the screens start is the installed one, started with python -P."""
    terminal = _terminal(foreign)
    await terminal.shows("✓ delivering here")
    status = nodes.standing_at(database)
    assert status.pid is not None
    command = Path(f"/proc/{status.pid}/cmdline").read_bytes().split(b"\0")
    assert command[1:4] == [b"-P", b"-m", b"core.cli"]
    assert Path(f"/proc/{status.pid}/cwd").resolve() == foreign
    assert not (foreign / "MARK").exists()
    os.kill(terminal.pid, signal.SIGTERM)
    assert await terminal.exit_code() == 0


async def test_nor_as_the_demo(database: Path, foreign: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The demo's process and its dispatcher are the installed ones, too."""
    temporary = foreign.parent / "tmp"
    temporary.mkdir()
    terminal = _terminal(foreign, "demo", TMPDIR=str(temporary))
    await terminal.shows("✓ 204")
    assert not (foreign / "MARK").exists()
    terminal.keys("q")
    assert await terminal.exit_code() == 0
    assert list(temporary.iterdir()) == []


@pytest.mark.usefixtures("no_dispatcher_left")
async def test_an_empty_entry_of_pythonpath(database: Path, foreign: Path) -> None:
    """`PYTHONPATH=$PYTHONPATH:/x` adds the current folder if the variable was unset. No child imports from there."""
    for name in ("core", "sitecustomize.py"):
        (foreign / name).rename(foreign / f"not-{name}")  # else they shadow the program itself
    terminal = _terminal(foreign, PYTHONPATH=f":{foreign.parent / 'x'}")
    await terminal.shows("✓ delivering here")
    assert not (foreign / "MARK").exists()
    os.kill(terminal.pid, signal.SIGTERM)
    assert await terminal.exit_code() == 0
