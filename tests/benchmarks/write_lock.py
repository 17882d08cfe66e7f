"""Measure another process's wait for the write lock: `python -m tests.benchmarks.write_lock DATABASE`.

It asks for the lock repeatedly until its standard input ends, then prints the longest wait in milliseconds.
"""

import select
import sqlite3
import sys
import time
from contextlib import closing

_PATIENCE = 60.0
_REST = 0.001


def _longest_wait(path: str) -> float:
    longest = 0.0
    with closing(sqlite3.connect(path, isolation_level=None, timeout=0)) as database:
        print("ready", flush=True)
        while not select.select([sys.stdin], [], [], 0)[0]:
            began = time.perf_counter()
            _take(database, began + _PATIENCE)
            longest = max(longest, time.perf_counter() - began)
            database.execute("ROLLBACK")
            time.sleep(_REST)
    return longest * 1000


def _take(database: sqlite3.Connection, until: float) -> None:
    """Ask for the lock every 0.2 ms, because SQLite's busy handler sleeps for up to 100 ms."""
    while time.perf_counter() < until:
        try:
            database.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            time.sleep(0.0002)
        else:
            return
    raise TimeoutError("The write lock was not to be had.")


if __name__ == "__main__":
    print(_longest_wait(sys.argv[1]), flush=True)
