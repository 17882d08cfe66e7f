"""Checks of the machine: versions, space, clock."""

import platform
from datetime import UTC, datetime, timedelta

from core.clock import utc_words
from core.service.doctor.finding import Finding, well, wrong
from core.store.sqlite.inspection import has_wal_reset_bug

ENOUGH_FILES = 320
"""As many connections as are in flight at most, and some more."""
LEAST_SPACE = 200 * 1024 * 1024
_MIB = 1024 * 1024
_WRITTEN = datetime(2026, 1, 1, tzinfo=UTC)
"""This program is newer than that."""
_SLACK = timedelta(minutes=1)


def python() -> Finding:
    """Which Python this is."""
    return well("python", f"Python {platform.python_version()}.")


def sqlite(version: tuple[int, ...]) -> Finding:
    """Which SQLite this is, and its WAL-reset bug."""
    words = f"SQLite {'.'.join(map(str, version))}."
    if has_wal_reset_bug(version):
        words += (
            " Its WAL-reset bug (fixed in 3.51.3, 3.50.7 and 3.44.6) needs two checkpoints at once: here only the"
            " dispatcher that holds the lock makes any."
        )
    return well("sqlite", words)


def space(free: int) -> Finding:
    """Bytes that are free where the database is."""
    if free < LEAST_SPACE:
        words = f"Only {free // _MIB:,} MB are free. Free some space: nothing can be stored on a full disk."
        return wrong("disk", words)
    return well("disk", f"{free // _MIB:,} MB are free.")


def open_files(most: int) -> Finding:
    """How many files a process may have open: each connection is one."""
    words = f"{most:,} files may be open at once."
    if most < ENOUGH_FILES:
        return wrong(
            "limits",
            f"Only {words} Fewer deliveries go out at the same time. Raise the limit: ulimit -n 1024",
        )
    return well("limits", words)


def clock(now: datetime, newest: datetime | None) -> Finding:
    """Whether the clock runs behind this program or behind what is in the books."""
    if now < _WRITTEN:
        return wrong("clock", f"The clock says {utc_words(now)}. Set it: signatures and waits depend on it.")
    if newest is not None and newest > now + _SLACK:
        return wrong(
            "clock",
            f"The clock says {utc_words(now)}, but the books have something of {utc_words(newest)}. Set the clock.",
        )
    return well("clock", f"The clock says {utc_words(now)}.")
