"""The main path in a real terminal: empty machine to delivered event, by keys alone, at 80x24."""

import asyncio
import fcntl
import os
import pty
import signal
import struct
import sys
import termios
from collections.abc import Iterator
from pathlib import Path

import pyte
import pytest
from standardwebhooks import Webhook as Verifier

from core.store import config, open_store
from tests.e2e.conftest import ROOT
from tests.support.receiver import Receiver
from tests.support.token_endpoint import TokenEndpoint


class Terminal:
    """A program in a pty, and what its screen shows."""

    def __init__(self, columns: int = 80, lines: int = 24) -> None:
        self.screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self.screen)
        self.raw = bytearray()
        self._news = asyncio.Condition()
        self._tasks: set[asyncio.Task[None]] = set()
        self.pid, self._file = pty.fork()
        if self.pid == 0:
            os.chdir(ROOT)
            os.execve(sys.executable, [sys.executable, "-m", "tui"], os.environ | {"TERM": "xterm-256color"})
        fcntl.ioctl(self._file, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        asyncio.get_running_loop().add_reader(self._file, self._read)

    def _read(self) -> None:
        try:
            data = os.read(self._file, 65536)
        except OSError:
            data = b""
        if not data:
            asyncio.get_running_loop().remove_reader(self._file)
        self.raw += data
        self._stream.feed(data)
        task = asyncio.create_task(self._tell())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _tell(self) -> None:
        async with self._news:
            self._news.notify_all()

    def text(self) -> str:
        """The screen as text."""
        return "\n".join(self.screen.display)

    async def shows(self, words: str) -> None:
        """Wait until the screen shows these words."""
        try:
            async with asyncio.timeout(20), self._news:
                await self._news.wait_for(lambda: words in self.text())
        except TimeoutError:
            raise AssertionError(f"{words!r} does not appear:\n{self.text()}") from None

    async def hides(self, words: str) -> None:
        """Wait until the screen no longer shows these words."""
        async with asyncio.timeout(20), self._news:
            await self._news.wait_for(lambda: words not in self.text())

    def keys(self, keys: str) -> None:
        """Type."""
        os.write(self._file, keys.encode())

    async def fill(self, words: str) -> None:
        """Type into the focused field, then go to the next one."""
        self.keys(words)
        await self.shows(words[-20:])
        self.keys("\t")

    async def exit_code(self) -> int:
        """Wait for the program's end."""
        async with asyncio.timeout(20):
            while True:
                pid, status = os.waitpid(self.pid, os.WNOHANG)  # noqa: ASYNC222  # WNOHANG does not wait
                if pid:
                    return os.waitstatus_to_exitcode(status)
                await asyncio.sleep(0.02)


@pytest.fixture
def no_dispatcher_left(database: Path) -> Iterator[None]:
    """The dispatcher that the screens start outlives them: end it with the test."""
    yield
    from core.service.status import dispatcher_status

    if (pid := dispatcher_status(database).pid) is not None:
        os.kill(pid, signal.SIGKILL)


@pytest.mark.usefixtures("no_dispatcher_left")
async def test_from_nothing_to_a_delivered_event(database: Path, receiver: Receiver) -> None:
    """Generate a webhook, set authorization and two headers, send a test event, see it delivered."""
    async with TokenEndpoint() as endpoint:
        terminal = Terminal()
        await terminal.shows("No webhook yet.")
        await terminal.shows("✓ delivering here")
        terminal.keys("n")
        await terminal.shows("Choose a type")
        terminal.keys("\r")
        await terminal.shows("Session Failed Webhook URL")
        terminal.keys("\x1b[B")
        terminal.keys("\r")
        await terminal.shows("Onboarding Status Webhook URL")
        await terminal.shows("▌URL")
        terminal.keys(receiver.url)
        await terminal.shows(receiver.url)
        terminal.keys("\r")
        await terminal.shows("[ ] Allow 127.0.0.0/8 for all webhooks.")
        terminal.keys(" ")
        await terminal.shows("[x] Allow")
        terminal.keys("\x13")
        await terminal.shows("Secret  whsec_")
        terminal.keys("\x1b")
        await terminal.hides("whsec_")
        await terminal.shows("✓ Webhook generated: wh_…")
        terminal.keys("2")
        await terminal.shows("General webhook settings")
        terminal.keys("\r")
        await terminal.shows("▌Authentication URL")
        await terminal.fill(endpoint.url)
        await terminal.shows("▌Client ID")
        await terminal.fill(endpoint.client_id)
        await terminal.shows("▌Secret Key")
        terminal.keys(endpoint.secret)
        await terminal.shows("•" * len(endpoint.secret))
        terminal.keys("\x1b")
        await terminal.hides("▌")
        for name, value in (("x-tenant", "mx-prod"), ("x-other", "{{as-is}}")):
            terminal.keys("a")
            await terminal.shows("▌ Custom Header Key")
            await terminal.fill(name)
            await terminal.shows("▌ Custom Header Value")
            terminal.keys(value)
            await terminal.shows(value)
            terminal.keys("\x1b")
            await terminal.hides("▌")
        terminal.keys("\x14")
        await terminal.shows("✓ token received in")
        terminal.keys("\x13")
        await terminal.shows("✓ Settings updated")
        terminal.keys("1")
        await terminal.shows("Webhook configurations")
        terminal.keys("t")
        await terminal.shows("Send test event")
        terminal.keys("\x13")
        await terminal.shows("✓ 200 in")
        terminal.keys("\x1b")
        await terminal.hides("Send test event")
        await terminal.shows("✓ 200.")
        terminal.keys("3")
        await terminal.shows("✓ delivered Onboarding Status 200")
        terminal.keys("q")
        assert await terminal.exit_code() == 0
        assert b"\x1b[?1049l" in terminal.raw
        (seen,) = receiver.received
        assert endpoint.is_valid(seen.headers["Authorization"].removeprefix("Bearer "))
    assert (seen.headers["x-tenant"], seen.headers["x-other"]) == ("mx-prod", "{{as-is}}")
    assert seen.headers["hookkeeper-test"] == "1"
    async with open_store(database) as store:
        (summary,) = await config.list_webhooks(store)
        secret = await config.signing_secret(store, summary.webhook.id)
    Verifier(secret.get_secret_value()).verify(seen.body, seen.headers)


@pytest.mark.usefixtures("no_dispatcher_left")
@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
async def test_signals_leave_the_terminal_as_it_was(database: Path, number: signal.Signals) -> None:
    """A lost connection ends the screens cleanly and leaves the dispatcher running."""
    terminal = Terminal()
    await terminal.shows("✓ delivering here")
    os.kill(terminal.pid, number)
    assert await terminal.exit_code() == 0
    assert terminal.raw.count(b"\x1b[?1049h") == terminal.raw.count(b"\x1b[?1049l") == 1
