"""After a rotation the receiver may verify with either secret for 24 hours, then only with the new one."""

import pytest
from standardwebhooks import Webhook as Verifier
from standardwebhooks import WebhookVerificationError

from core.clock import now_ms
from core.delivery import destination
from core.delivery.attempt import attempt
from core.delivery.destination import Destination
from core.delivery.http import Http
from core.models import GeneralSettings, WebhookOptions
from core.store import Store, config
from core.store.queue import Claim
from tests.support.receiver import Received, Receiver

_CLAIM = Claim(1, "dlv_1", 1, "session-failed", b'{"interviewId":"66e1"}', False, 1, 0, 0)
_DAY = 86_400_000


async def _loaded(store: Store) -> Destination:
    (stored,) = await config.list_destinations(store)
    return Destination(stored, GeneralSettings())


async def _sent(http: Http, receiver: Receiver, target: Destination) -> Received:
    await attempt(http, target.request(_CLAIM), None)
    return receiver.received[-1]


def _verifies(secret: str, seen: Received) -> bool:
    try:
        Verifier(secret).verify(seen.body, seen.headers)
    except WebhookVerificationError:
        return False
    return True


async def test_both_verify_until_the_older_one_ends(
    store: Store, http: Http, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The end comes by the clock alone, in a destination that was loaded long before; loaded anew it stays so."""
    webhook = await config.add_webhook(store, "session-failed", WebhookOptions(url=receiver.url), actor="ana")
    old = (await config.signing_secret(store, webhook.id)).get_secret_value()
    unchanged = await _sent(http, receiver, await _loaded(store))
    assert unchanged.headers["webhook-signature"].count("v1,") == 1
    new = (await config.rotate_secret(store, webhook.id, actor="ana")).get_secret_value()
    assert new == (await config.signing_secret(store, webhook.id)).get_secret_value()
    target = await _loaded(store)
    seen = await _sent(http, receiver, target)
    assert [_verifies(secret, seen) for secret in (new, old)] == [True, True]
    now = now_ms()
    monkeypatch.setattr(destination, "now_ms", lambda: now + _DAY - 60_000)
    assert _verifies(old, await _sent(http, receiver, target))
    monkeypatch.setattr(destination, "now_ms", lambda: now + _DAY)
    seen = await _sent(http, receiver, target)
    assert [_verifies(secret, seen) for secret in (new, old)] == [True, False]
    monkeypatch.setattr(config.destinations, "now_ms", lambda: now + _DAY)
    assert (await _loaded(store)).stored.previous_secret is None


async def test_rotated_again_within_a_day(store: Store, http: Http, receiver: Receiver) -> None:
    """The latest two count; the first one ends at once."""
    webhook = await config.add_webhook(store, "session-failed", WebhookOptions(url=receiver.url), actor="ana")
    secrets = [(await config.signing_secret(store, webhook.id)).get_secret_value()]
    for _ in range(2):
        secrets.append((await config.rotate_secret(store, webhook.id[-4:], actor="ana")).get_secret_value())
    seen = await _sent(http, receiver, await _loaded(store))
    assert [_verifies(secret, seen) for secret in secrets] == [False, True, True]
