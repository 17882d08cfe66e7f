"""`doctor`: each thing that can be wrong is named with what to do, and nothing is changed."""

import asyncio
import json
import os
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core.service.doctor import machine
from core.store.sqlite.lock import DispatcherLock
from core.store.standing import Holder
from tests.core.cli.conftest import Shell
from tests.support.token_endpoint import TokenEndpoint

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


class Doctor:
    """Run the command. `found` has the problems, each as `check: words`."""

    def __init__(self, shell: Shell, database: Path) -> None:
        self.shell = shell
        self.database = database
        self.note = ""

    def wrong(self, *words: str) -> list[str]:
        """Return the problems that are found while the dispatcher itself reports none."""
        with DispatcherLock.of(self.database) as lock:
            assert lock.take()
            lock.say(Holder(os.getpid(), 1, "serve", 1_795_000_000_000, "ana", self.note))
            status = self.shell("doctor", "--json", *words)
        found = [json.loads(line) for line in self.shell.out.splitlines()]
        assert all(finding.keys() == {"check", "wrong", "words"} for finding in found)
        wrong = [f"{finding['check']}: {finding['words']}" for finding in found if finding["wrong"]]
        assert status == (1 if wrong else 0)
        return wrong


@pytest.fixture
def doctor(shell: Shell, database: Path) -> Doctor:
    """On a database with a webhook, for which somebody delivers."""
    assert shell("webhooks", "add", "--type", "session-failed", "--url", "https://hooks.invalid/a") == 0
    return Doctor(shell, database)


def test_all_is_well(doctor: Doctor) -> None:
    """Exit status 0, a line for each check, and the file is as it was."""
    before = doctor.database.read_bytes()
    assert doctor.wrong() == []
    assert doctor.database.read_bytes() == before
    assert doctor.shell("doctor") == 1
    lines = doctor.shell.out.splitlines()
    checks = [
        "python",
        "sqlite",
        "database",
        "limits",
        "disk",
        "keys",
        "dispatcher",
        "wal",
        "clock",
        "integrity",
        "tls",
    ]
    assert [line.split()[1] for line in lines[1:]] == checks
    assert [line.split()[0] for line in lines[1:]] == [
        "wrong" if each == "dispatcher" else "ok" for each in checks
    ]
    assert "Nobody delivers. Start hookkeeper serve." in doctor.shell.out


def test_no_database(shell: Shell, database: Path) -> None:
    """`doctor` does not create it."""
    assert shell("doctor") == 1
    assert f"There is no database {database}." in shell.out
    assert not database.exists()


def test_the_dispatcher_complains(doctor: Doctor) -> None:
    """The dispatcher's own complaint is reported."""
    doctor.note = "The disk is full."
    (words,) = doctor.wrong()
    assert words.startswith(f"dispatcher: Delivering: pid {os.getpid()}, started by ana (serve)")
    assert words.endswith("The disk is full.")


def test_the_dispatcher_is_silent(doctor: Doctor) -> None:
    """One that was stopped, or hangs, has no heartbeat."""
    with DispatcherLock.of(doctor.database) as lock:
        assert lock.take()
        lock.say(Holder(os.getpid(), 1, "serve", 1_795_000_000_000, "ana"))
        os.utime(lock.path, (1_795_000_000, 1_795_000_000))
        assert doctor.shell("doctor") == 1
    assert "It has not answered since 18 Nov." in doctor.shell.out


def test_files_open_to_others(doctor: Doctor) -> None:
    """Database and key file are for their owner alone."""
    keys = Path(os.environ["HOOKKEEPER_KEY_FILE"])
    doctor.database.chmod(0o644)
    keys.chmod(0o640)
    assert doctor.wrong() == [
        f"database: {doctor.database} is open to other users (0644). Close it: chmod 600 {doctor.database}",
        f"keys: {keys} is open to other users (0640). Close it: chmod 600 {keys}",
    ]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_files_of_another_user(doctor: Doctor) -> None:
    """The owner is named, and who asks."""
    os.chown(doctor.database, 1, -1)
    assert doctor.wrong() == [
        f"database: {doctor.database} belongs to daemon, and you are root. Run Hookkeeper as daemon."
    ]


def test_keys(doctor: Doctor) -> None:
    """A key file that is gone, another one, a line that is no key."""
    keys = Path(os.environ["HOOKKEEPER_KEY_FILE"])
    copy = keys.read_text()
    keys.unlink()
    (words,) = doctor.wrong()
    assert words.startswith("keys: The key key_")
    assert "Put the key file back from your copy" in words
    keys.write_text(f"{copy}key_x nonsense\n")
    keys.chmod(0o600)
    (words,) = doctor.wrong()
    assert words == f"keys: Line 3 of the key file {keys} is no key. Put the file back from your copy."


