"""After a rotation the receiver may verify with either secret for 24 hours, then only with the new one."""

from dataclasses import replace

import pytest
from standardwebhooks import Webhook as Verifier
from standardwebhooks import WebhookVerificationError

from core.clock import now_ms
from core.delivery import destination
from core.delivery.attempt import attempt
from core.delivery.destination import Destination
from core.delivery.http import Http
from core.models import GeneralSettings, WebhookOptions
from core.store import NotPossible, Store, audit, config
from core.store.key_rotation import rotate_keys
from core.store.queue import Claim
from core.store.retention import prune
from tests.support.receiver import Received, Receiver

_CLAIM = Claim(1, "dlv_1", 1, "session-failed", b'{"interviewId":"66e1"}', False, 1, 0, 0)
_HOUR = 3_600_000
_DAY = 24 * _HOUR


async def _loaded(store: Store) -> Destination:
    (stored,) = await config.list_with_secrets(store)
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
    monkeypatch.setattr(config.secrets, "now_ms", lambda: now + _DAY)
    assert (await _loaded(store)).stored.older_secrets == ()


class _Clock:
    """What the store and the destination take for the time."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = now_ms()
        for module in (destination, config.secrets):
            monkeypatch.setattr(module, "now_ms", lambda: self.now)


async def _rotations(store: Store, receiver: Receiver, clock: _Clock, times: int) -> list[str]:
    """All secrets of a webhook that is rotated every hour, the first one first."""
    webhook = await config.add_webhook(store, "session-failed", WebhookOptions(url=receiver.url), actor="ana")
    secrets = [(await config.signing_secret(store, webhook.id)).get_secret_value()]
    for _ in range(times):
        clock.now += _HOUR
        secrets.append((await config.rotate_secret(store, webhook.id[-4:], actor="ana")).get_secret_value())
    return secrets


async def test_rotated_twice_within_a_day_both_older_ones_sign(
    store: Store, http: Http, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each until its own 24 hours are over, by the clock alone or loaded anew."""
    clock = _Clock(monkeypatch)
    secrets = await _rotations(store, receiver, clock, 2)
    target = await _loaded(store)
    began = clock.now
    for hours, expected in ((0, [True, True, True]), (23, [False, True, True]), (24, [False, False, True])):
        clock.now = began + hours * _HOUR
        for each in (target, await _loaded(store)):
            seen = await _sent(http, receiver, each)
            assert [_verifies(secret, seen) for secret in secrets] == expected
            assert len(seen.headers["webhook-signature"].split(" ")) == sum(expected)


async def test_rotated_every_hour(
    store: Store, http: Http, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often: the present secret and those of the last 24 hours sign, the newest first."""
    clock = _Clock(monkeypatch)
    secrets = await _rotations(store, receiver, clock, 40)
    seen = await _sent(http, receiver, await _loaded(store))
    assert [_verifies(secret, seen) for secret in secrets] == [False] * 16 + [True] * 25
    assert len(seen.headers["webhook-signature"]) < 2048
    await prune(store, GeneralSettings(), clock.now + 10 * _HOUR)
    assert await _kept(store) == 14
    for secret, signature in zip(
        reversed(secrets), seen.headers["webhook-signature"].split(" "), strict=False
    ):
        alone = replace(seen, headers={**seen.headers, "webhook-signature": signature})
        assert _verifies(secret, alone)


async def test_more_rotations_than_signatures_fit(
    store: Store, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sentence says when there is room again and how to make some; nothing changes."""
    clock = _Clock(monkeypatch)
    webhook = await config.add_webhook(store, "session-failed", WebhookOptions(url=receiver.url), actor="ana")
    for _ in range(config.MOST_OLDER):
        await config.rotate_secret(store, webhook.id, actor="ana")
    before = await _loaded(store)
    with pytest.raises(NotPossible) as caught:
        await config.rotate_secret(store, webhook.id, actor="ana")
    assert f"30 older secrets of {webhook.id} still sign" in str(caught.value)
    assert str(caught.value).endswith("or end them at once (--now).")
    assert (await _loaded(store)).stored == before.stored
    clock.now += _DAY
    await config.rotate_secret(store, webhook.id, actor="ana")
    assert len((await _loaded(store)).stored.older_secrets) == 1


async def test_now_ends_the_older_ones_at_once(
    store: Store, http: Http, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one that was present, too; the audit says so, and other webhooks keep theirs."""
    clock = _Clock(monkeypatch)
    secrets = await _rotations(store, receiver, clock, 1)
    (summary,) = await config.list_webhooks(store)
    other = await config.add_webhook(store, "session-failed", WebhookOptions(url=receiver.url), actor="ana")
    await config.rotate_secret(store, other.id, actor="ana")
    secrets.append(
        (await config.rotate_secret(store, summary.webhook.id, actor="ana", now=True)).get_secret_value()
    )
    mine, _ = [Destination(stored, GeneralSettings()) for stored in await config.list_with_secrets(store)]
    seen = await _sent(http, receiver, mine)
    assert [_verifies(secret, seen) for secret in secrets] == [False, False, True]
    assert await config.older_secret_ends(store, summary.webhook.id) == []
    assert len(await config.older_secret_ends(store, other.id)) == 1
    assert await _kept(store) == 1
    entries = await audit.list_changes(store, subject=summary.webhook.id)
    assert [entry.details for entry in entries[:2]] == [
        "those before ended at once",
        "the one before signs for 24 hours more",
    ]


async def test_a_webhook_that_was_deleted_and_brought_back(
    store: Store, http: Http, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All its secrets come back with it, also after the keys were rotated meanwhile; those that ended do not."""
    clock = _Clock(monkeypatch)
    secrets = await _rotations(store, receiver, clock, 3)
    (summary,) = await config.list_webhooks(store)
    await config.delete_webhook(store, summary.webhook.id, actor="ana")
    done = await rotate_keys(store, actor="ana", remove_old=True)
    assert (done.secrets, done.removed) == (4, 1)
    clock.now += 22 * _HOUR
    await config.undo_delete(store, summary.webhook.id, actor="ana")
    await config.set_enabled(store, summary.webhook.id, True, actor="ana")
    seen = await _sent(http, receiver, await _loaded(store))
    assert [_verifies(secret, seen) for secret in secrets] == [False, True, True, True]


async def _kept(store: Store) -> int:
    (number,) = await store.read(lambda db: db.execute("SELECT count(*) FROM older_secrets").fetchone())
    return int(number)
