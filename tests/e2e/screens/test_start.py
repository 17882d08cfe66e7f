"""How the screens start: with keys of one's own, and without the right or the means to change anything."""

import os
import signal
from pathlib import Path

import pytest

from core.models import WebhookOptions
from core.store import config, nodes, open_store
from tests.support.terminal import Terminal


@pytest.mark.usefixtures("no_dispatcher_left")
async def test_keys_of_ones_own(database: Path) -> None:
    """What the keymap file gives is bound and shown; what it cannot give is told."""
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
    """No dispatcher is started, keys that change something say why they do not, and other people's changes are seen.

    What is no key does nothing.
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
        terminal.keys(b"\x1b[2J\xff\xfe\xc3(")  # noise of the line
        await terminal.silent(0.3)
        terminal.keys("2")
        await terminal.shows("Secret Key")
        terminal.keys("q")
        assert await terminal.exit_code() == 0
    assert not nodes.standing_at(database).running


async def test_a_database_that_cannot_be_written_is_read(database: Path) -> None:
    """As with --read-only, and the reason is its own."""
    async with open_store(database) as store:
        await config.add_webhook(
            store, "session-failed", WebhookOptions(url="https://a.example/"), actor="ana"
        )
    with database.open("r+b") as file:
        file.seek(18)  # SQLite's write version: one that it does not know is read only, whoever runs the test
        file.write(b"\x03")
    terminal = Terminal()
    await terminal.shows("! nobody delivers   read-only")
    await terminal.shows("a.example/")
    terminal.keys("n")
    await terminal.shows("! Read-only: the database file cannot be written.")
    terminal.keys("q")
    assert await terminal.exit_code() == 0
    assert not nodes.standing_at(database).running
