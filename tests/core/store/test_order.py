"""Order per session: deliveries go out one after the other, whatever happens to earlier ones."""

from itertools import groupby

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from core.catalog import accept
from core.clock import now_ms
from core.models import AttemptResult, Delivery, DeliveryState, Outcome, Webhook, WebhookOptions
from core.store import Store, config, history, queue
from core.store.database import Database
from core.store.ordering import NEVER, mend_lines
from tests.core.store.test_states import TYPE, Books
from tests.support.extent import extent

OPTIONS = WebhookOptions(url="https://a.example/", in_order=True)
RESULT = AttemptResult(Outcome.HTTP_STATUS, "answered 503", "https://a.example/", 1, 5, 503)
DELIVERED = queue.Verdict(DeliveryState.DELIVERED, 1)
FAILED = queue.Verdict(DeliveryState.FAILED, 1)
AGAIN = queue.Verdict(DeliveryState.PENDING, 1)


class Line:
    """A webhook that keeps the order, and a dispatcher that claims all it can."""

    def __init__(self, store: Store, webhook: Webhook, epoch: int) -> None:
        self.store = store
        self.webhook = webhook
        self.epoch = epoch

    async def emit(self, sessions: str) -> None:
        """One event for each letter."""
        for session in sessions:
            await queue.emit(self.store, TYPE, accept(TYPE, b'{"interviewId": "%s"}' % session.encode()))

    async def emit_together(self, sessions: str) -> None:
        """The same in one transaction."""
        bodies = [accept(TYPE, b'{"interviewId": "%s"}' % session.encode()) for session in sessions]
        await queue.emit_many(self.store, [queue.Arrival(TYPE, body, None) for body in bodies])

    async def claim(self) -> list[queue.Claim]:
        """All that is due."""
        version = (await config.load_webhook(self.store, self.webhook.id)).version
        return await queue.claim(self.store, self.epoch, [queue.Slots(1, version, 100, 100)])

    async def record(self, claim: queue.Claim, verdict: queue.Verdict) -> None:
        """How it went."""
        await queue.record(self.store, self.epoch, claim, RESULT, verdict)

    async def deliveries(self) -> list[Delivery]:
        """All of them, oldest first."""
        return [row.delivery for row in reversed(await history.list_deliveries(self.store, limit=1000))]

    async def waits(self) -> list[str | None]:
        """What each one waits for, oldest first."""
        return [delivery.waits_for for delivery in await self.deliveries()]


@pytest.fixture
async def line(store: Store) -> Line:
    """An empty one."""
    webhook = await config.add_webhook(store, TYPE, OPTIONS, actor="ana")
    return Line(store, webhook, await queue.next_epoch(store))


async def test_events_that_come_together_keep_their_order(line: Line) -> None:
    """Among themselves and behind those that were there."""
    await line.emit("a")
    await line.emit_together("babba")
    assert await line.waits() == ["now", "now", "order", "order", "order", "order"]
    _, first_b, second_a, *_ = await line.deliveries()
    assert [claim.id for claim in await line.claim()] == [(await line.deliveries())[0].id, first_b.id]
    assert second_a.session == "a"


@pytest.mark.parametrize("end", [DELIVERED, FAILED])
async def test_one_of_a_session_at_a_time(line: Line, end: queue.Verdict) -> None:
    """Sessions run side by side, events of a session do not; a retry keeps its place, an end frees the next."""
    await line.emit("aabab")
    assert await line.waits() == ["now", "order", "now", "order", "order"]
    first_a, second_a, first_b, third_a, second_b = await line.deliveries()
    assert (second_b.head_id, third_a.head_id, first_b.head_id) == (first_b.id, first_a.id, None)
    a, b = await line.claim()
    assert (a.id, b.id) == (first_a.id, first_b.id)
    assert (await queue.look_out(line.store)).due == {}
    await line.record(a, AGAIN)
    (a,) = await line.claim()
    assert a.id == first_a.id
    await line.record(b, end)
    assert (await queue.look_out(line.store)).due == {1: 0}
    (b,) = await line.claim()
    assert b.id == second_b.id
    await line.record(a, end)
    (a,) = await line.claim()
    assert a.id == second_a.id
    assert (await history.load_delivery(line.store, third_a.id)).head_id == second_a.id


