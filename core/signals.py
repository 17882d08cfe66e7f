"""Signals of a process whose event loop waits for something else."""

import asyncio
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def signals_wake(loop: asyncio.AbstractEventLoop) -> Iterator[None]:
    """Wake the event loop whenever a signal arrives, so that the signal's handler runs at once.

    A signal that arrives just before the loop begins to wait does not interrupt the wait. Its handler would run only
    at the next event, which may never come. See `signal.set_wakeup_fd`. Without effect in other threads than the main
    one, since Python handles no signals there.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    reading, writing = socket.socketpair()
    with reading, writing:
        reading.setblocking(False)
        writing.setblocking(False)
        loop.add_reader(reading, reading.recv, 4096)
        before = signal.set_wakeup_fd(writing.fileno(), warn_on_full_buffer=False)
        try:
            yield
        finally:
            signal.set_wakeup_fd(before)
            loop.remove_reader(reading)
