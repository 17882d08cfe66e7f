"""The figures above the Monitor's list."""

import pytest

from core import clock
from core.catalog import accept
from core.models import AttemptResult, DeliveryState, GeneralSettings, Outcome, WebhookOptions
from core.store import Store, config, paces, queue, retention, stats
from core.store.database import Database
from core.store.paces import PaceState, PaceWord

MINUTE = 60_000
NOW = 30_000_000 * MINUTE + 15_000
"""A quarter of a minute has gone."""


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    """The time is known to the figures, so that no test runs over the end of a minute."""
    monkeypatch.setattr(stats, "now_ms", lambda: NOW)


async def _attempts(store: Store, *attempts: tuple[Outcome, int, int]) -> None:
    """Outcomes that ended so many ms ago, and how long they took."""
    if not await config.list_webhooks(store):
        options = WebhookOptions(url="https://a.example/")
        await config.add_webhook(store, "session-failed", options, actor="ana")
    for _ in attempts:
        await queue.emit(store, "session-failed", accept("session-failed", b"{}"))
    epoch = await queue.next_epoch(store)
    claims = await queue.claim(store, epoch, [queue.Slots(1, 1, 1000, 1000)])
    for claim, (outcome, ago, took) in zip(claims, attempts, strict=True):
        result = AttemptResult(outcome, "made up", "https://a.example/", NOW - ago - took, took)
        state = DeliveryState.DELIVERED if outcome is Outcome.OK else DeliveryState.FAILED
        await queue.record(store, epoch, claim, result, queue.Verdict(state, 1))


async def test_nothing_yet(store: Store) -> None:
    """No division by nothing."""
    figures = await stats.load_stats(store)
    assert (figures.success, figures.p50_ms, figures.p95_ms, figures.oldest) == (None, None, None, None)
    assert figures.delivered_by_minute == (0,) * 15


async def test_attempts_by_minute(store: Store) -> None:
    """What ended in each of the last 15 minutes; a rate counts three quarters of the minute before this one."""
    await _attempts(
        store,
        (Outcome.OK, 0, 20),
        (Outcome.OK, 10_000, 20),
        *[(Outcome.OK, 20_000, 20)] * 8,
        *[(Outcome.TIMEOUT, 20_000, 20)] * 4,
        (Outcome.HTTP_STATUS, 14 * MINUTE, 20),
        (Outcome.OK, 15 * MINUTE, 20),
    )
    figures = await stats.load_stats(store)
    assert figures.delivered_by_minute == (0,) * 13 + (8, 2)
    assert figures.failed_by_minute == (1, *(0,) * 12, 4, 0)
    assert (figures.delivered_per_minute, figures.failed_per_minute) == (8, 3)
    assert figures.success == 10 / 15


async def test_durations_are_those_of_whole_attempts_to_two_digits(store: Store) -> None:
    """Half of all, and 95 of 100, were as fast."""
    await _attempts(
        store,
        *((Outcome.OK, 0, 21 if number < 50 else 213) for number in range(94)),
        (Outcome.OK, 0, 1_949),
        (Outcome.TIMEOUT, 0, 15_020),
        (Outcome.OK, 0, 16_999),
        (Outcome.OK, 0, 123_456),
        (Outcome.OK, 0, 123_456),
        (Outcome.OK, 0, 123_456),
    )
    figures = await stats.load_stats(store)
    assert (figures.p50_ms, figures.p95_ms) == (21, 1_900)
    durations = await store.read(
        lambda db: [ms for (ms,) in db.execute("SELECT ms FROM minutes ORDER BY ok, ms")]
    )
    assert durations == [15_000, 21, 210, 1_900, 16_000, 120_000]


@pytest.mark.parametrize("outcome", [each for each in Outcome if not each.concerns_endpoint])
async def test_what_no_endpoint_did_is_left_out(store: Store, outcome: Outcome) -> None:
    """It says nothing of endpoints."""
    await _attempts(store, (outcome, 0, 20))
    figures = await stats.load_stats(store)
    assert (figures.failed_per_minute, figures.success) == (0, None)


async def test_an_hour_is_kept(store: Store) -> None:
    """The table stays small."""
    await _attempts(store, (Outcome.OK, 62 * MINUTE, 20), (Outcome.OK, 59 * MINUTE, 20))
    assert await store.read(_minutes) == 2
    await retention.prune(store, GeneralSettings(), NOW)
    assert await store.read(_minutes) == 1


def _minutes(database: Database) -> int:
    (number,) = database.execute("SELECT count(*) FROM minutes").fetchone()
    return int(number)


async def test_what_is_open(store: Store) -> None:
    """Beside the attempts: what waits, what is spared, and why."""
    await _attempts(store, (Outcome.TIMEOUT, 0, 20))
    await queue.emit(store, "session-failed", accept("session-failed", b"{}"))
    await paces.set_pace(store, 1, PaceState(PaceWord.OPEN, 1, 2, "endpoint down"))
    await queue.set_token_wait(store, (NOW + 5_000, "the token endpoint answered 503"))
    figures = await stats.load_stats(store)
    assert (figures.attention, figures.undelivered, figures.waiting, figures.sending) == (1, 2, 1, 0)
    assert (figures.open_breakers, figures.held) == (1, 0)
    assert (figures.token_waits_until, figures.token_reason) == (
        clock.from_ms(NOW + 5_000),
        "the token endpoint answered 503",
    )
    assert figures.oldest is not None
    await paces.set_pace(store, 1, PaceState(PaceWord.PAUSED, 1, NOW * 2, "asked to"))
    assert (await stats.load_stats(store)).open_breakers == 0
