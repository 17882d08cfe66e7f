"""The dispatcher as a process applies the TLS settings, and warns of a certificate that expires soon."""

import asyncio
import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme

from core.catalog import accept
from core.models import Delivery, GeneralSettings, WebhookOptions
from core.store import Store, config, history, notices, open_store, queue
from tests.e2e.conftest import Serve
from tests.support.receiver import Receiver


async def _delivery(store: Store, wanted: Callable[[Delivery], bool]) -> Delivery:
    """Wait until the only delivery is as wanted, and return it."""
    async with asyncio.timeout(50):
        # Written by the dispatcher, another process, through the file.
        while not wanted(delivery := (await history.list_deliveries(store))[0].delivery):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    return delivery


async def test_an_authority_is_trusted_while_it_delivers(
    database: Path, tmp_path: Path, serve: Serve
) -> None:
    """The certificate is refused until the settings name the authority. Then the retry arrives without a restart."""
    authority = trustme.CA()
    file = tmp_path / "ca.pem"
    file.write_bytes(authority.cert_pem.bytes())
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost", not_after=datetime.now(UTC) + timedelta(days=3)).configure_cert(tls)
    async with Receiver(tls=tls) as receiver, open_store(database) as store:
        settings = GeneralSettings(allowed_networks=("127.0.0.0/8",), retry_schedule="1s " * 30)
        settings = await config.save_settings(store, settings, actor="ana")
        await config.add_webhook(store, "session-failed", WebhookOptions(url=receiver.url), actor="ana")
        emitted = await queue.emit(store, "session-failed", accept("session-failed", b"{}"))
        await serve()
        delivery = await _delivery(store, lambda delivery: delivery.outcome is not None)
        assert (delivery.outcome, delivery.event_id) == ("tls", emitted.id)
        await config.save_settings(store, settings.model_copy(update={"ca_file": str(file)}), actor="ana")
        (seen,) = await receiver.wait_for(1)
        assert seen.body == b"{}"
        await _delivery(store, lambda delivery: delivery.state == "delivered")
        (notice,) = await notices.list_notices(store)
    assert notice.message.startswith("The certificate of localhost ends on ")
