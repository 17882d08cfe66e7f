"""A description of the machine, without which no figure means anything."""

import os
import platform
import sqlite3
import tempfile
import time
from contextlib import closing
from importlib.metadata import version
from pathlib import Path
from statistics import median

_PACKAGES = ("aiohttp", "httptools", "uvloop", "pydantic", "textual")
_COMMITS = 50


def describe() -> str:
    """Return the date, cores, load, versions, and the time of one COMMIT on this disk."""
    packages = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    return (
        f"{time.strftime('%Y-%m-%d %H:%M')} · {platform.machine()}, {os.cpu_count()} cores,"
        f" load {os.getloadavg()[0]:.1f}\n"
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {packages}\n"
        f"one COMMIT with synchronous=FULL: {_commit_ms():.2f} ms"
    )


def _commit_ms() -> float:
    with (
        tempfile.TemporaryDirectory(prefix="hookkeeper-bench-") as folder,
        closing(sqlite3.connect(Path(folder) / "commit.db", isolation_level=None)) as database,
    ):
        database.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE one (n)")
        taken = []
        for number in range(_COMMITS):
            began = time.perf_counter()
            database.execute("INSERT INTO one VALUES (?)", (number,))
            taken.append(time.perf_counter() - began)
    return median(taken) * 1000
