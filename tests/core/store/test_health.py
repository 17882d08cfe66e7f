"""A webhook that fails for days: its notices, when it is disabled, and what resets its health."""

import pytest

from core.catalog import accept
from core.clock import clock_time, from_ms
from core.models import AttemptResult, DeliveryState, Notice, Outcome, Webhook, WebhookOptions
from core.store import Store, audit, config, history, notices, queue
from core.store.queue import webhook_health

BODY = accept("session-failed", b'{"interviewId": "66e1"}')
URL = "https://a.example/"
BAD = AttemptResult(Outcome.HTTP_STATUS, "answered 503 Service Unavailable", URL, 1, 5, 503)
OK = AttemptResult(Outcome.OK, "answered 204 No Content", URL, 1, 5, 204)
HOUR = 3_600_000
DAY = 24 * HOUR
START = 1_795_000_000_000


class Time:
    """A wall clock that only a test advances."""

    def __init__(self) -> None:
        self.now = START


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    """The time that health is counted by."""
    time = Time()
    monkeypatch.setattr(webhook_health, "now_ms", lambda: time.now)
    return time


async def _webhook(store: Store) -> Webhook:
    return await config.add_webhook(store, "session-failed", WebhookOptions(url=URL), actor="ana")


async def _attempts(store: Store, *results: AttemptResult) -> None:
    """Claim and record one attempt per result, each of a new delivery."""
    epoch = await queue.next_epoch(store)
    for result in results:
        await queue.emit(store, "session-failed", BODY)
        (destination,) = await config.list_with_secrets(store)
        slots = [queue.Slots(destination.seq, destination.webhook.version, 1, 1)]
        (claim,) = await queue.claim(store, epoch, slots)
        done = DeliveryState.DELIVERED if result.outcome is Outcome.OK else DeliveryState.FAILED
        await queue.record(store, epoch, claim, result, queue.Verdict(done, 1))


async def _told(store: Store) -> list[str]:
    """The messages, oldest first, without the webhook's name."""
    return [notice.message.partition(" ")[2] for notice in reversed(await notices.list_notices(store))]


async def test_five_days_of_failing(store: Store, time: Time) -> None:
    """Told at 50, 70 and 90 % of 5 days, disabled at 100 %; what comes then is held."""
    webhook = await _webhook(store)
    await _attempts(store, *[BAD] * 20)
    told = [
        "has failed for 2 days 12 h; at 5 days it is disabled.",
        "has failed for 3 days 12 h; at 5 days it is disabled.",
        "has failed for 4 days 12 h; at 5 days it is disabled.",
        "has failed for 5 days and is disabled; its deliveries are held until it is enabled again.",
    ]
    for number, hours in enumerate((60, 84, 108, 120)):
        time.now = START + hours * HOUR - 1
        await _attempts(store, BAD)
        assert await _told(store) == told[:number]
        time.now = START + hours * HOUR
        await _attempts(store, BAD)
        assert await _told(store) == told[: number + 1]
        assert {notice.webhook for notice in await notices.list_notices(store)} == {webhook.id}
    disabled = await config.load_webhook(store, webhook.id)
    assert (disabled.enabled, disabled.disabled_reason, disabled.version) == (False, "failing", 2)
    assert disabled.updated_by == "hookkeeper"
    assert disabled.failing_since == from_ms(START)
    assert disabled.disabled_because == f"failing since {clock_time(from_ms(START))}"
    newest = (await notices.list_notices(store))[0]
    assert (newest.kind, newest.webhook) == ("disabled", webhook.id)
    (change, *_) = await audit.list_changes(store)
    assert (change.actor, change.action, change.subject, change.details) == (
        "hookkeeper", "disabled", webhook.id, "has failed for 5 days",
    )  # fmt: skip
    await queue.emit(store, "session-failed", BODY)
    assert (await history.totals(store)).held == 1
    enabled = await config.set_enabled(store, webhook.id, True, actor="ana")
    assert (enabled.disabled_reason, enabled.failing_since, enabled.disabled_because) == (None, None, None)
    await _attempts(store, BAD)
    time.now += 6 * DAY
    await _attempts(store, BAD)
    assert (await config.load_webhook(store, webhook.id)).enabled


@pytest.mark.parametrize(
    ("results", "fails"),
    [
        ((OK, BAD), True),
        ((BAD, OK), False),
        ((OK, BAD, OK), False),
        ((BAD, OK, BAD), True),
        ((OK, OK, BAD), True),
    ],
)
async def test_many_outcomes_at_once(store: Store, results: tuple[AttemptResult, ...], fails: bool) -> None:
    """Recorded in one transaction they count in their order: the last one says whether the webhook fails."""
    webhook = await _webhook(store)
    await _attempts(store, BAD)
    epoch = await queue.next_epoch(store)
    for _ in results:
        await queue.emit(store, "session-failed", BODY)
    claims = await queue.claim(store, epoch, [queue.Slots(1, 1, 9, 9)])
    done = queue.Verdict(DeliveryState.DELIVERED, 1)
    endings = [queue.Ending(claim, result, done) for claim, result in zip(claims, results, strict=True)]
    await queue.record_all(store, epoch, endings)
    assert ((await config.load_webhook(store, webhook.id)).failing_since is not None) is fails