async def test_without_a_session_there_is_no_order(line: Line) -> None:
    """Bodies that name no session go out together, and so do test events and those sent by hand."""
    for body in (b"{}", b"{}", b'{"interviewId": ""}', b'{"interviewId": ""}'):
        await queue.emit(line.store, TYPE, accept(TYPE, body))
    await line.emit("a")
    await queue.emit_test(line.store, line.webhook.id, accept(TYPE, b'{"interviewId": "a"}'))
    (event, *_) = await history.list_events(line.store)
    await queue.deliver(line.store, event.id, line.webhook.id)
    assert len(await line.claim()) == 7


async def test_cancelling_gives_the_place_away(line: Line) -> None:
    """A waiting head, one in the middle, and one in flight."""
    await line.emit("aaaa")
    first, second, third, fourth = await line.deliveries()
    await queue.cancel(line.store, second.id, actor="ana")
    await queue.cancel(line.store, first.id, actor="ana")
    (claim,) = await line.claim()
    assert claim.id == third.id
    await queue.cancel(line.store, third.id, actor="ana")
    assert await line.claim() == []
    await line.record(claim, AGAIN)
    assert [each.id for each in await line.claim()] == [fourth.id]


async def test_a_killed_dispatcher_leaves_the_order(line: Line) -> None:
    """What was in flight stays first; if it is given up, the next is due."""
    await line.emit("aab")
    first, second, other = await line.deliveries()
    await line.claim()
    await queue.cancel(line.store, first.id, actor="ana")
    line.epoch = await queue.next_epoch(line.store)
    assert await queue.recover(line.store, line.epoch) == 2
    assert {claim.id for claim in await line.claim()} == {second.id, other.id}


async def test_resends_go_outside_the_order(line: Line) -> None:
    """One that ended or waits behind goes now and frees nobody; the head stays the head."""
    await line.emit("aaa")
    first, second, third = await line.deliveries()
    (claim,) = await line.claim()
    await line.record(claim, queue.Verdict(DeliveryState.PENDING, 1, now_ms() + 60_000))
    await queue.resend(line.store, third.id, actor="ana")
    (resent,) = await line.claim()
    assert resent.id == third.id
    await line.record(resent, DELIVERED)
    assert await line.waits() == ["time", "order", None]
    await queue.resend(line.store, first.id, actor="ana")
    (claim,) = await line.claim()
    assert claim.id == first.id
    await queue.resend(line.store, first.id, actor="ana")
    await line.record(claim, FAILED)
    assert await line.waits() == ["now", "order", None]
    (claim,) = await line.claim()
    await line.record(claim, FAILED)
    await queue.resend(line.store, first.id, actor="ana")
    _, claim = await line.claim()
    assert claim.id == second.id
    await line.record(claim, DELIVERED)
    await line.emit("a")
    assert await line.waits() == [None, None, None, "now"]


async def test_held_ones_keep_their_place(line: Line) -> None:
    """Disabled and enabled again the line goes on; enabled with cancel it is empty and a new one begins."""
    await line.emit("aa")
    (claim,) = await line.claim()
    await config.set_enabled(line.store, line.webhook.id, False, actor="ana")
    await line.emit("a")
    await line.record(claim, DELIVERED)
    assert await line.waits() == [None, "enabling", "enabling"]
    await config.set_enabled(line.store, line.webhook.id, True, actor="ana")
    assert await line.waits() == [None, "now", "order"]
    (claim,) = await line.claim()
    await config.set_enabled(line.store, line.webhook.id, True, actor="ana", held="cancel")
    await line.emit("a")
    assert await line.waits() == [None, None, None, "order"]
    await line.record(claim, AGAIN)
    assert [delivery.state for delivery in await line.deliveries()] == [
        "delivered",
        "cancelled",
        "cancelled",
        "pending",
    ]
    assert await line.waits() == [None, None, None, "now"]


