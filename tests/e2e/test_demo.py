"""`hookkeeper demo` in a real terminal: live traffic of every kind, and nothing left behind."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import ROOT
from tests.support.terminal import Terminal

_OURS = ("HOOKKEEPER_DB", "HOOKKEEPER_KEY_FILE", "XDG_STATE_HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME")


class Place:
    """A home folder with some content, and a private folder for temporary files."""

    def __init__(self, folder: Path) -> None:
        self.home, self.temporary = folder / "home", folder / "tmp"
        config = self.home / ".config" / "hookkeeper"
        config.mkdir(parents=True)
        (config / "keys").write_text("# mine\n")
        self.temporary.mkdir()
        self._before = self._at_home()

    def _at_home(self) -> dict[str, tuple[int, bytes]]:
        return {
            str(path): (path.stat().st_mtime_ns, path.read_bytes() if path.is_file() else b"")
            for path in self.home.rglob("*")
        }

    def demo(self) -> list[Path]:
        """Return the demo's folder, if it exists."""
        return list(self.temporary.glob("hookkeeper-demo-*"))

    def processes(self) -> set[int]:
        """Return the PIDs of processes whose command line names the demo's folder."""
        found = set()
        for file in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                if str(self.temporary).encode() in file.read_bytes():
                    found.add(int(file.parent.name))
            except OSError:
                continue  # it has ended meanwhile
        return found

    async def is_left_clean(self) -> None:
        """Wait until no process and no folder is left, then check that the home folder is unchanged."""
        async with asyncio.timeout(50):
            while self.processes() or self.demo():  # noqa: ASYNC110  # other processes end without notification
                await asyncio.sleep(0.02)
        assert list(self.temporary.iterdir()) == []
        assert self._at_home() == self._before


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """An isolated place in which to run a demo."""
    place = Place(tmp_path)
    for name in _OURS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(place.home))
    monkeypatch.setenv("TMPDIR", str(place.temporary))
    yield place
    for pid in place.processes():
        os.kill(pid, signal.SIGKILL)


async def test_deliveries_of_every_kind(place: Place) -> None:
    """Good and bad endpoints show in Webhooks and in the Monitor; q ends it all."""
    terminal = Terminal(120, 100, words=["demo"])
    await terminal.shows("Webhook configurations")
    await terminal.shows("✓ 204")
    await terminal.shows("disabled")
    assert len(place.processes()) == 2
    terminal.keys("3")
    await terminal.shows("Attention")
    terminal.keys("v")
    await terminal.shows("Failing now")
    terminal.keys("v")
    for answer in ("✓ delivered", "503", "429", "500"):
        await terminal.shows(answer)
    terminal.keys("q")
    assert await terminal.exit_code() == 0
    await place.is_left_clean()


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM, signal.SIGKILL])
async def test_however_it_ends_nothing_is_left(place: Place, number: signal.Signals) -> None:
    """Even if the screens are killed, the other process notices that they are gone."""
    terminal = Terminal(words=["demo"])
    await terminal.shows("✓ 204")
    assert len(place.demo()) == 1
    os.kill(terminal.pid, number)
    await terminal.exit_code()
    await place.is_left_clean()


async def test_killed_while_it_opens(place: Place) -> None:
    """Nothing is left of a demo that never got as far as its screens."""
    terminal = Terminal(words=["demo"])
    async with asyncio.timeout(50):
        while not place.processes():  # noqa: ASYNC110  # other processes start without notification
            await asyncio.sleep(0.002)
    os.kill(terminal.pid, signal.SIGKILL)
    await terminal.exit_code()
    await place.is_left_clean()


async def test_its_other_process_is_killed(place: Place) -> None:
    """The dispatcher that it leaves behind ends with the screens."""
    terminal = Terminal(words=["demo"])
    await terminal.shows("✓ 204")
    (stage,) = (
        pid for pid in place.processes() if b"core.service.demo" in Path(f"/proc/{pid}/cmdline").read_bytes()
    )
    os.kill(stage, signal.SIGKILL)
    terminal.keys("q")
    assert await terminal.exit_code() == 1
    await terminal.shows("The demo stopped by itself.")
    await place.is_left_clean()


@pytest.mark.parametrize("words", ['exec "$@"', 'exec "$@" <&-'], ids=["no terminal", "closed"])
async def test_without_a_terminal(place: Place, words: str) -> None:
    """The command prints a sentence and starts nothing."""
    ran = await asyncio.to_thread(
        subprocess.run,
        ["sh", "-c", words, "sh", sys.executable, "-m", "tui", "demo"],
        cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr == "The screens need a terminal. hookkeeper --help lists the commands.\n"
    await place.is_left_clean()
