"""Two screens and a command line on one database. Each sees the others' changes, and none overwrites them silently."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from core.models import WebhookOptions
from core.store import Conflict, Store, config, open_store
from tests.e2e.conftest import ROOT
from tests.support.terminal import Terminal


async def _command(*words: str) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "core.cli", *words, stdout=asyncio.subprocess.DEVNULL, cwd=ROOT
    )
    assert await process.wait() == 0


async def _end(*terminals: Terminal) -> None:
    for terminal in terminals:
        os.kill(terminal.pid, signal.SIGTERM)
        assert await terminal.exit_code() == 0


async def _add(store: Store, url: str) -> str:
    return (await config.add_webhook(store, "session-failed", WebhookOptions(url=url), actor="ana")).id


@pytest.mark.usefixtures("no_dispatcher_left")
@pytest.mark.timeout(180)
async def test_each_sees_what_the_others_do(database: Path) -> None:
    """Creating by command line, disabling and deleting a webhook all show on both screens at once."""
    ours, theirs = Terminal(), Terminal()
    for terminal in (ours, theirs):
        await terminal.shows("No webhook yet.")
        await terminal.shows("✓ delivering")
    await _command("webhooks", "add", "--type", "session-failed", "--url", "https://a.example/")
    for terminal in (ours, theirs):
        await terminal.shows("a.example/")
        await terminal.shows("○ no delivery")
    ours.keys("x")
    await ours.shows("─ Disable")
    await ours.silent(0.5)
    ours.keys("\t\r")
    await ours.shows("✓ disabled: ")
    await theirs.shows("= disabled")
    async with open_store(database) as store:
        (summary,) = await config.list_webhooks(store)
    await _command("webhooks", "delete", summary.webhook.id, "--yes")
    for terminal in (ours, theirs):
        await terminal.shows("No webhook is left.")
    await _end(ours, theirs)


@pytest.mark.usefixtures("no_dispatcher_left")
@pytest.mark.timeout(180)
async def test_an_edit_over_somebody_elses_is_refused(database: Path) -> None:
    """The second person to save is shown the differences. What the first one saved stays."""
    async with open_store(database) as store:
        identity = await _add(store, "https://a.example/")
        ours, theirs = Terminal(), Terminal()
        for terminal in (ours, theirs):
            await terminal.shows("a.example/")
            terminal.keys("e")
            await terminal.shows("─ Edit webhook")
            await terminal.silent(0.5)
        theirs.keys("theirs\x13")
        await theirs.shows("✓ saved: ")
        ours.keys("ours\x13")
        await ours.shows("changed this webhook")
        await ours.shows("https://a.example/theirs")
        await ours.shows("https://a.example/ours")
        assert (await config.load_webhook(store, identity)).url == "https://a.example/theirs"
        await _end(ours, theirs)


@pytest.mark.usefixtures("no_dispatcher_left")
@pytest.mark.timeout(180)
async def test_an_edit_of_what_is_gone_is_refused(database: Path) -> None:
    """Deleting it again is refused too, with a message, and the webhook is not recreated."""
    async with open_store(database) as store:
        first, second = await _add(store, "https://a.example/"), await _add(store, "https://b.example/")
        terminal = Terminal()
        await terminal.shows("b.example/")
        terminal.keys("e")
        await terminal.shows("─ Edit webhook")
        await terminal.silent(0.5)
        await _command("webhooks", "delete", first, "--yes")
        terminal.keys("x\x13")
        await terminal.shows("was deleted by ")
        await terminal.shows("Your changes were not saved")
        terminal.keys("\x1b")
        await terminal.hides("was deleted by ")
        if "─ Edit webhook" in terminal.text():
            terminal.keys("\x1b")
            await terminal.hides("─ Edit webhook")
        await terminal.hides("a.example/")
        terminal.keys("d")
        await terminal.shows("─ Delete webhook")
        await terminal.silent(0.5)
        await _command("webhooks", "delete", second, "--yes")
        terminal.keys("\t\r")
        await terminal.shows("was deleted by ")
        await _end(terminal)
        with pytest.raises(Conflict):
            await config.delete_webhook(store, second, actor="ana")
        assert await config.list_webhooks(store) == []


@pytest.mark.usefixtures("no_dispatcher_left")
@pytest.mark.timeout(180)
async def test_settings_over_somebody_elses_are_refused(database: Path) -> None:
    """The question shows both what was typed here and what was saved there."""
    terminal = Terminal()
    await terminal.shows("No webhook yet.")
    terminal.keys("2")
    await terminal.shows("General webhook settings")
    terminal.keys("\r")
    await terminal.shows("▌Authentication URL")
    terminal.keys("\t\t\t\t")
    await terminal.shows("▌Scopes")
    terminal.keys("ours")
    await terminal.shows("1 change not saved")
    await _command("settings", "set", "--scopes", "theirs")
    terminal.keys("\x13")
    await terminal.shows("changed the settings")
    await terminal.shows("theirs")
    await terminal.shows("ours")
    async with open_store(database) as store:
        assert (await config.load_settings(store)).scopes == "theirs"
    await _end(terminal)
