"""Checks of the machine: versions, disk space, open files and clock."""

import platform
from datetime import UTC, datetime, timedelta

from core.clock import utc_words
from core.service.doctor.finding import Finding, well, wrong
from core.store.sqlite.inspection import has_wal_reset_bug

ENOUGH_FILES = 320
"""The largest number of connections at a time, and some spare descriptors."""
LEAST_SPACE = 200 * 1024 * 1024
_MIB = 1024 * 1024
_WRITTEN = datetime(2026, 1, 1, tzinfo=UTC)
"""A date before this program was written; an earlier clock is wrong."""
_SLACK = timedelta(minutes=1)


def python() -> Finding:
    """Report the version of Python."""
    return well("python", f"Python {platform.python_version()}.")


def sqlite(version: tuple[int, ...]) -> Finding:
    """Report the version of SQLite, and whether it has the WAL-reset bug."""
    words = f"SQLite {'.'.join(map(str, version))}."
    if has_wal_reset_bug(version):
        words += (
            " Its WAL-reset bug (fixed in 3.51.3, 3.50.7 and 3.44.6) needs two checkpoints at once: here only the"
            " dispatcher that holds the lock makes any."
        )
    return well("sqlite", words)


def space(free: int) -> Finding:
    """Check the free disk space, in bytes, where the database is."""
    if free < LEAST_SPACE:
        words = f"Only {free // _MIB:,} MB are free. Free some space: nothing can be stored on a full disk."
        return wrong("disk", words)
    return well("disk", f"{free // _MIB:,} MB are free.")


def open_files(most: int) -> Finding:
    """Check how many files a process may have open. Each connection counts as one."""
    words = f"{most:,} files may be open at once."
    if most < ENOUGH_FILES:
        return wrong(
            "limits",
            f"Only {words} Fewer deliveries go out at the same time. Raise the limit: ulimit -n 1024",
        )
    return well("limits", words)


def clock(now: datetime, newest: datetime | None) -> Finding:
    """Check that the clock is not behind this program's date or behind the newest time in the database."""
    if now < _WRITTEN:
        return wrong("clock", f"The clock says {utc_words(now)}. Set it: signatures and waits depend on it.")
    if newest is not None and newest > now + _SLACK:
        return wrong(
            "clock",
            f"The clock says {utc_words(now)}, but the books have something of {utc_words(newest)}. Set the clock.",
        )
    return well("clock", f"The clock says {utc_words(now)}.")
