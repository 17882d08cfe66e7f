"""The books balance: no order of operations loses a delivery, invents one or counts one twice."""

import asyncio
import contextlib
import tempfile
from collections import Counter
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Literal, TypeVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from core.catalog import accept
from core.models import AttemptResult, Delivery, DeliveryState, Outcome, WebhookOptions
from core.store import EpochEnded, NotPossible, config, history, jobs, open_store, queue
from core.store.filter import DeliveryFilter
from core.store.jobs import Job, JobKind, JobState
from tests.support.extent import extent

pytestmark = pytest.mark.timeout(600)
"""Only a failure takes long: it is shrunk to the fewest steps."""
T = TypeVar("T")
TYPE = "session-failed"
BODIES = {session: accept(TYPE, b'{"interviewId": "%s"}' % session.encode()) for session in "ab"}
OPEN = (DeliveryState.PENDING, DeliveryState.SENDING, DeliveryState.FAILED)


class Books(RuleBasedStateMachine):
    """A store that several people and dispatchers work on, beside the plainest account of what was made."""

    in_order = False

    def __init__(self) -> None:
        super().__init__()
        self.made: Counter[str] = Counter()
        self.acknowledged: set[str] = set()
        self.existing: list[str] = []
        self.deleted: list[tuple[str, int]] = []
        self.jobs: list[str] = []
        self.claims: list[tuple[int, queue.Claim]] = []
        self.leave = contextlib.ExitStack()
        folder = Path(self.leave.enter_context(tempfile.TemporaryDirectory()))
        environment = self.leave.enter_context(pytest.MonkeyPatch.context())
        environment.setenv("HOOKKEEPER_KEY_FILE", str(folder / "keys"))
        self.runner = self.leave.enter_context(asyncio.Runner())
        opened = contextlib.AsyncExitStack()
        self.store = self.run(opened.enter_async_context(open_store(folder / "hookkeeper.db")))
        self.leave.callback(lambda: self.run(opened.aclose()))
        self.epoch = self.run(queue.next_epoch(self.store))

    def teardown(self) -> None:
        self.leave.close()

    def run(self, work: Coroutine[object, object, T]) -> T:
        return self.runner.run(work)

    def deliveries(self) -> list[Delivery]:
        return [row.delivery for row in self.run(history.list_deliveries(self.store, limit=10_000))]

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        """What the file itself says."""
        return self.run(self.store.read(lambda database: database.execute(sql).fetchall()))

    @initialize()
    def begin(self) -> None:
        self.add_webhook()

    @precondition(lambda self: len(self.existing) < 3)
    @rule()
    def add_webhook(self) -> None:
        options = WebhookOptions(url="https://a.example/", retry_schedule="5s 5s", in_order=self.in_order)
        self.existing.append(self.run(config.add_webhook(self.store, TYPE, options, actor="ana")).id)

    @rule(number=st.integers(1, 3), session=st.sampled_from("ab"))
    def emit(self, number: int, session: str) -> None:
        for _ in range(number):
            emitted = self.run(queue.emit(self.store, TYPE, BODIES[session]))
            assert emitted.deliveries == len(self.existing)
            self.acknowledged.add(emitted.id)
            self.made.update(self.existing)

    @rule(key=st.sampled_from("ab"))
    def emit_with_key(self, key: str) -> None:
        emitted = self.run(queue.emit(self.store, TYPE, BODIES["a"], key=key))
        assert emitted.repeated == (emitted.id in self.acknowledged)
        self.acknowledged.add(emitted.id)
        if not emitted.repeated:
            self.made.update(self.existing)

    @rule(free=st.integers(1, 3), fresh=st.integers(0, 2))
    def claim(self, free: int, fresh: int) -> None:
        slots = [
            queue.Slots(destination.seq, destination.webhook.version, free, fresh)
            for destination in self.run(config.list_with_secrets(self.store))
        ]
        claims = self.run(queue.claim(self.store, self.epoch, slots))
        assert len({claim.seq for claim in claims}) == len(claims)
        assert all(number <= free for number in Counter(claim.webhook for claim in claims).values())
        self.claims += [(self.epoch, claim) for claim in claims]

    @precondition(lambda self: self.claims)
    @rule(data=st.data(), outcome=st.sampled_from(Outcome), last=st.booleans())
    def record(self, data: st.DataObject, outcome: Outcome, last: bool) -> None:
        epoch, claim = self.claims.pop(data.draw(st.integers(0, len(self.claims) - 1)))
        state = DeliveryState.FAILED if last else DeliveryState.PENDING
        if outcome is Outcome.OK:
            state = DeliveryState.DELIVERED
        result = AttemptResult(outcome, "as it went", "https://a.example/", 1, 5)
        recording = queue.record(self.store, epoch, claim, result, queue.Verdict(state, claim.step + 1))
        if epoch != self.epoch:
            with pytest.raises(EpochEnded):
                self.run(recording)
            return
        self.run(recording)
        if state is DeliveryState.DELIVERED:
            assert self.run(history.load_delivery(self.store, claim.id)).state is state

    @precondition(lambda self: self.made)
    @rule(data=st.data(), requested=st.sampled_from(["cancel", "resend"]))
    def ask(self, data: st.DataObject, requested: str) -> None:
        delivery = data.draw(st.sampled_from(self.deliveries()))
        with contextlib.suppress(NotPossible):
            self.run(
                (queue.cancel if requested == "cancel" else queue.resend)(
                    self.store, delivery.id, actor="ana"
                )
            )

    @precondition(lambda self: self.existing)
    @rule(data=st.data(), enabled=st.booleans(), cancels=st.booleans())
    def enable(self, data: st.DataObject, enabled: bool, cancels: bool) -> None:
        identity = data.draw(st.sampled_from(self.existing))
        held: Literal["cancel", "release"] = "cancel" if cancels else "release"
        self.run(config.set_enabled(self.store, identity, enabled, actor="ana", held=held))

    @precondition(lambda self: self.existing)
    @rule(data=st.data(), path=st.sampled_from("ab"))
    def edit(self, data: st.DataObject, path: str) -> None:
        webhook = self.run(config.load_webhook(self.store, data.draw(st.sampled_from(self.existing))))
        options = webhook.options.model_copy(update={"url": f"https://a.example/{path}"})
        edit = config.save_webhook(self.store, webhook.id, options, version=webhook.version, actor="ana")
        assert self.run(edit).url == options.url

    @precondition(lambda self: len(self.existing) > 1)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        identity = data.draw(st.sampled_from(self.existing))
        waiting = sum(
            delivery.webhook_id == identity and delivery.state is DeliveryState.PENDING
            for delivery in self.deliveries()
        )
        assert self.run(config.delete_webhook(self.store, identity, actor="ana")) == waiting
        self.existing.remove(identity)
        self.deleted.append((identity, waiting))

    @precondition(lambda self: self.deleted)
    @rule(data=st.data())
    def undelete(self, data: st.DataObject) -> None:
        identity, cancelled = data.draw(st.sampled_from(self.deleted))
        self.run(config.undo_delete(self.store, identity, actor="ana"))
        held = [each for each in self.deliveries() if each.webhook_id == identity and each.held]
        assert len(held) >= cancelled
        self.deleted.remove((identity, cancelled))
        self.existing.append(identity)

    @rule(kind=st.sampled_from(JobKind), state=st.sampled_from(["failed", "undelivered", "pending", None]))
    def start_job(self, kind: JobKind, state: Literal["failed", "undelivered", "pending"] | None) -> None:
        chosen = DeliveryFilter(state=state)
        meant = self.run(history.count_deliveries(self.store, chosen))
        job = self.run(jobs.start(self.store, kind, chosen, actor="ana"))
        assert (job.total, job.done, job.skipped) == (meant, 0, 0)
        assert job.filter.up_to == len(self.deliveries())
        self.jobs.append(job.id)

    @precondition(lambda self: self.jobs)
    @rule(data=st.data(), most=st.sampled_from([1, 3, 200]))
    def step_job(self, data: st.DataObject, most: int) -> None:
        identity = data.draw(st.sampled_from(self.jobs))
        before = self.run(jobs.load_job(self.store, identity))
        after = self.run(jobs.step(self.store, identity, most))
        if before.state is not JobState.RUNNING:
            assert after == before
            return
        assert before.done <= after.done <= before.done + most
        assert after.done + after.skipped <= after.total <= (after.filter.up_to or 0)
        if after.state is JobState.DONE:
            assert after.done + after.skipped == after.total

    @precondition(lambda self: self.jobs)
    @rule(data=st.data(), change=st.sampled_from([jobs.pause, jobs.resume, jobs.stop]))
    def change_job(self, data: st.DataObject, change: Callable[..., Coroutine[object, object, Job]]) -> None:
        with contextlib.suppress(NotPossible):
            self.run(change(self.store, data.draw(st.sampled_from(self.jobs)), actor="bob"))

    @rule()
    def take_over(self) -> None:
        sending = sum(delivery.state is DeliveryState.SENDING for delivery in self.deliveries())
        self.epoch = self.run(queue.next_epoch(self.store))
        assert self.run(queue.recover(self.store, self.epoch)) == sending
        assert not any(delivery.state is DeliveryState.SENDING for delivery in self.deliveries())

    @invariant()
    def books_balance(self) -> None:
        """Every delivery that was made is in one of the five states; what a deleted webhook has is not pending."""
        counted = self.rows(
            "SELECT w.id, d.state, count(*) FROM deliveries d JOIN webhooks w ON w.seq = d.webhook GROUP BY 1, 2"
        )
        sums: Counter[str] = Counter()
        for webhook, state, number in counted:
            assert state in list(DeliveryState)
            assert (webhook, state) not in [(each, "pending") for each, _ in self.deleted]
            sums[str(webhook)] += int(str(number))
        assert sums == self.made

    @invariant()
    def counts_are_kept(self) -> None:
        """What triggers have added up is what can be counted."""
        counted = (
            "SELECT w.seq, coalesce(sum(d.state IN ('pending', 'sending')), 0),"
            " coalesce(sum(d.state IN ('pending', 'sending') AND d.last_outcome <> 'ok'), 0),"
            " coalesce(sum(d.state = 'failed'), 0) FROM webhooks w LEFT JOIN deliveries d ON d.webhook = w.seq"
        )
        assert self.rows("SELECT * FROM counts ORDER BY 1") == self.rows(f"{counted} GROUP BY 1 ORDER BY 1")

    @invariant()
    def attempts_are_written_down(self) -> None:
        """Each finished attempt has its row, numbered from one on."""
        wrong = self.rows(
            "SELECT d.id FROM deliveries d LEFT JOIN attempts a ON a.delivery = d.seq GROUP BY d.seq"
            " HAVING count(a.seq) <> d.attempts - (d.state = 'sending')"
            " OR count(DISTINCT a.number) <> count(a.seq) OR coalesce(max(a.number), 0) <> count(a.seq)"
        )
        assert wrong == []

    @invariant()
    def nothing_acknowledged_is_missing(self) -> None:
        """What `emit` has answered for is in the books, and nothing else."""
        assert {event for (event,) in self.rows("SELECT id FROM events")} == self.acknowledged

    @invariant()
    def figures_agree(self) -> None:
        """What is shown in figures is what the list shows."""
        deliveries = self.deliveries()
        undelivered = Counter(delivery.webhook_id for delivery in deliveries if delivery.state in OPEN)
        waiting = Counter(
            delivery.webhook_id for delivery in deliveries if delivery.state in ("pending", "sending")
        )
        held = Counter(delivery.webhook_id for delivery in deliveries if delivery.held)
        for summary in self.run(config.list_webhooks(self.store)):
            assert summary.undelivered == undelivered[summary.webhook.id]
            assert summary.waiting == waiting[summary.webhook.id]
            assert summary.held == held[summary.webhook.id]
        totals = self.run(history.totals(self.store))
        attention = DeliveryFilter(state="attention")
        assert totals.attention == self.run(history.count_deliveries(self.store, attention))
        assert totals.undelivered == undelivered.total()
        assert totals.sending == sum(delivery.state == "sending" for delivery in deliveries)
        assert totals.sending + totals.waiting + totals.held == waiting.total()


TestBooks = Books.TestCase
TestBooks.settings = settings(max_examples=extent(full=30, otherwise=10), stateful_step_count=40)
