"""The queue: idempotency keys, claims, outcomes, requested actions and recovery."""

import asyncio

import pytest
from pydantic import SecretStr

from core import schedule
from core.catalog import accept
from core.clock import now_ms
from core.models import AttemptResult, DeliveryState, GeneralSettings, Outcome, Webhook, WebhookOptions
from core.store import (
    Conflict,
    EpochEnded,
    KeyReused,
    NotFound,
    NotPossible,
    Store,
    config,
    history,
    queue,
    requests,
)
from core.store.database import Database
from core.store.filter import DeliveryFilter

NOW = 1_790_000_000_000
BODY = accept("session-failed", b'{"interviewId": "66e1"}')
OK = AttemptResult(Outcome.OK, "answered 204 No Content", "https://a.example/", 1, 5, 204)
BAD = AttemptResult(Outcome.HTTP_STATUS, "answered 503 Service Unavailable", "https://a.example/", 1, 5, 503)
DELIVERED = queue.Verdict(DeliveryState.DELIVERED, 1)
LATER = queue.Verdict(DeliveryState.PENDING, 1, 9_999_999_999_999)


async def _webhook(store: Store, **options: object) -> Webhook:
    values = WebhookOptions.model_validate({"url": "https://a.example/"} | options)
    return await config.add_webhook(store, "session-failed", values, actor="ana")


async def _claim(store: Store, epoch: int, number: int = 10) -> list[queue.Claim]:
    return await queue.claim(store, epoch, [queue.Slots(1, 1, number, number)])


async def test_key_makes_it_idempotent(store: Store) -> None:
    """The same bytes give the same event; other bytes or another type are refused by name."""
    first, second = await asyncio.gather(
        queue.emit(store, "session-failed", BODY, key="k"), queue.emit(store, "session-failed", BODY, key="k")
    )
    assert first.id == second.id
    assert (first.repeated, second.repeated) == (False, True)
    other = accept("session-failed", b'{"interviewId":"66e1"}')
    with pytest.raises(KeyReused, match=first.id):
        await queue.emit(store, "session-failed", other, key="k")
    with pytest.raises(KeyReused):
        await queue.emit(store, "session-started", BODY, key="k")


async def test_keys_of_one_transaction(store: Store) -> None:
    """A key that comes twice in one is as good as one that came before; what has none is due at once, all of it."""
    await _webhook(store)
    other = accept("session-failed", b'{"interviewId": "77"}')
    arrivals = [("a", BODY), ("b", BODY), ("a", BODY), ("a", other), (None, BODY), (None, BODY)]
    answers = await queue.emit_many(
        store, [queue.Arrival("session-failed", body, key) for key, body in arrivals]
    )
    first, second, again, wrong, *_ = answers
    assert isinstance(first, queue.Emitted)
    assert first.id.startswith("evt_")
    assert (first.deliveries, first.repeated) == (1, False)
    assert isinstance(second, queue.Emitted)
    assert (second.repeated, second.id != first.id) == (False, True)
    assert again == queue.Emitted(first.id, 1, repeated=True)
    assert isinstance(wrong, KeyReused)
    sql = "SELECT d.state, d.due_at, e.is_test FROM deliveries d JOIN events e ON e.seq = d.event"
    assert await store.read(lambda db: db.execute(sql).fetchall()) == [("pending", 0, 0)] * 4