async def test_the_option_can_be_switched(line: Line) -> None:
    """Off: all that wait are released, a retry keeps its time. On: for what comes from then on."""
    await line.emit("aabb")
    _, b = await line.claim()
    await line.record(b, queue.Verdict(DeliveryState.PENDING, 1, now_ms() + 60_000))
    free = OPTIONS.model_copy(update={"in_order": False})
    await config.save_webhook(line.store, line.webhook.id, free, version=1, actor="ana")
    assert await line.waits() == [None, "now", "time", "now"]
    await config.save_webhook(line.store, line.webhook.id, OPTIONS, version=2, actor="ana")
    await line.emit("aa")
    assert await line.waits() == [None, "now", "time", "now", "now", "order"]


async def test_a_step_of_the_clock_moves_no_place(line: Line) -> None:
    """What has no due time has none afterwards; what had one is moved."""
    await line.emit("aa")
    (claim,) = await line.claim()
    due_at = now_ms() + 60_000
    await line.record(claim, queue.Verdict(DeliveryState.PENDING, 1, due_at))
    assert await queue.move_due_times(line.store, 3_600_000) == 1
    assert (await queue.look_out(line.store)).due == {1: due_at + 3_600_000}
    assert await line.waits() == ["time", "order"]


async def test_lines_are_mended_after_many_changed_at_once(line: Line) -> None:
    """A line whose head is gone gets the next one, a line whose head is in flight waits for it."""
    await line.emit("abaabc")
    await line.claim()
    gone = "UPDATE deliveries SET state = 'cancelled' WHERE seq = 1"

    def change(database: Database) -> None:
        database.execute(gone)
        mend_lines(database, 1)

    await line.store.write(change)
    assert await line.waits() == [None, None, "now", "order", "order", None]


class Lines(Books):
    """The books of webhooks that keep the order."""

    in_order = True

    @precondition(lambda self: self.existing)
    @rule(data=st.data(), in_order=st.booleans())
    def switch(self, data: st.DataObject, in_order: bool) -> None:
        webhook = self.run(config.load_webhook(self.store, data.draw(st.sampled_from(self.existing))))
        options = webhook.options.model_copy(update={"in_order": in_order})
        self.run(config.save_webhook(self.store, webhook.id, options, version=webhook.version, actor="ana"))

    @precondition(lambda self: any(delivery.head_id for delivery in self.deliveries()))
    @rule(data=st.data(), requested=st.sampled_from(["cancel", "resend"]))
    def ask_of_a_head(self, data: st.DataObject, requested: str) -> None:
        heads = sorted({delivery.head_id for delivery in self.deliveries() if delivery.head_id})
        head = data.draw(st.sampled_from(heads))
        self.run((queue.cancel if requested == "cancel" else queue.resend)(self.store, head, actor="ana"))

    @invariant()
    def every_line_has_its_head(self) -> None:
        """The earliest of a line is in flight or has a due time; nobody else has, and nobody waits without a line."""

        def read(database: Database) -> list[tuple[int, str | None, bool]]:
            return database.execute(
                f"SELECT webhook, ordering_key, state = 'pending' AND due_at = {NEVER} FROM deliveries"
                " WHERE state IN ('pending', 'sending') ORDER BY webhook, ordering_key, seq"
            ).fetchall()

        for (_, line), members in groupby(self.run(self.store.read(read)), key=lambda row: row[:2]):
            first, *others = [bool(waits) for _, _, waits in members]
            assert not first
            assert set(others) <= {line is not None}


TestLines = Lines.TestCase
TestLines.settings = settings(max_examples=extent(full=40, otherwise=12), stateful_step_count=25)
