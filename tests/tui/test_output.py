"""A terminal that vanishes while much is to be written does not keep the program from ending."""

import os
import pty
from contextlib import suppress
from threading import Thread
from typing import TextIO, cast

from textual.drivers._writer_thread import WriterThread

from tui.output import Output


def test_what_a_vanished_terminal_is_given_goes_nowhere() -> None:
    """More than Textual's queue holds: who writes would otherwise wait for room in it, for ever."""
    ours, theirs = pty.openpty()
    os.close(ours)
    terminal = os.fdopen(theirs, "w")
    thread = WriterThread(cast("TextIO", Output(terminal)))
    thread.start()
    app = Thread(target=_write_much, args=(thread,), daemon=True)
    app.start()
    app.join(10)
    assert not app.is_alive()
    with suppress(OSError):
        terminal.close()


def _write_much(thread: WriterThread) -> None:
    for _ in range(100):
        thread.write("x" * 1000)
    thread.stop()
