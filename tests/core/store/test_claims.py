"""Claims: only currently wanted deliveries can be claimed, and only by the current dispatcher."""

from collections import Counter

import pytest
from pydantic import SecretStr

from core.catalog import accept
from core.models import AttemptResult, DeliveryState, GeneralSettings, Outcome, Webhook, WebhookOptions
from core.store import Conflict, Store, config, history, queue

BODY = accept("session-failed", b'{"interviewId": "66e1"}')
BAD = AttemptResult(Outcome.HTTP_STATUS, "answered 503", "https://a.example/", 1, 5, 503)


async def _webhook(store: Store) -> Webhook:
    return await config.add_webhook(
        store, "session-failed", WebhookOptions(url="https://a.example/"), actor="ana"
    )


async def test_a_webhook_that_was_changed_is_not_claimed_for(store: Store) -> None:
    """Nothing goes to an old URL, to a disabled webhook or to a deleted one, whatever the dispatcher still knows."""
    webhook = await _webhook(store)
    await queue.emit(store, "session-failed", BODY)
    epoch = await queue.next_epoch(store)
    moved = WebhookOptions(url="https://b.example/")
    assert (await config.save_webhook(store, webhook.id, moved, version=1, actor="ana")).version == 2
    assert await queue.claim(store, epoch, [queue.Slots(1, 1, 5, 5)]) == []
    await config.set_enabled(store, webhook.id, False, actor="ana")
    assert await queue.claim(store, epoch, [queue.Slots(1, 3, 5, 5)]) == []
    await config.set_enabled(store, webhook.id, True, actor="ana")
    assert len(await queue.claim(store, epoch, [queue.Slots(1, 4, 5, 5)])) == 1
    assert await config.delete_webhook(store, webhook.id, actor="ana") == 0
    assert await queue.claim(store, epoch, [queue.Slots(1, 5, 5, 5)]) == []


async def test_nothing_is_claimed_by_settings_that_were_changed(store: Store) -> None:
    """A claimed delivery is sent with the headers, networks and credentials in force at that time."""
    await _webhook(store)
    await queue.emit(store, "session-failed", BODY)
    epoch = await queue.next_epoch(store)
    for version in (1, 2):
        before = await queue.look_out(store)
        settings = GeneralSettings(version=version - 1)
        await config.save_settings(store, settings, actor="ana")
        slots = [queue.Slots(1, 1, 5, 5)]
        assert await queue.claim(store, epoch, slots, fingerprint=before.fingerprint) == []
    now = await queue.look_out(store)
    assert len(await queue.claim(store, epoch, slots, fingerprint=now.fingerprint)) == 1


async def test_what_a_claim_says(store: Store) -> None:
    """All that an attempt needs of the event and of the delivery, each with its own."""
    webhook = await _webhook(store)
    await queue.emit(store, "session-failed", BODY)
    test = accept("session-failed", b'{"interviewId": "66e1", "n": 1.10}')
    identity = await queue.emit_test(store, webhook.id, test)
    epoch = await queue.next_epoch(store)
    first, second = await queue.claim(store, epoch, [queue.Slots(1, 1, 2, 2)])
    assert first[2:] == (1, "session-failed", b'{"interviewId": "66e1"}', False, 1, 0, queue.FRESH)
    assert second == (
        2, identity, 1, "session-failed", b'{"interviewId": "66e1", "n": 1.10}', True, 1, 0, queue.FRESH,
    )  # fmt: skip


async def test_slots_of_several_webhooks(store: Store) -> None:
    """Each is claimed for; one that was changed keeps none of the others waiting."""
    for _ in range(3):
        await _webhook(store)
    await queue.emit(store, "session-failed", BODY)
    epoch = await queue.next_epoch(store)
    slots = [queue.Slots(1, 7, 5, 5), queue.Slots(2, 1, 5, 5), queue.Slots(3, 1, 5, 5)]
    assert [claim.webhook for claim in await queue.claim(store, epoch, slots)] == [2, 3]


@pytest.mark.parametrize(
    ("free", "first", "lanes"),
    [
        (6, 6, {queue.RETRY: 3, queue.FRESH: 3}),
        (6, 2, {queue.RETRY: 3, queue.FRESH: 2}),
        (20, 6, {queue.RETRY: 4, queue.FRESH: 4, queue.BULK: 2}),
        (20, 0, {queue.RETRY: 4}),
        (1, 1, {queue.RETRY: 1}),
    ],
)
async def test_how_slots_are_shared(store: Store, free: int, first: int, lanes: dict[int, int]) -> None:
    """Retries have half of them, at least one; then come first attempts, then bulk, as far as these may."""
    await _webhook(store)
    for _ in range(12):
        await queue.emit(store, "session-failed", BODY)
    await store.write(lambda db: db.execute("UPDATE deliveries SET lane = seq % 3").rowcount)
    epoch = await queue.next_epoch(store)
    claims = await queue.claim(store, epoch, [queue.Slots(1, 1, free, first)])
    assert Counter(claim.lane for claim in claims) == lanes
    for claim in claims:
        await queue.record(store, epoch, claim, BAD, queue.Verdict(DeliveryState.FAILED, 1))


