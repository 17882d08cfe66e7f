"""The main path in a real terminal at 80x24: from an empty machine to a delivered event, by keys alone."""

from pathlib import Path

import pytest
from standardwebhooks import Webhook as Verifier

from core.store import config, open_store
from tests.support.receiver import Receiver
from tests.support.terminal import Terminal
from tests.support.token_endpoint import TokenEndpoint


@pytest.mark.usefixtures("no_dispatcher_left")
async def test_from_nothing_to_a_delivered_event(database: Path, receiver: Receiver) -> None:
    """Generate a webhook, set authorization and two headers, send a test event, see it delivered."""
    async with TokenEndpoint() as endpoint:
        terminal = Terminal()
        await terminal.shows("No webhook yet.")
        await terminal.shows("✓ delivering here")
        await terminal.shows("Dispatcher  started here;")
        terminal.keys("n")
        await terminal.shows("Choose a type")
        terminal.keys("\r")
        await terminal.shows("Session Failed Webhook URL")
        terminal.keys("\x1b[B")
        terminal.keys("\r")
        await terminal.shows("Onboarding Status Webhook URL")
        await terminal.shows("▌URL")
        terminal.keys(receiver.url)
        await terminal.shows(receiver.url)
        terminal.keys("\r")
        await terminal.shows("[ ] Allow 127.0.0.0/8 for all webhooks.")
        terminal.keys(" ")
        await terminal.shows("[x] Allow")
        terminal.keys("\x13")
        await terminal.shows("Secret  whsec_")
        terminal.keys("\x1b")
        await terminal.hides("whsec_")
        await terminal.shows("✓ Webhook generated: wh_…")
        terminal.keys("2")
        await terminal.shows("General webhook settings")
        terminal.keys("\r")
        await terminal.shows("▌Authentication URL")
        await terminal.fill(endpoint.url)
        await terminal.shows("▌Client ID")
        await terminal.fill(endpoint.client_id)
        await terminal.shows("▌Secret Key")
        terminal.keys(endpoint.secret)
        await terminal.shows("•" * len(endpoint.secret))
        terminal.keys("\x1b")
        await terminal.hides("▌")
        for name, value in (("x-tenant", "mx-prod"), ("x-other", "{{as-is}}")):
            terminal.keys("a")
            await terminal.shows("▌ Custom Header Key")
            await terminal.fill(name)
            await terminal.shows("▌ Custom Header Value")
            terminal.keys(value)
            await terminal.shows(value)
            terminal.keys("\x1b")
            await terminal.hides("▌")
        terminal.keys("\x14")
        await terminal.shows("✓ token received in")
        await terminal.shows(", expires in 3,600 s (Basic, percent-encoded)")
        terminal.keys("\x13")
        await terminal.shows("✓ Settings updated")
        terminal.keys("1")
        await terminal.shows("Webhook configurations")
        terminal.keys("t")
        await terminal.shows("Send test event")
        terminal.keys("\x13")
        await terminal.shows("✓ 200 in")
        terminal.keys("\x1b")
        await terminal.hides("Send test event")
        await terminal.shows("✓ 200.")
        terminal.keys("3")
        await terminal.shows("Nothing needs attention. v All shows what was delivered.")
        terminal.keys("v")
        await terminal.shows("Failing now")
        terminal.keys("v")
        await terminal.shows("✓ delivered (Onboarding Status) 200")
        terminal.keys("q")
        assert await terminal.exit_code() == 0
        assert b"\x1b[?1049l" in terminal.raw
        (seen,) = receiver.received
        assert endpoint.is_valid(seen.headers["Authorization"].removeprefix("Bearer "))
    assert (seen.headers["x-tenant"], seen.headers["x-other"]) == ("mx-prod", "{{as-is}}")
    assert seen.headers["hookkeeper-test"] == "1"
    async with open_store(database) as store:
        (summary,) = await config.list_webhooks(store)
        secret = await config.signing_secret(store, summary.webhook.id)
    Verifier(secret.get_secret_value()).verify(seen.body, seen.headers)
