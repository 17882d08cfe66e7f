"""Shared fixtures of the core tests: a store per test, with its own key file."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.store import Store, open_store


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The path of a test's database. None of the user's own files are touched."""
    monkeypatch.setenv("HOOKKEEPER_KEY_FILE", str(tmp_path / "config" / "keys"))
    monkeypatch.setenv("HOOKKEEPER_DB", str(tmp_path / "data" / "hookkeeper.db"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "data" / "hookkeeper.db"


@pytest.fixture
async def store(database: Path) -> AsyncIterator[Store]:
    """An open store on a new file."""
    async with open_store(database) as store:
        yield store
