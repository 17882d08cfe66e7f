"""Who changed what: each change with its entry, and no secret in any of them."""

import pytest
from pydantic import SecretStr

from core.catalog import accept
from core.models import CustomHeader, GeneralSettings, WebhookOptions
from core.store import Conflict, Store, audit, config, history, queue

BODY = accept("session-failed", b'{"interviewId": "66e1"}')
STATUS = accept("onboarding-status", b'{"interviewId":"66e1","onboardingStatus":"OK"}')


async def _entries(store: Store, subject: str | None = None) -> list[tuple[str, str, str]]:
    """The entries, oldest first, as (actor, action, details)."""
    changes = await audit.list_changes(store, subject=subject)
    return [(each.actor, each.action, each.details) for each in reversed(changes)]


async def test_a_webhooks_life(store: Store) -> None:
    """What was done to a webhook and what changed from what to what, in the words of the labels."""
    options = WebhookOptions(url="https://a.example/", concurrency=3)
    webhook = await config.add_webhook(store, "onboarding-status", options, actor="ana")
    await queue.emit(store, "onboarding-status", STATUS)
    changed = WebhookOptions(
        url="https://b.example/", concurrency=3, deadline=20, in_order=True, status_filter=("OK", "FAIL")
    )
    await config.save_webhook(store, webhook.id, changed, version=1, actor="bob")
    await config.save_webhook(store, webhook.id, changed, version=2, actor="bob")
    await config.set_enabled(store, webhook.id, False, actor="bob")
    await config.set_enabled(store, webhook.id, False, actor="bob")
    await config.set_enabled(store, webhook.id, True, actor="ana", held="cancel")
    await queue.emit(store, "onboarding-status", STATUS)
    await config.reveal_secret(store, webhook.id, actor="eve")
    await config.rotate_secret(store, webhook.id, actor="ana")
    await config.delete_webhook(store, webhook.id, actor="ana")
    await config.undo_delete(store, webhook.id, actor="bob")
    assert await _entries(store, webhook.id) == [
        ("ana", "generated", "Type onboarding-status; URL https://a.example/; Concurrency 10 → 3"),
        (
            "bob",
            "changed",
            "URL https://a.example/ → https://b.example/; Deadline – → 20; In order per session no → yes; "
            "Status filter – → OK FAIL",
        ),
        ("bob", "disabled", ""),
        ("ana", "enabled", "1 held deliveries cancelled"),
        ("eve", "secret shown", ""),
        ("ana", "secret rotated", "the one before signs for 24 hours more"),
        ("ana", "deleted", "1 deliveries cancelled"),
        ("bob", "undeleted", "1 deliveries held"),
    ]
    assert await _entries(store, webhook.id[-5:]) == await _entries(store, f"wh_…{webhook.id[-4:]}")
    assert len(await _entries(store, webhook.id[-5:])) == 8
    assert await _entries(store, "settings") == []
    assert [each.action for each in await audit.list_changes(store, limit=2)] == ["undeleted", "deleted"]


async def test_settings_without_their_secrets(store: Store) -> None:
    """Of the Secret Key and of header values the audit says that they changed, never what they are."""
    first = GeneralSettings(
        authentication_url="https://auth.example/token?api_key=hush-parameter&tenant=mx",
        client_id="me",
        secret_key=SecretStr("hush-key"),
        custom_headers=(
            CustomHeader(name="x-tenant", value=SecretStr("hush-a")),
            CustomHeader(name="X-Old", value=SecretStr("hush-b")),
        ),
    )
    saved = await config.save_settings(store, first, actor="ana")
    second = saved.model_copy(
        update={
            "secret_key": SecretStr("hush-other"),
            "custom_headers": (CustomHeader(name="X-Tenant", value=SecretStr("hush-c")),),
            "deadline": 20.0,
            "masked_fields": ("ssn", "phone*"),
        }
    )
    saved = await config.save_settings(store, second, actor="bob")
    await config.save_settings(store, saved, actor="bob")
    with pytest.raises(Conflict):
        await config.save_settings(store, first, actor="eve")
    assert await _entries(store) == [
        (
            "ana",
            "changed",
            "Authentication URL – → https://auth.example/token?api_key=••••&tenant=mx; Client ID – → me; "
            "Secret Key added; header x-tenant added; header X-Old added",
        ),
        (
            "bob",
            "changed",
            "Deadline 15 → 20; Masked fields – → ssn phone*; Secret Key replaced; "
            "header X-Tenant replaced; header X-Old removed",
        ),
    ]


async def test_deliveries(store: Store) -> None:
    """A resend and a cancellation name their delivery and what it was; one that changes nothing is no entry."""
    options = WebhookOptions(url="https://a.example/")
    await config.add_webhook(store, "session-failed", options, actor="ana")
    await queue.emit(store, "session-failed", BODY)
    ((row,), epoch) = await history.list_deliveries(store), await queue.next_epoch(store)
    await queue.cancel(store, row.delivery.id, actor="bob")
    await queue.cancel(store, row.delivery.id, actor="bob")
    await queue.resend(store, row.delivery.id, actor="ana")
    await queue.claim(store, epoch, [queue.Slots(1, 1, 1, 1)])
    await queue.cancel(store, row.delivery.id, actor="ana")
    assert await _entries(store, row.delivery.id) == [
        ("bob", "cancelled", "was pending"),
        ("ana", "resent", "was cancelled"),
        ("ana", "cancelled", "was sending"),
    ]