def test_a_damaged_file(doctor: Doctor) -> None:
    """A broken page is found, and so is a file without its end."""
    with doctor.database.open("r+b") as file:
        file.seek(3 * 4096)
        file.write(b"\xff" * 4096)
    (words,) = doctor.wrong()
    assert words.startswith("integrity: The database")
    assert "damaged" in words
    assert words.endswith("Restore it from a backup.")


def test_another_version(doctor: Doctor) -> None:
    """A newer database is not read, an older one not upgraded."""
    for version, words in ((999, "was upgraded by a newer Hookkeeper"), (1, "must be upgraded first")):
        file = sqlite3.connect(doctor.database)
        file.execute(f"PRAGMA user_version = {version}")
        file.close()
        (found,) = doctor.wrong()
        assert found.startswith("integrity:")
        assert words in found


def test_a_large_write_ahead_log(doctor: Doctor) -> None:
    """A write-ahead log that nobody truncates is reported."""
    log = doctor.database.with_name(f"{doctor.database.name}-wal")
    log.touch(0o600)
    os.truncate(log, 80 * 1024 * 1024)
    (words,) = doctor.wrong()
    assert words.startswith("wal: The write-ahead log has 80 MB.")


def test_tls_files(doctor: Doctor, tmp_path: Path) -> None:
    """A file that existed when the setting was made is now missing."""
    pem = tmp_path / "ca.pem"
    trusted = subprocess.run(
        [
            sys.executable,
            "-c",
            "import trustme, sys; trustme.CA().cert_pem.write_to_path(sys.argv[1])",
            str(pem),
        ],
        check=False,
    )
    assert trusted.returncode == 0
    assert doctor.shell("settings", "set", "--ca-file", str(pem)) == 0
    assert doctor.wrong() == []
    pem.unlink()
    assert doctor.wrong() == [f"tls: {pem} cannot be used as CA file: no such file or directory."]


def test_names_are_asked_for_on_request(doctor: Doctor) -> None:
    """Only with --network."""
    (words,) = doctor.wrong("--network")
    assert words.startswith("names: hooks.invalid: ")


async def test_the_token_endpoint_is_asked_on_request(doctor: Doctor, tmp_path: Path) -> None:
    """A token is fetched as for deliveries; which form of Basic worked is said."""
    secret = tmp_path / "secret"
    secret.write_text("correct horse")
    async with TokenEndpoint() as endpoint:
        endpoint.decodes = "nothing"
        for client, end in (("hookkeeper", None), ("nobody", "the Client ID or the Secret Key.")):
            words = ("--auth-url", endpoint.url, "--client-id", client, "--secret-key-file", str(secret))
            options = (*words, "--allow-network", "127.0.0.0/8")
            assert await asyncio.to_thread(doctor.shell, "settings", "set", *options) == 0
            found = [
                each
                for each in await asyncio.to_thread(doctor.wrong, "--network")
                if not each.startswith("names:")
            ]
            assert len(found) == (0 if end is None else 1)
            assert "401" in "".join(found) or end is None
            assert (", expires in 3,600 s (Basic, plain)." in doctor.shell.out) == (end is None)
        assert endpoint.count == 4


def test_sqlite_versions() -> None:
    """SQLite versions with the WAL-reset bug are reported."""
    for version in ((3, 40, 1), (3, 44, 5), (3, 45, 0), (3, 50, 6), (3, 51, 2)):
        assert "WAL-reset bug" in machine.sqlite(version).words
    for version in ((3, 44, 6), (3, 50, 7), (3, 51, 3), (3, 52, 0), (4, 0, 0)):
        assert machine.sqlite(version).words == f"SQLite {'.'.join(map(str, version))}."


def test_space_and_clock() -> None:
    """A disk that is nearly full, a clock that was set back."""
    assert machine.space(199 * 1024 * 1024).words.startswith("Only 199 MB are free.")
    assert machine.space(300 * 1024 * 1024).wrong is False
    assert machine.clock(datetime(1970, 1, 1, tzinfo=UTC), None).wrong
    assert not machine.clock(NOW, NOW + timedelta(seconds=30)).wrong
    found = machine.clock(NOW, NOW + timedelta(hours=2))
    assert found.wrong
    assert "but the books have something of 24 Nov 2026 14:00 UTC" in found.words
