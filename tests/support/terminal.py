"""The program in a real terminal, as far as a pty is one."""

import asyncio
import fcntl
import os
import pty
import struct
import sys
import termios
from collections.abc import Mapping, Sequence
from pathlib import Path

import pyte

_ROOT = Path(__file__).parents[2]

HOOKKEEPER = (sys.executable, "-m", "tui")


class Terminal:
    """A program in a pty, and what its screen shows. `words`: those after the command.

    `command`: another program, such as a shell in which Hookkeeper is started by keys.
    """

    def __init__(
        self,
        columns: int = 80,
        lines: int = 24,
        environment: Mapping[str, str] | None = None,
        words: Sequence[str] = (),
        command: Sequence[str] = HOOKKEEPER,
    ) -> None:
        self.screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self.screen)
        self.raw = bytearray()
        self._news = asyncio.Condition()
        self._tasks: set[asyncio.Task[None]] = set()
        self.pid, self._file = pty.fork()
        if self.pid == 0:
            # By the child itself: its program must not ask before it is known.
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
            os.chdir(_ROOT)
            inherited = {
                name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")
            }
            os.execve(
                command[0],
                [*command, *words],
                inherited | {"TERM": "xterm-256color"} | dict(environment or {}),
            )
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
            async with asyncio.timeout(40), self._news:
                await self._news.wait_for(lambda: words in self.text())
        except TimeoutError:
            raise AssertionError(f"{words!r} does not appear:\n{self.text()}") from None

    async def hides(self, words: str) -> None:
        """Wait until the screen no longer shows these words."""
        async with asyncio.timeout(40), self._news:
            await self._news.wait_for(lambda: words not in self.text())

    @property
    def written(self) -> int:
        """Bytes that the program has written so far."""
        return len(self.raw)

    async def writes(self, more_than: int) -> None:
        """Wait until it has written more bytes than these."""
        async with asyncio.timeout(40), self._news:
            await self._news.wait_for(lambda: self.written > more_than)

    async def silent(self, seconds: float) -> int:
        """Wait until it has written nothing for so long; bytes written by then."""
        loop = asyncio.get_running_loop()
        before, since = self.written, loop.time()
        async with asyncio.timeout(40 + seconds):
            while loop.time() - since < seconds:
                await asyncio.sleep(0.02)
                if self.written != before:
                    before, since = self.written, loop.time()
        return self.written

    def stall(self) -> None:
        """Read nothing any more, as over a line that hangs."""
        asyncio.get_running_loop().remove_reader(self._file)

    def go_on(self) -> None:
        """Read again."""
        asyncio.get_running_loop().add_reader(self._file, self._read)

    def vanish(self) -> None:
        """As when a connection is lost or tmux is killed."""
        self.stall()
        os.close(self._file)

    def resize(self, columns: int, lines: int) -> None:
        """Give the terminal another size."""
        self.screen.resize(lines, columns)
        fcntl.ioctl(self._file, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def keys(self, keys: str | bytes) -> None:
        """Type."""
        os.write(self._file, keys.encode() if isinstance(keys, str) else keys)

    async def fill(self, words: str) -> None:
        """Type into the focused field, then go to the next one."""
        self.keys(words)
        await self.shows(words[-20:])
        self.keys("\t")

    async def exit_code(self) -> int:
        """Wait for the program's end."""
        async with asyncio.timeout(40):
            while True:
                pid, status = os.waitpid(self.pid, os.WNOHANG)  # noqa: ASYNC222  # WNOHANG does not wait
                if pid:
                    return os.waitstatus_to_exitcode(status)
                await asyncio.sleep(0.02)
