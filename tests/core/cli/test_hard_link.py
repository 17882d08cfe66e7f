"""A database with a second name (a hard link) cannot be opened by either name."""

import os
from pathlib import Path

import pytest

from core.store import DatabaseLinked
from tests.core.cli.conftest import Shell
from tui.opened import opened


@pytest.mark.parametrize(
    "words",
    [
        ("events", "list"),
        ("deliveries", "list"),
        ("webhooks", "list"),
        ("settings", "show"),
        ("emit", "session-failed", "--data", '{"interviewId": "1"}'),
        ("emit", "--batch", "/dev/null"),
        ("stats",),
        ("jobs",),
        ("notices",),
        ("audit",),
        ("serve",),
        ("status",),
        ("stop",),
        ("prune", "--dry-run"),
        ("keys", "rotate"),
    ],
    ids=" ".join,
)
def test_commands(shell: Shell, database: Path, words: tuple[str, ...]) -> None:
    """One sentence, and nothing is made beside it; with one name again all is well."""
    assert shell("emit", "session-failed", "--data", '{"interviewId": "1"}') == 0
    link = database.with_name("h.db")
    os.link(database, link)
    before = database.read_bytes()
    for name in (database, link):
        assert shell("--db", str(name), *words) == 1
        assert shell.err.startswith(f"The database {name} has 2 names (hard links).")
        assert f"find / -xdev -samefile {name}" in shell.err
        assert shell.err.count("\n") == 1
    assert [path.name for path in database.parent.glob("h.db*")] == ["h.db"]
    assert database.read_bytes() == before
    link.unlink()
    assert shell("events", "list") == 0


def test_doctor(shell: Shell, database: Path) -> None:
    """`doctor` reports the link and does not look inside the database."""
    assert shell("emit", "session-failed", "--data", '{"interviewId": "1"}') == 0
    os.link(database, database.with_name("h.db"))
    assert shell("doctor") == 1
    assert f"The database {database} has 2 names (hard links)." in shell.out
    assert "integrity" not in shell.out


@pytest.mark.parametrize("reads_only", [False, True])
async def test_screens(database: Path, reads_only: bool) -> None:
    """They do not open, not even to read."""
    async with opened(database, False):
        pass
    os.link(database, database.with_name("h.db"))
    with pytest.raises(DatabaseLinked, match="has 2 names"):
        async with opened(database.with_name("h.db"), reads_only):
            pass
