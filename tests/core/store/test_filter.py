"""The delivery filter: what it matches, and its description in words."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from pydantic import ValidationError

from core.catalog import accept
from core.clock import from_ms
from core.models import AttemptResult, DeliveryState, Outcome, WebhookOptions
from core.store import Store, config, history, queue
from core.store.filter import DeliveryFilter, View
from core.store.filter_sql import condition

MINUTE = 60_000
START = 1_795_000_000_000
OK = AttemptResult(Outcome.OK, "answered 204", "https://b.example/", 1, 5, 204)
BAD = AttemptResult(Outcome.HTTP_STATUS, "answered 503 Service Unavailable", "https://b.example/", 1, 5, 503)
SLOW = AttemptResult(Outcome.TIMEOUT, "no complete answer within 15 s", "https://b.example/", 1, 2000)


async def _books(store: Store) -> None:
    """1 held · 2 delivered · 3 failed with 503 · 4 waiting after a timeout · 5 being sent · 6 cancelled, a minute apart."""
    held = await config.add_webhook(
        store, "session-started", WebhookOptions(url="https://a.example/"), actor="ana"
    )
    await config.set_enabled(store, held.id, False, actor="ana")
    await queue.emit(store, "session-started", accept("session-started", b'{"interviewId": "s1"}'))
    options = WebhookOptions(url="https://Blue.example/")
    await config.add_webhook(store, "session-failed", options, actor="ana")
    for number in range(2, 7):
        body = accept("session-failed", b'{"interviewId": "s%d"}' % number)
        await queue.emit(store, "session-failed", body)
    epoch = await queue.next_epoch(store)
    claims = await queue.claim(store, epoch, [queue.Slots(2, 1, 4, 4)])
    for claim, result, verdict in zip(
        claims,
        (OK, BAD, SLOW),
        (
            queue.Verdict(DeliveryState.DELIVERED, 1),
            queue.Verdict(DeliveryState.FAILED, 10),
            queue.Verdict(DeliveryState.PENDING, 1, 9_999_999_999_999),
        ),
        strict=False,
    ):
        await queue.record(store, epoch, claim, result, verdict)
    (row, *_) = await history.list_deliveries(store)
    await queue.cancel(store, row.delivery.id, actor="ana")
    await store.write(
        lambda db: db.execute("UPDATE deliveries SET created_at = ? + seq * ?", (START, MINUTE)).rowcount
    )
    await store.write(lambda db: db.execute("UPDATE deliveries SET id = 'dlv_' || seq || 'aaaa'").rowcount)
    await store.write(
        lambda db: (
            db.execute(
                "UPDATE events SET external_id = iif(seq = 4, 'timeout', 'dlv_x') WHERE seq IN (2, 4)"
            ).rowcount
        )
    )
    await store.write(lambda db: db.execute("UPDATE webhooks SET id = 'wh_' || seq || 'bbbb'").rowcount)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, [1, 2, 3, 4, 5, 6]),
        ({"state": "pending"}, [1, 4]),
        ({"state": "sending"}, [5]),
        ({"state": "delivered"}, [2]),
        ({"state": "cancelled"}, [6]),
        ({"state": "held"}, [1]),
        ({"state": "attention"}, [3, 4, 5]),
        ({"state": "undelivered"}, [1, 3, 4, 5]),
        ({"webhook": "wh_1bbbb"}, [1]),
        ({"event_type": "session-failed", "state": "pending"}, [4]),
        ({"outcome": "timeout"}, [4]),
        ({"status_code": 503}, [3]),
        ({"since": from_ms(START + 3 * MINUTE)}, [3, 4, 5, 6]),
        ({"until": from_ms(START + 3 * MINUTE)}, [1, 2]),
        ({"session": "s4"}, [4]),
        ({"status_class": 5}, [3]),
        ({"view": "attention"}, [3, 4, 5]),
        ({"view": "failing"}, [4]),
        ({"view": "held"}, [1]),
        ({"view": "slow"}, [4]),
        ({"view": "slow", "state": "failed"}, []),
        ({"text": "DLV_6aa"}, [6]),
        ({"text": "dlv_…6aaaa"}, [6]),
        ({"text": "5AAAA"}, [5]),
        ({"text": "s4"}, [4]),
        ({"text": "S4"}, []),
        ({"text": "time"}, [4]),
        ({"text": "timeout"}, [4]),
        ({"text": "dlv_x"}, [2]),
        ({"text": "dlv_ s2"}, [2]),
        ({"text": "s%"}, []),
        ({"text": "4"}, []),
        ({"without": [{"state": "pending"}, {"status_code": 503}]}, [2, 5, 6]),
        ({"without": [{"state": "held", "session": "s1"}]}, [2, 3, 4, 5, 6]),
        ({"without": [{"text": "s1"}, {"without": [{"view": "attention"}]}]}, [3, 4, 5]),
        ({"up_to": 2}, [1, 2]),
    ],
)
async def test_what_it_lets_through(store: Store, values: dict[str, object], expected: list[int]) -> None:
    """Each condition alone, in list and count; and it is the same after it was stored."""
    await _books(store)
    chosen = DeliveryFilter.model_validate(values)
    assert DeliveryFilter.model_validate_json(chosen.model_dump_json()) == chosen
    assert [row.seq for row in await history.list_deliveries(store, chosen)] == expected[::-1]
    assert await history.count_deliveries(store, chosen) == len(expected)


async def test_pages(store: Store) -> None:
    """`before` goes on where a page ended."""
    await _books(store)
    rows = await history.list_deliveries(store, DeliveryFilter(state="undelivered"), before=5, limit=2)
    assert [row.seq for row in rows] == [4, 3]


def test_words() -> None:
    """Short, in one order; times are points in time, so that they stay true."""
    assert DeliveryFilter().words() == "all"
    today = datetime.now(UTC).astimezone().replace(hour=2, minute=5, second=9)
    long_ago = datetime(2024, 11, 3, 14, 5).astimezone()
    chosen = DeliveryFilter(
        state="failed",
        webhook="wh_01jd2h0p5vw36n2cx0",
        event_type="session-failed",
        outcome=Outcome.ANSWER_NOT_ACCEPTED,
        status_code=200,
        without=(DeliveryFilter(status_class=4), DeliveryFilter(view=View.FAILING)),
        session="66e1",
        text="acme",
        since=long_ago,
        until=today,
        up_to=9,
    )
    assert chosen.words() == (
        "failed, Session Failed, wh_…2cx0, answer not accepted, 200, session 66e1, "
        '"acme", since 3 Nov 14:05, until 02:05, not 4xx, not failing now'
    )
    assert DeliveryFilter(event_type="gone").words() == "gone"


@pytest.mark.parametrize(
    "wrong",
    [{"state": "x"}, {"status_code": 99}, {"since": datetime(2024, 1, 1)}, {"outcome": "x"}, {"other": 1}],
)
def test_wrong_filters(wrong: dict[str, object]) -> None:
    """What no delivery can be is refused; a time needs its zone."""
    with pytest.raises(ValidationError):
        DeliveryFilter.model_validate(wrong)


def test_times_are_compared_in_any_zone() -> None:
    """The same moment in another zone is the same condition."""
    moment = from_ms(START)
    elsewhere = moment.astimezone(timezone(timedelta(hours=-6)))
    assert condition(DeliveryFilter(since=elsewhere))[1]["since"] == START
