"""How the screens start: with a custom keymap, and read only."""

import os
import signal
from pathlib import Path

import pytest

from core.models import WebhookOptions
from core.store import config, nodes, open_store
from tests.support.terminal import Terminal


@pytest.mark.usefixtures("no_dispatcher_left")
async def test_keys_of_ones_own(database: Path) -> None:
    """Keys from the keymap file are bound and shown. Keys that cannot be bound are reported."""
    file = database.parent / "config" / "hookkeeper" / "keymap.toml"
    file.parent.mkdir(parents=True)
    file.write_text('[webhooks]\ngenerate = "N"\nundo = "N"\n')
    terminal = Terminal(120, 40)
    await terminal.shows("n Generate new")
    await terminal.shows("! keymap.toml: webhooks.generate: N is the key of webhooks.undo. It keeps its own.")
    file.write_text('[webhooks]\ngenerate = "N"\n')
    again = Terminal()
    await again.shows("N Generate new")
    again.keys("n")
    again.keys("N")
    await again.shows("─ Generate new")
    for each in (terminal, again):
        os.kill(each.pid, signal.SIGTERM)
        assert await each.exit_code() == 0


async def test_read_only_changes_nothing(database: Path) -> None:
    """No dispatcher is started, keys that would change something explain why not, and others' changes are shown.

    Input that is not a key does nothing.
    """
    async with open_store(database) as store:
        await config.add_webhook(
            store, "session-failed", WebhookOptions(url="https://a.example/"), actor="ana"
        )
        terminal = Terminal(words=["--read-only"])
        await terminal.shows("! nobody delivers   read-only")
        await terminal.shows("a.example/")
        terminal.keys("d")
        await terminal.shows("! Read-only: started with --read-only.")
        await config.add_webhook(
            store, "session-failed", WebhookOptions(url="https://b.example/"), actor="ana"
        )
        await terminal.shows("b.example/")
        terminal.keys(b"\x1b[2J\xff\xfe\xc3(")  # line noise
        await terminal.silent(0.3)
        terminal.keys("2")
        await terminal.shows("Secret Key")
        terminal.keys("q")
        assert await terminal.exit_code() == 0
    assert not nodes.standing_at(database).running


async def test_a_database_that_cannot_be_written_is_read(database: Path) -> None:
    """It is opened as with --read-only, but with its own reason."""
    async with open_store(database) as store:
        await config.add_webhook(
            store, "session-failed", WebhookOptions(url="https://a.example/"), actor="ana"
        )
    with database.open("r+b") as file:
        file.seek(18)  # SQLite's write version: an unknown one makes the file read only, even for root
        file.write(b"\x03")
    terminal = Terminal()
    await terminal.shows("! nobody delivers   read-only")
    await terminal.shows("a.example/")
    terminal.keys("n")
    await terminal.shows("! Read-only: the database file cannot be written.")
    terminal.keys("q")
    assert await terminal.exit_code() == 0
    assert not nodes.standing_at(database).running
