"""Something else in place of the database or of the files next to it gives one sentence, and nothing hangs."""

import os
import stat
from pathlib import Path

import pytest

from core.ours import NotOurs
from core.store import StoreError, key_file, open_store
from tests.core.cli.conftest import Shell
from tests.support.others import OTHERS, put


@pytest.mark.parametrize("other", OTHERS)
def test_something_else_in_place_of_the_lock_file(
    shell: Shell, database: Path, tmp_path: Path, other: str
) -> None:
    """`serve` is refused in a sentence, `status` does not hang, and nothing is written to it."""
    assert shell("emit", "session-failed", "--data", '{"interviewId": "1"}') == 0
    lock = database.with_name("hookkeeper.db.dispatcher")
    lock.unlink()
    before = database.read_bytes()
    put(lock, other, tmp_path / "notes", database)
    assert shell("serve") == 1
    assert shell.err.startswith(f"{lock} is ")
    assert shell.err.count("\n") == 1
    assert shell("status") == 1
    if other == "a file":
        assert shell.out == "Nobody delivers. Start hookkeeper serve.\n"
    else:
        assert shell.out.startswith(f"Who delivers cannot be told: {lock} is ")
        assert shell("stop") == 1
        assert shell.err == _stop_words(lock, other)
    assert shell("doctor") == 1
    assert (tmp_path / "notes").read_text() == "these are my notes"
    assert other != "a file" or lock.read_text() == "these are my notes"
    assert not (tmp_path / "nothing").exists()
    assert database.read_bytes() == before


def _stop_words(lock: Path, other: str) -> str:
    """Return the message of `stop`."""
    if other == "a hard link":
        return f"Who delivers cannot be told: {lock} is a hard link to a file with another name: remove it.\n"
    kind = {"a pipe": "a named pipe"}.get(other, "a link" if other.startswith("a link") else other)
    return f"Who delivers cannot be told: {lock} is {kind}, not a regular file of Hookkeeper: remove it.\n"


@pytest.mark.parametrize(
    "words",
    [
        ("serve",),
        ("emit", "session-failed", "--data", '{"interviewId": "1"}'),
        ("events", "list"),
        ("status",),
        ("doctor",),
    ],
    ids=" ".join,
)
@pytest.mark.parametrize(
    "other", ["a folder", "a pipe", "a device", "a socket", "a link to a folder", "a link in a circle"]
)
def test_what_db_names_is_no_file(shell: Shell, tmp_path: Path, other: str, words: tuple[str, ...]) -> None:
    """One sentence, nothing hangs and nothing is made."""
    path = tmp_path / "thing"
    match other:
        case "a folder":
            path.mkdir()
        case "a pipe":
            os.mkfifo(path)
        case "a device":
            path = Path("/dev/null")
        case "a socket":
            os.mknod(path, stat.S_IFSOCK | 0o600)
        case "a link to a folder":
            path.symlink_to(tmp_path)
        case "a link in a circle":
            path.symlink_to(path)
    assert shell("--db", str(path), *words) in (1, 2)
    said = shell.err or shell.out
    assert "cannot be used" in said or "name a file" in said or "symbolic links" in said
    assert not Path(f"{path}.dispatcher").exists()


@pytest.mark.parametrize("suffix", ["-wal", "-shm", "-journal"])
@pytest.mark.parametrize("other", [each for each in OTHERS if each != "a file"])
async def test_something_else_in_place_of_what_sqlite_keeps(
    database: Path, tmp_path: Path, suffix: str, other: str
) -> None:
    """Every command that opens the database, to read or write, is refused. Nothing is written to the file."""
    async with open_store(database):
        pass
    before = database.read_bytes()
    path = database.with_name(f"{database.name}{suffix}")
    put(path, other, tmp_path / "notes", database)
    for writes in (True, False):
        with pytest.raises(NotOurs) as caught:
            async with open_store(database, writes=writes):
                pass
        assert str(caught.value).startswith(f"{path} is ")
    assert (tmp_path / "notes").read_text() == "these are my notes"
    assert database.read_bytes() == before


def test_a_key_file_that_is_no_file(database: Path) -> None:
    """A pipe in its place is not waited for."""
    path = key_file.key_file()
    path.parent.mkdir()
    os.mkfifo(path)
    with pytest.raises(StoreError, match="is a named pipe, not a regular file"):
        key_file.read(path)
