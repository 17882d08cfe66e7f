"""ctrl+z (SIGTSTP) in a process that writes: it stops between two transactions, so that it holds nobody up meanwhile."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_running = threading.RLock()
"""Held by the thread that is inside a transaction."""


@contextmanager
def not_stopped() -> Iterator[None]:
    """While this lasts, ctrl+z waits."""
    with _running:
        yield


@contextmanager
def stops_between_transactions() -> Iterator[None]:
    """Let ctrl+z wait for the end of a transaction, in a program that has not decided by itself what it does."""
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
    """Stop as without a handler; go on here when we are continued."""
    with not_stopped():
        signal.signal(number, signal.SIG_DFL)
        # To this very thread: it stops before the next line. Sent to the process, another thread might take it later.
        signal.pthread_kill(threading.get_ident(), number)
        signal.signal(number, _stop)