async def test_an_endpoint_that_is_gone(store: Store) -> None:
    """Its webhook alone is disabled at once, in the same transaction, and the books say why."""
    webhook, other = await _webhook(store), await _webhook(store)
    await queue.emit(store, "session-failed", BODY)
    epoch = await queue.next_epoch(store)
    (claim,) = await queue.claim(store, epoch, [queue.Slots(1, 1, 1, 1)])
    gone = AttemptResult(Outcome.HTTP_STATUS, "answered 410 Gone", URL, 1, 5, 410)
    verdict = queue.Verdict(DeliveryState.PENDING, 0, START, gone=True)
    await queue.record(store, epoch, claim, gone, verdict)
    disabled = await config.load_webhook(store, webhook.id)
    assert (disabled.enabled, disabled.disabled_reason, disabled.updated_by) == (False, "gone", "hookkeeper")
    assert (await config.load_webhook(store, other.id)).enabled
    (change, *_) = await audit.list_changes(store)
    assert (change.action, change.subject, change.details) == ("disabled", webhook.id, "answered 410 Gone")
    assert await _told(store) == [
        "answered 410 Gone and is disabled; its deliveries are held until it is enabled again."
    ]


async def test_few_failures_disable_nothing(store: Store, time: Time) -> None:
    """19 failed attempts are too few, however long ago the first one was; the 20th is not."""
    webhook = await _webhook(store)
    await _attempts(store, *[BAD] * 18)
    time.now += 9 * DAY
    await _attempts(store, BAD)
    assert (await config.load_webhook(store, webhook.id)).enabled
    await _attempts(store, BAD)
    assert await _told(store) == [
        "has failed for 9 days and is disabled; its deliveries are held until it is enabled again."
    ]


async def test_a_success_starts_anew(store: Store, time: Time) -> None:
    """After one success the 5 days, the 20 attempts and what was told begin again."""
    webhook = await _webhook(store)
    for _ in range(2):
        began = time.now
        await _attempts(store, *[BAD] * 20)
        assert (await config.load_webhook(store, webhook.id)).failing_since is not None
        time.now += 3 * DAY
        await _attempts(store, BAD, OK)
        assert (await config.load_webhook(store, webhook.id)).failing_since is None
        assert time.now - began == 3 * DAY
    assert await _told(store) == ["has failed for 3 days; at 5 days it is disabled."] * 2


@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        (Outcome.TOKEN_ERROR, None),
        (Outcome.INTERRUPTED, None),
        (Outcome.SHUTDOWN, None),
        (Outcome.LOCAL_LIMIT, None),
        (Outcome.HTTP_STATUS, 429),
    ],
)
async def test_what_never_counts(store: Store, outcome: Outcome, status: int | None) -> None:
    """What is not the endpoint's fault does not make a webhook fail."""
    webhook = await _webhook(store)
    await _attempts(store, AttemptResult(outcome, "no", URL, 1, 5, status))
    assert (await config.load_webhook(store, webhook.id)).failing_since is None
    await _attempts(store, BAD)
    assert (await config.load_webhook(store, webhook.id)).failing_since is not None


async def test_the_wall_clock_is_set(store: Store, time: Time) -> None:
    """A step of the clock makes nobody fail for longer."""
    webhook = await _webhook(store)
    await _attempts(store, *[BAD] * 20)
    time.now += 30 * DAY
    await queue.move_due_times(store, 30 * DAY)
    await _attempts(store, BAD)
    assert (await config.load_webhook(store, webhook.id)).enabled
    assert await _told(store) == []


async def test_gone(store: Store) -> None:
    """410 disables at once, says so once, and again when it was enabled in between."""
    webhook = await _webhook(store)
    for number in (1, 2):
        for _ in range(2):
            await store.write(lambda database: webhook_health.disable_gone(database, 1))
        disabled = await config.load_webhook(store, webhook.id)
        assert (disabled.enabled, disabled.disabled_because) == (False, "answered 410 Gone")
        assert (
            await _told(store)
            == ["answered 410 Gone and is disabled; its deliveries are held until it is enabled again."]
            * number
        )
        await config.set_enabled(store, webhook.id, True, actor="ana")


def _secure(ends_at: int) -> AttemptResult:
    return AttemptResult(Outcome.OK, "ok", URL, 1, 5, 204, certificate_ends_at=ends_at)


async def test_certificates(store: Store, time: Time) -> None:
    """One that ends within 14 days is told of once; its successor when its own time comes."""
    webhook = await _webhook(store)
    await _attempts(store, _secure(START + 14 * DAY + 1))
    assert await notices.list_notices(store) == []
    time.now += DAY
    await _attempts(store, _secure(START + 14 * DAY), _secure(START + 14 * DAY), _secure(START + 15 * DAY))
    found: list[Notice] = await notices.list_notices(store)
    assert {(notice.kind, notice.webhook) for notice in found} == {("certificate", webhook.id)}
    assert [notice.message.partition("; after that wh_")[0] for notice in reversed(found)] == [
        "The certificate of a.example ends on 2 Dec 2026 11:06 UTC",
        "The certificate of a.example ends on 3 Dec 2026 11:06 UTC",
    ]
