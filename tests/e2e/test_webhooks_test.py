"""`webhooks test` tells a script whether the webhook works."""

import asyncio
import json
import os
import sys
from pathlib import Path

import pytest

from core.models import GeneralSettings, WebhookOptions
from core.store import config, nodes, open_store
from tests.e2e.conftest import ROOT, Serve
from tests.support.receiver import Receiver
from tests.support.terminal import Terminal

_COMMAND = (sys.executable, "-m", "core.cli")


@pytest.fixture
async def webhook(database: Path, receiver: Receiver) -> str:
    """A webhook for the receiver, whose attempts may take a second."""
    async with open_store(database) as store:
        await config.save_settings(store, GeneralSettings(allowed_networks=("127.0.0.0/8",)), actor="ana")
        options = WebhookOptions(url=receiver.url, deadline=1)
        return (await config.add_webhook(store, "session-failed", options, actor="ana")).id


async def _test(*words: str) -> tuple[int, str, str]:
    """Run `webhooks test` and return its exit status, standard output and standard error."""
    process = await asyncio.create_subprocess_exec(
        *_COMMAND, "webhooks", "test", *words,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, cwd=ROOT, env=dict(os.environ),
    )  # fmt: skip
    out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


async def _serving(serve: Serve, database: Path) -> asyncio.subprocess.Process:
    process = await serve()
    async with asyncio.timeout(30):
        # Another process takes the lock, which gives no notification.
        while not nodes.standing_at(database).running:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    return process


async def test_it_waits_and_says_what_came_of_it(
    database: Path, receiver: Receiver, serve: Serve, webhook: str
) -> None:
    """400 is reported with exit status 1, 204 with 0. Standard output has only the ID, or the delivery as JSON."""
    await _serving(serve, database)
    receiver.status = 400
    status, out, err = await _test(webhook[-4:])
    assert (status, out[:4], len(out.splitlines())) == (1, "dlv_", 1)
    assert err.startswith("Not delivered: answered 400 Bad Request. The next attempt is at ")
    status, out, err = await _test(webhook, "--json")
    shown, failure = json.loads(out), json.loads(err)
    assert (status, shown["outcome"], shown["status_code"]) == (1, "http_status", 400)
    assert failure["error"] == "Not delivered: answered 400 Bad Request."
    assert failure["field"] is None
    assert failure["hint"].startswith("The next attempt is at ")
    receiver.status = 204
    status, out, err = await _test(webhook)
    assert status == 0
    assert err.startswith("Delivered in 0.")
    assert err.endswith(" s: answered 204 No Content.\n")
    receiver.status = 410
    status, _, err = await _test(webhook)
    assert (status, "answered 410 Gone" in err) == (1, True)


async def test_no_answer_is_an_outcome(
    database: Path, receiver: Receiver, serve: Serve, webhook: str
) -> None:
    """The command waits as long as an attempt may take, and no longer."""
    await _serving(serve, database)
    receiver.gate.clear()
    status, _, err = await _test(webhook)
    assert status == 1
    assert err.startswith("Not delivered: ")
    assert "1 s" in err


async def test_what_does_not_begin_is_not_waited_for_long(
    database: Path, receiver: Receiver, serve: Serve, webhook: str
) -> None:
    """`Retry-After` holds the event back. The command reports the reason once an attempt's maximum time has passed."""
    await _serving(serve, database)
    receiver.status = 429
    receiver.headers["Retry-After"] = "600"
    assert (await _test(webhook))[0] == 1
    status, out, err = await _test(webhook)
    words = "Not delivered within 6 s: it waits for the time that its endpoint asked for."
    assert (status, err) == (1, f"{words} hookkeeper deliveries show {out.strip()} tells more.\n")


async def test_a_dispatcher_that_ends_is_not_waited_for(
    database: Path, receiver: Receiver, serve: Serve, webhook: str
) -> None:
    """The dispatcher is killed while the receiver has the request. The command reports that nobody delivers."""
    process = await _serving(serve, database)
    receiver.gate.clear()
    async with open_store(database) as store:
        current = await config.load_webhook(store, webhook)
        options = current.options.model_copy(update={"deadline": 100.0})
        await config.save_webhook(store, webhook, options, version=current.version, actor="ana")
    test = asyncio.create_task(_test(webhook))
    await receiver.wait_for(1)
    process.kill()
    status, _, err = await test
    assert (status, err) == (
        1,
        "Not delivered: it is stored, and nobody delivers now. Start hookkeeper serve.\n",
    )


async def test_without_a_dispatcher(webhook: str) -> None:
    """With waiting, the command reports at once that nobody delivers. Without it, the test event is just stored."""
    status, out, err = await _test(webhook)
    assert (status, out[:4]) == (0, "dlv_")
    assert err == "Stored. Nobody delivers now: start hookkeeper serve.\n"
    words = "Not delivered: it is stored, and nobody delivers now. Start hookkeeper serve.\n"
    assert (await _test(webhook, "--wait"))[::2] == (1, words)
    status, out, err = await _test(webhook, "--wait", "--json")
    assert (status, json.loads(out)["state"]) == (1, "pending")
    assert json.loads(err)["hint"] == "Start hookkeeper serve."
    terminal = Terminal(command=_COMMAND, words=("webhooks", "test", webhook))
    await terminal.shows("Not delivered: it is stored")
    assert await terminal.exit_code() == 1
    terminal = Terminal(command=_COMMAND, words=("webhooks", "test", webhook, "--no-wait"))
    await terminal.shows("Stored. Nobody delivers now")
    assert await terminal.exit_code() == 0


async def test_no_wait(database: Path, receiver: Receiver, serve: Serve, webhook: str) -> None:
    """Even with a dispatcher, storing the event is enough."""
    await _serving(serve, database)
    receiver.status = 400
    status, out, err = await _test(webhook, "--no-wait", "--json")
    assert (status, set(json.loads(out)), err) == (0, {"id"}, "")