async def test_key_lives_for_seven_days(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """After 7 days a key is free again, or after as many as the settings say."""
    await queue.emit(store, "session-failed", BODY, key="longer")
    await config.save_settings(store, GeneralSettings(keep_keys=2), actor="ana")
    shorter = await queue.emit(store, "session-failed", BODY, key="shorter")
    now = now_ms()
    monkeypatch.setattr(queue.intake, "now_ms", lambda: now + 2 * 86_400_000 + 60_000)
    assert (await queue.emit(store, "session-failed", BODY, key="shorter")).id != shorter.id
    assert (await queue.emit(store, "session-failed", BODY, key="longer")).repeated
    await config.save_settings(store, GeneralSettings(version=1), actor="ana")
    monkeypatch.setattr(queue.intake, "now_ms", lambda: now)
    first = await queue.emit(store, "session-failed", BODY, key="k")
    monkeypatch.setattr(queue.intake, "now_ms", lambda: now + 7 * 86_400_000 + 60_000)
    again = await queue.emit(store, "session-failed", BODY, key="k")
    assert again.id != first.id


async def test_claim_record_and_epochs(store: Store) -> None:
    """A claim counts the attempt; an outcome of an older epoch is refused."""
    await _webhook(store)
    await queue.emit(store, "session-failed", BODY)
    epoch = await queue.next_epoch(store)
    assert (await queue.look_out(store)).due == {1: 0}
    (claim,) = await _claim(store, epoch)
    assert claim.id.startswith("dlv_")
    assert (claim.number, claim.step, claim.body) == (1, 0, b'{"interviewId": "66e1"}')
    await queue.record(store, epoch, claim, BAD, LATER)
    delivery = await history.load_delivery(store, claim.id)
    assert (delivery.state, delivery.tries, delivery.waits_for) == ("pending", 1, "time")
    newer = await queue.next_epoch(store)
    with pytest.raises(EpochEnded, match=r"^Another dispatcher has taken over \(epoch 2; this one is 1\)\.$"):
        await _claim(store, epoch)
    await queue.resend(store, claim.id, actor="ana")
    (again,) = await _claim(store, newer)
    with pytest.raises(EpochEnded, match=r"^Outcomes are not taken: another dispatcher has taken over\.$"):
        await queue.record(store, epoch, again, OK, DELIVERED)
    await queue.record(store, newer, again, OK, DELIVERED)
    attempts = await history.list_attempts(store, claim.id)
    assert [(attempt.number, attempt.outcome) for attempt in attempts] == [(2, "ok"), (1, "http_status")]


async def test_interrupted(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a killed dispatcher left is due at once without a step; five times in a row take one."""
    await _webhook(store)
    await queue.emit(store, "session-failed", BODY)
    monkeypatch.setattr(schedule, "_JITTER", 0.0)
    monkeypatch.setattr(queue.outcomes, "now_ms", lambda: NOW)

    def run(database: Database) -> tuple[int, int, int]:
        sql = "SELECT step, interruptions, due_at FROM deliveries"
        step, interruptions, due_at = database.execute(sql).fetchone()
        return step, interruptions, due_at

    for number in range(1, 6):
        epoch = await queue.next_epoch(store)
        (claim,) = await _claim(store, epoch)
        assert await queue.recover(store, await queue.next_epoch(store)) == 1
        delivery = await history.load_delivery(store, claim.id)
        assert delivery.tries == (1 if number == 5 else 0)
        assert await store.read(run) == ((1, 0, NOW + 5_000) if number == 5 else (0, number, NOW))
    attempts = await history.list_attempts(store, claim.id)
    assert {(each.outcome, each.reason, each.total_ms) for each in attempts} == {
        ("interrupted", "the dispatcher was stopped in the middle", 0)
    }
    assert all(each.id.startswith("att_") for each in attempts)


async def test_an_attempt_that_ended_counts_interruptions_anew(store: Store) -> None:
    """Only those in a row take a step."""
    await _webhook(store)
    await queue.emit(store, "session-failed", BODY)
    await _claim(store, await queue.next_epoch(store))
    epoch = await queue.next_epoch(store)
    await queue.recover(store, epoch)
    (claim,) = await _claim(store, epoch)
    await queue.record(store, epoch, claim, BAD, LATER)
    sql = "SELECT step, interruptions FROM deliveries"
    assert await store.read(lambda db: db.execute(sql).fetchall()) == [(1, 0)]


async def test_a_resend_counts_interruptions_anew(store: Store) -> None:
    """A fresh run of the schedule does not lose a step to interruptions before it."""
    await _webhook(store)
    await queue.emit(store, "session-failed", BODY)
    for number in range(5):
        (claim,) = await _claim(store, await queue.next_epoch(store))
        await queue.recover(store, await queue.next_epoch(store))
        if number == 3:
            await queue.resend(store, claim.id, actor="ana")
    assert (await history.load_delivery(store, claim.id)).tries == 0


async def test_interrupted_for_good(store: Store) -> None:
    """An interruption may take the last step of a schedule."""
    await _webhook(store, retry_schedule="5s")
    await queue.emit(store, "session-failed", BODY)
    for _ in range(10):
        epoch = await queue.next_epoch(store)
        await store.write(lambda db: db.execute("UPDATE deliveries SET due_at = 0"))
        assert len(await _claim(store, epoch)) == 1
        await queue.recover(store, await queue.next_epoch(store))
    (row,) = await history.list_deliveries(store)
    assert row.delivery.state == "failed"
    sql = "SELECT step, interruptions FROM deliveries"
    assert await store.read(lambda db: db.execute(sql).fetchall()) == [(2, 0)]


@pytest.mark.parametrize(
    ("requested", "verdict", "state"),
    [
        ("cancel", LATER, "cancelled"),
        ("cancel", DELIVERED, "delivered"),
        ("resend", LATER, "pending"),
        ("resend", DELIVERED, "delivered"),
    ],
)
async def test_wishes(
    store: Store, monkeypatch: pytest.MonkeyPatch, requested: str, verdict: queue.Verdict, state: str
) -> None:
    """What is asked of a delivery in flight is done when its outcome is recorded; delivered beats it."""
    await _webhook(store)
    await queue.emit(store, "session-failed", BODY)
    epoch = await queue.next_epoch(store)
    (claim,) = await _claim(store, epoch)
    await (queue.cancel if requested == "cancel" else queue.resend)(store, claim.id, actor="ana")
    assert (await history.load_delivery(store, claim.id)).state == "sending"
    monkeypatch.setattr(queue.outcomes, "now_ms", lambda: NOW)
    await queue.record(store, epoch, claim, OK if verdict is DELIVERED else BAD, verdict)
    delivery = await history.load_delivery(store, claim.id)
    assert delivery.state == state
    sql = "SELECT due_at, step, interruptions FROM deliveries"
    row = await store.read(lambda db: db.execute(sql).fetchone())
    if state == "pending":
        assert row == (NOW, 0, 0)
    else:  # a deletion that cancelled it may be undone
        assert row == (verdict.due_at, verdict.step, 0)


async def test_cancel_and_resend(store: Store) -> None:
    """A cancelled delivery can be sent after all; a delivered one cannot be cancelled."""
    await _webhook(store)
    await queue.emit(store, "session-failed", BODY)
    (row,) = await history.list_deliveries(store)
    assert (await queue.cancel(store, row.delivery.id, actor="ana")).cancel_reason == "cancelled by ana"
    assert (await queue.resend(store, row.delivery.id[-4:], actor="ana")).state == "pending"
    epoch = await queue.next_epoch(store)
    (claim,) = await _claim(store, epoch)
    await queue.record(store, epoch, claim, OK, DELIVERED)
    with pytest.raises(NotPossible, match="delivered already"):
        await queue.cancel(store, claim.id, actor="ana")
    with pytest.raises(NotFound):
        await queue.cancel(store, "dlv_nothing", actor="ana")
    await config.delete_webhook(
        store, (await config.load_webhook(store, "…" + row.delivery.webhook_id[-4:])).id, actor="b"
    )
    with pytest.raises(NotPossible, match="was deleted"):
        await queue.resend(store, claim.id, actor="ana")


async def test_disabled_webhooks_hold(store: Store) -> None:
    """Deliveries of a disabled webhook are held; enabling releases or cancels them."""
    webhook = await _webhook(store)
    await config.set_enabled(store, webhook.id, False, actor="ana")
    await queue.emit(store, "session-failed", BODY)
    assert (await queue.look_out(store)).due == {}
    (row,) = await history.list_deliveries(store, DeliveryFilter(state="held"))
    assert row.delivery.held
    assert (await history.totals(store)).held == 1
    with pytest.raises(NotPossible, match="is disabled"):
        await queue.emit_test(store, webhook.id, BODY)
    await config.set_enabled(store, webhook.id, True, actor="ana", held="cancel")
    (row,) = await history.list_deliveries(store)
    assert row.delivery.state == "cancelled"


async def test_unwanted_events_can_be_delivered_later(store: Store) -> None:
    """An event that nobody wanted says so, and goes to a webhook when asked."""
    emitted = await queue.emit(store, "session-failed", BODY)
    (event,) = await history.list_events(store, unwanted=True)
    assert event.unwanted == "no webhook of this type"
    webhook = await _webhook(store)
    delivery = await history.load_delivery(store, await queue.deliver(store, emitted.id, webhook.id))
    assert (delivery.event_id, delivery.webhook_id, delivery.waits_for) == (emitted.id, webhook.id, "now")
    assert await history.list_events(store, unwanted=True) == []
    with pytest.raises(NotPossible) as caught:
        await queue.deliver(store, "evt_" + "0" * 60, webhook.id)
    assert str(caught.value) == f"evt_{'0' * 56} is not an event of the type of {webhook.id}, session-failed."
    for unknown in ("evt_nothing", "evt_\ud800aaaa"):
        with pytest.raises(NotFound):
            await history.load_event(store, unknown)
        with pytest.raises(NotFound):
            await history.load_delivery(store, unknown)


async def test_saving_over_somebody_else(store: Store) -> None:
    """A save on an older version is refused and shows theirs; one on a deleted webhook says who did it."""
    webhook = await _webhook(store)
    mine = WebhookOptions(url="https://mine.example/")
    theirs = WebhookOptions(url="https://theirs.example/")
    await config.save_webhook(store, webhook.id, theirs, version=1, actor="bob")
    with pytest.raises(Conflict, match="bob changed this webhook") as caught:
        await config.save_webhook(store, webhook.id, mine, version=1, actor="ana")
    assert isinstance(caught.value.theirs, Webhook)
    assert caught.value.theirs.url == "https://theirs.example/"
    assert await config.delete_webhook(store, webhook.id, actor="bob") == 0
    with pytest.raises(Conflict, match=r"was deleted by bob.*Your changes were not saved"):
        await config.save_webhook(store, webhook.id, mine, version=2, actor="ana")
    await config.save_settings(store, GeneralSettings(scopes="a"), actor="bob")
    with pytest.raises(Conflict, match="bob changed the settings"):
        await config.save_settings(store, GeneralSettings(scopes="b"), actor="ana")


async def test_ambiguous_and_unknown_ids(store: Store) -> None:
    """An ID that fits none or several webhooks is answered in words."""
    with pytest.raises(NotFound, match="There is no webhook"):
        await config.load_webhook(store, "wh_1234")
    await _webhook(store)
    await _webhook(store)
    await store.write(lambda db: db.execute("UPDATE webhooks SET id = 'wh_' || seq || 'aaaa'"))
    with pytest.raises(NotFound, match="More than one"):
        await config.load_webhook(store, "aaaa")


async def test_retries_have_a_slot(store: Store) -> None:
    """Retries are claimed first, and no more than asked for."""
    await _webhook(store)
    for _ in range(6):
        await queue.emit(store, "session-failed", BODY)
    (row, *_) = await history.list_deliveries(store)
    await queue.resend(store, row.delivery.id, actor="ana")
    epoch = await queue.next_epoch(store)
    claims = await queue.claim(store, epoch, [queue.Slots(1, 1, 4, 2)])
    assert claims[0].id == row.delivery.id
    assert len(claims) == 3


async def test_authorization_requests(store: Store) -> None:
    """What stands in a form travels encrypted and goes with the answer."""
    form = GeneralSettings(authentication_url="https://a.example/t", client_id="c", secret_key=SecretStr("s"))
    number = await requests.ask_authorization(store, form)
    ((found, settings),) = await requests.open_requests(store)
    assert found == number
    assert settings.secret_key == form.secret_key
    assert await requests.authorization_answer(store, number) is None
    await requests.answer(store, number, requests.AuthorizationAnswer(True, "token received"))
    answer = await requests.authorization_answer(store, number)
    assert answer == requests.AuthorizationAnswer(True, "token received")
    assert await store.read(lambda db: db.execute("SELECT settings FROM requests").fetchall()) == [(None,)]


async def test_clock_steps_move_waiting_retries(store: Store) -> None:
    """Waiting retries move with the wall clock; fresh deliveries have no due time."""
    await _webhook(store)
    for _ in range(2):
        await queue.emit(store, "session-failed", BODY)
    epoch = await queue.next_epoch(store)
    (claim,) = await queue.claim(store, epoch, [queue.Slots(1, 1, 1, 1)])
    await queue.record(store, epoch, claim, BAD, queue.Verdict(DeliveryState.PENDING, 1, 5_000_000))
    assert await queue.move_due_times(store, -1_000_000) == 1
    assert await store.read(
        lambda db: db.execute("SELECT due_at FROM deliveries ORDER BY seq").fetchall()
    ) == [
        (4_000_000,),
        (0,),
    ]


async def test_clock_steps_move_what_is_counted(store: Store) -> None:
    """Since when a webhook fails, and when a notice goes out; neither comes before 1970."""
    await _webhook(store)
    await store.write(lambda db: db.execute("UPDATE webhooks SET failing_since = 5000").rowcount)
    notice = (
        "INSERT INTO notices (id, about, kind, words, created_at, send_at) VALUES (?, ?, 'job', '', 0, ?)"
    )
    sent = [("ntc_1", "1", 5000), ("ntc_2", "2", 500), ("ntc_3", "3", None)]
    await store.write(lambda db: db.executemany(notice, sent).rowcount)
    await queue.move_due_times(store, -1000)
    moved = "SELECT failing_since FROM webhooks UNION ALL SELECT send_at FROM notices ORDER BY 1"
    assert await store.read(lambda db: db.execute(moved).fetchall()) == [(None,), (1,), (4000,), (4000,)]
