"""Handles ctrl+z (SIGTSTP) in a process that writes.

The process stops only between two transactions, so that it never holds the write lock while it is stopped.
"""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_running = threading.RLock()
"""Held by the thread that is inside a transaction."""


@contextmanager
def not_stopped() -> Iterator[None]:
    """Delay ctrl+z until this context ends."""
    with _running:
        yield


@contextmanager
def stops_between_transactions() -> Iterator[None]:
    """Make ctrl+z wait for the end of a transaction, unless the program handles SIGTSTP itself."""
    decided = signal.getsignal(signal.SIGTSTP) is not signal.SIG_DFL
    if decided or threading.current_thread() is not threading.main_thread():
        yield
        return
    signal.signal(signal.SIGTSTP, _stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTSTP, signal.SIG_DFL)


def _stop(number: int, frame: FrameType | None) -> None:
    """Stop the process as the default action does, and install this handler again once it is continued."""
    with not_stopped():
        signal.signal(number, signal.SIG_DFL)
        # Sent to this thread, the signal takes effect before the next line. Sent to the process, another thread might
        # receive it later.
        signal.pthread_kill(threading.get_ident(), number)
        signal.signal(number, _stop)