async def test_what_waits_for_its_time_is_not_claimed(store: Store) -> None:
    """A retry is claimed once it is due, in the order of being due."""
    await _webhook(store)
    for _ in range(3):
        await queue.emit(store, "session-failed", BODY)
    epoch = await queue.next_epoch(store)
    claims = await queue.claim(store, epoch, [queue.Slots(1, 1, 3, 3)])
    for claim, due_at in zip(claims, (2_000, 1_000, 9_999_999_999_999), strict=True):
        await queue.record(store, epoch, claim, BAD, queue.Verdict(DeliveryState.PENDING, 1, due_at))
    assert (await queue.look_out(store)).due == {1: 1_000}
    first = await queue.claim(store, epoch, [queue.Slots(1, 1, 1, 1)])
    rest = await queue.claim(store, epoch, [queue.Slots(1, 1, 10, 10)])
    assert [claim.id for claim in first + rest] == [claims[1].id, claims[0].id]


async def test_bodies_come_out_as_they_went_in(store: Store) -> None:
    """However many are claimed at once, each has its own, byte for byte."""
    await _webhook(store)
    texts = ["1", '"é😀"', '{"a":  "\\u0000\\""}', "[]"]
    bodies = [f'{{"interviewId": "66e1", "data": {text}}}'.encode() for text in texts]
    for body in bodies:
        await queue.emit(store, "session-failed", accept("session-failed", body))
    epoch = await queue.next_epoch(store)
    claims = await queue.claim(store, epoch, [queue.Slots(1, 1, 9, 9)])
    assert [claim.body for claim in claims] == bodies


async def test_a_lane_gives_no_more_than_64_mb_at_once(store: Store) -> None:
    """The rest waits for the next claim, because memory and the size of an SQLite value are limited."""
    await _webhook(store)
    sizes = [16, 16, 32, 1, 65, 1]
    for size in sizes:
        body = b'{"interviewId": "66e1", "data": "%b"}' % (b"x" * (size * 1024 * 1024 - 35))
        assert len(body) == size * 1024 * 1024
        await queue.emit(store, "session-failed", accept("session-failed", body, limit=len(body)))
    epoch = await queue.next_epoch(store)
    claimed = [await queue.claim(store, epoch, [queue.Slots(1, 1, 9, 9)]) for _ in range(5)]
    assert [[len(claim.body) // 1024 // 1024 for claim in claims] for claims in claimed] == [
        [16, 16, 32],
        [1],
        [65],
        [1],
        [],
    ]


async def test_deleting_a_webhook_cancels_what_is_in_flight(store: Store) -> None:
    """What waits is cancelled at once, what is being sent when it comes back without having arrived."""
    webhook = await _webhook(store)
    for _ in range(3):
        await queue.emit(store, "session-failed", BODY)
    epoch = await queue.next_epoch(store)
    (claim,) = await queue.claim(store, epoch, [queue.Slots(1, 1, 1, 1)])
    assert await config.delete_webhook(store, webhook.id, actor="bob") == 2
    assert (await history.load_delivery(store, claim.id)).state is DeliveryState.SENDING
    await queue.record(store, epoch, claim, BAD, queue.Verdict(DeliveryState.PENDING, 1, 1))
    rows = await history.list_deliveries(store)
    assert {(row.delivery.state, row.delivery.cancel_reason) for row in rows} == {
        (DeliveryState.CANCELLED, "webhook_deleted")
    }
    words = rf"{webhook.id} was deleted by bob at \d\d:\d\d\. Nothing is left to delete\."
    with pytest.raises(Conflict, match=words):
        await config.delete_webhook(store, webhook.id, actor="ana")


async def test_a_wish_survives_the_dispatcher(store: Store) -> None:
    """A delivery that is cancelled while it is sent, by a dispatcher that is killed, is cancelled."""
    await _webhook(store)
    await queue.emit(store, "session-failed", BODY)
    epoch = await queue.next_epoch(store)
    (claim,) = await queue.claim(store, epoch, [queue.Slots(1, 1, 1, 1)])
    await queue.cancel(store, claim.id, actor="ana")
    assert await queue.recover(store, await queue.next_epoch(store)) == 1
    delivery = await history.load_delivery(store, claim.id)
    assert (delivery.state, delivery.cancel_reason) == ("cancelled", "cancelled by ana")


async def test_an_untouched_secret_is_kept(store: Store) -> None:
    """Settings that are loaded, edited and saved keep the Secret Key and the header values."""
    given = GeneralSettings.model_validate(
        {
            "authentication_url": "https://auth.example/token",
            "client_id": "c",
            "secret_key": "correct horse",
            "custom_headers": [{"name": "x-a", "value": "é"}],
        }
    )
    await config.save_settings(store, given, actor="ana")
    edited = (await config.load_settings(store)).model_copy(update={"scopes": "read"})
    saved = await config.save_settings(store, edited, actor="bob")
    assert (saved.version, saved.updated_by, saved.scopes) == (2, "bob", "read")
    loaded = await config.load_settings(store)
    assert loaded.secret_key == SecretStr("correct horse")
    assert loaded.custom_headers == given.custom_headers


async def test_what_was_held_comes_behind_what_is_fresh(store: Store) -> None:
    """Events that came while it was disabled are released as a backlog. A new event is claimed before them."""
    options = WebhookOptions(url="https://a.example/")
    webhook = await config.add_webhook(store, "session-failed", options, actor="ana")
    await config.set_enabled(store, webhook.id, False, actor="ana")
    held = await queue.emit(store, "session-failed", BODY)
    released = await config.set_enabled(store, webhook.id, True, actor="ana")
    await queue.emit(store, "session-failed", BODY)
    epoch = await queue.next_epoch(store)
    slots = queue.Slots(1, released.version, 1, 1)
    (first,) = await queue.claim(store, epoch, [slots])
    (second,) = await queue.claim(store, epoch, [slots])
    assert (first.lane, second.lane) == (queue.FRESH, queue.BULK)
    assert (await history.load_delivery(store, second.id)).event_id == held.id
