"""A signal is handled at once, even if it does not interrupt the wait of the event loop."""

import asyncio
import os
import signal
import threading

from core.signals import signals_wake


async def test_a_signal_that_another_thread_receives_wakes_the_loop() -> None:
    """The kernel gives a signal that the main thread blocks to another thread, so the wait is not interrupted."""
    handled = asyncio.Event()
    sender = threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGUSR1))
    sender.start()  # before the main thread blocks the signal, since a thread inherits what is blocked
    before = signal.signal(signal.SIGUSR1, lambda *_: handled.set())
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
    try:
        with signals_wake(asyncio.get_running_loop()):
            await handled.wait()
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGUSR1})
        signal.signal(signal.SIGUSR1, before)
        sender.join()
