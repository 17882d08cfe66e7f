"""The program in a pty, which stands for a real terminal."""

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
    """A program in a pty, and what its screen shows.

    `words`: the arguments of the command. `command`: another program, such as a shell in which the test starts
    Hookkeeper by typing.
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
            # The child sets the size itself, so that it is known before the program asks for it.
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
        """Return the screen as text."""
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
        """The number of bytes that the program has written so far."""
        return len(self.raw)

    async def writes(self, more_than: int) -> None:
        """Wait until the program has written more than this number of bytes."""
        async with asyncio.timeout(40), self._news:
            await self._news.wait_for(lambda: self.written > more_than)

    async def silent(self, seconds: float) -> int:
        """Wait until the program has written nothing for this long. Return the number of bytes written so far."""
        loop = asyncio.get_running_loop()
        before, since = self.written, loop.time()
        async with asyncio.timeout(40 + seconds):
            while loop.time() - since < seconds:
                await asyncio.sleep(0.02)
                if self.written != before:
                    before, since = self.written, loop.time()
        return self.written

    def stall(self) -> None:
        """Stop reading, as if the connection hung."""
        asyncio.get_running_loop().remove_reader(self._file)

    def go_on(self) -> None:
        """Read again."""
        asyncio.get_running_loop().add_reader(self._file, self._read)

    def vanish(self) -> None:
        """Close the terminal, as when a connection is lost or tmux is killed."""
        self.stall()
        os.close(self._file)

    def resize(self, columns: int, lines: int) -> None:
        """Change the size of the terminal."""
        self.screen.resize(lines, columns)
        fcntl.ioctl(self._file, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def keys(self, keys: str | bytes) -> None:
        """Type."""
        os.write(self._file, keys.encode() if isinstance(keys, str) else keys)

    async def fill(self, words: str) -> None:
        """Type into the focused field, then move to the next field."""
        self.keys(words)
        await self.shows(words[-20:])
        self.keys("\t")

    async def exit_code(self) -> int:
        """Wait for the program to end, and return its exit code."""
        async with asyncio.timeout(40):
            while True:
                pid, status = os.waitpid(self.pid, os.WNOHANG)  # noqa: ASYNC222  # WNOHANG does not wait
                if pid:
                    return os.waitstatus_to_exitcode(status)
                await asyncio.sleep(0.02)
