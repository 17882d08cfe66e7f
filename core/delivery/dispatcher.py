"""Claims due deliveries, attempts them and records the outcomes."""

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import NamedTuple

import structlog

from core import local_limit
from core.clock import now_ms
from core.delivery.attempt import attempt
from core.delivery.authorization_check import answer_requests
from core.delivery.destination import Destination
from core.delivery.destinations import Destinations
from core.delivery.http import Http
from core.delivery.jobs import run_jobs
from core.delivery.notifier import Notifier
from core.delivery.recorder import Recorder
from core.delivery.slow_down import SlowDown
from core.delivery.tls import Tls
from core.delivery.token_supply import TokenSupply
from core.delivery.verdict import judge
from core.delivery.wall_clock import WallClock
from core.models import AttemptResult, GeneralSettings, Outcome
from core.store import DatabaseNewer, DatabaseReplaced, EpochEnded, Store, StoreError, config, paces, queue
from core.store.queue import Claim, Ending

MOST_IN_FLIGHT = 256
"""The most attempts in flight. It is lower where the limit of open files leaves fewer connections."""
POLL = 0.25
"""Seconds between two polls of the database file, for changes that came without a wake-up."""
_GRACE = 2.0
_TRY_AGAIN = 1.0
_CLOCKS_APART = 60_000
"""Milliseconds that `_finish_changes` looks back further, for clock changes too small to be noticed."""
_REMEDY = " Raise the limit: ulimit -n, or LimitNOFILE= in the service's unit."

_log = structlog.get_logger()


class Note(NamedTuple):
    """A message about the dispatcher for people. `slowed` names the limit of this machine that slows it down."""

    words: str = ""
    slowed: str = ""


class Dispatcher:
    """Delivers for one epoch. `note` is a callback that receives each changed message for people.

    `wake` wakes the dispatcher up. `nameservers` (`address:port`) replace the machine's.
    """

    def __init__(
        self,
        store: Store,
        epoch: int,
        wake: asyncio.Event,
        note: Callable[[Note], None],
        *,
        nameservers: Sequence[str] = (),
    ) -> None:
        self._store = store
        self._epoch = epoch
        self._wake = wake
        self._news = asyncio.Event()
        self._note = note
        self._noted = Note()
        self._settings = GeneralSettings()
        self._destinations = Destinations()
        self._fingerprint: tuple[object, ...] = ()
        self._outlook: queue.Outlook | None = None
        connections = local_limit.most_connections()
        in_flight = min(MOST_IN_FLIGHT, (connections + 1) // 2)
        self._slow_down = SlowDown(in_flight)
        tls = Tls(lambda: self._settings)
        self._http = Http(
            lambda: self._settings.allowed_networks,
            tls,
            nameservers=nameservers,
            most_connections=max(1, connections - in_flight),  # connections that are being made do not count
        )
        self._notifier = Notifier(store, self._http, tls, lambda: self._settings)
        self._tokens: TokenSupply
        self._fan_out: asyncio.Task[None] | None = None
        self._attempts: dict[int, asyncio.Task[None]] = {}
        self._recorder = Recorder(store, epoch, self._say, self._ended)
        self._stopping = False
        self._unclaimed = ""
        self._clock = WallClock()
        self._followed_up_to = 0
        """The deliveries of all webhooks changed before this time are up to date. ms since 1970."""

    async def run(self, stop: asyncio.Event) -> None:
        """Deliver until `stop` is set, then drain. Raises EpochEnded, StoreError."""
        await paces.clear_paces(self._store)
        # The task group awaits all its tasks, and a task that fails ends the epoch.
        async with self._http, asyncio.TaskGroup() as tasks:
            self._tokens = TokenSupply(self._store, self._http, self._notifier, tasks, self._wake)
            await self._tokens.begin()
            watch = [tasks.create_task(self._watch(tasks)), tasks.create_task(self._housekeeping())]
            watch.append(tasks.create_task(self._wake_on(stop)))
            watch.append(tasks.create_task(run_jobs(self._store, self._can_deliver, self._news)))
            watch.append(tasks.create_task(self._notifier.run(stop)))
            tasks.create_task(self._recorder.run())
            try:
                while not stop.is_set():
                    await self._turn(tasks)
                await self._drain()
            finally:
                self._recorder.close()
                for task in watch:
                    task.cancel()
                await self._tokens.close()

    async def _wake_on(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._wake.set()

    async def _turn(self, tasks: asyncio.TaskGroup) -> None:
        """Claim deliveries for the free slots. If none was claimed, wait for a wake-up or the next due time."""
        if self._wake.is_set():
            self._wake.clear()
            self._outlook = None
        try:
            await self._follow_clock()
            outlook = self._outlook = self._outlook or await queue.look_out(self._store)
            if outlook.fingerprint != self._fingerprint:
                await self._refresh(tasks, outlook.fingerprint)
            if outlook.fans_out and (self._fan_out is None or self._fan_out.done()):
                self._fan_out = tasks.create_task(self._finish_fan_outs())
            # Nothing can be delivered while outcomes cannot be written or there is no token.
            due = {} if self._recorder.problem or self._tokens.is_awaited() else outlook.due
            now, moment = now_ms(), time.monotonic()
            ready = self._destinations.ready(due, now)
            claimed = await self._claim(tasks, ready, moment)
            self._unclaimed = ""
        except EpochEnded:
            raise
        except StoreError as error:
            _log.error("nothing can be claimed", reason=str(error))
            self._unclaimed = str(error)
            due, ready, claimed = {}, [], False
            now, moment = now_ms(), time.monotonic()
        self._say()
        if claimed:
            return
        # Uses the times from before the claim: with newer ones, a delivery that fell due since would wake nobody up.
        later = [(at - now) / 1000 for at in due.values() if at > now]
        later += [
            at - moment
            for each in ready
            if (at := max(self._slow_down.not_before, each.wakes_at(moment))) > moment
        ]
        with suppress(TimeoutError):
            async with asyncio.timeout(min([*later, 1.0])):
                await self._wake.wait()

    def _say(self) -> None:
        """Call `note` if the message has changed. Database errors take precedence over a slow-down."""
        slowed = self._slow_down.reason(time.monotonic())
        note = Note(self._recorder.problem or self._unclaimed)
        if slowed and not note.words:
            remedy = _REMEDY if slowed == local_limit.TOO_MANY_FILES else ""
            note = Note(f"Deliveries go out more slowly: {slowed}.{remedy}", slowed)
        if note != self._noted:
            self._noted = note
            self._note(note)

    async def _follow_clock(self) -> None:
        """Move the due times if the wall clock was set, so that a clock set forward does not make retries due."""
        if step := self._clock.step:
            self._outlook = None
            moved = await queue.move_due_times(self._store, round(step * 1000))
            self._clock.follow(step)
            self._followed_up_to = 0
            _log.warning("the wall clock was set", seconds=round(step), moved=moved)

    def _can_deliver(self) -> bool:
        """Return whether a delivery that enters the queue now can be sent soon."""
        return not (self._stopping or self._recorder.problem or self._tokens.fails)

    async def _claim(self, tasks: asyncio.TaskGroup, ready: list[Destination], moment: float) -> bool:
        """Claim deliveries within the free slots and begin their attempts. Return whether any began."""
        in_flight = self._destinations.in_flight
        room = self._slow_down.room(in_flight, moment)
        slots = self._destinations.slots(ready, room, self._slow_down.most, moment)
        if not slots:
            return False
        self._outlook = None
        claims = await queue.claim(self._store, self._epoch, slots, fingerprint=self._fingerprint)
        self._slow_down.begin(in_flight + len(claims), moment)
        for claim in claims:
            destination = self._destinations.begin(claim, moment)
            self._attempts[claim.seq] = tasks.create_task(self._deliver(destination, claim))
        return bool(claims)

    async def _deliver(self, destination: Destination, claim: Claim) -> None:
        """Make one attempt, and hand the result to the recorder."""
        request = destination.request(claim)
        started_at, began = now_ms(), time.monotonic()
        try:
            await self._tell(destination)
            result = await attempt(self._http, request, self._tokens.source)
        except asyncio.CancelledError:
            if not self._stopping:
                raise
            reason = "the dispatcher stopped; no attempt used"
            total = round((time.monotonic() - began) * 1000)
            result = AttemptResult(Outcome.SHUTDOWN, reason, request.url, started_at, total)
        finally:
            del self._attempts[claim.seq]
        ended = time.monotonic()
        destination.pace.note(result, ended)
        self._slow_down.note(result, len(self._attempts), ended)
        slowed = max(0.0, self._slow_down.not_before - ended)
        verdict = judge(claim, result, destination.waits, self._tokens.source, slowed)
        self._recorder.add(Ending(claim, result, verdict))
        # A success frees its slot at once; a failure keeps it until it is recorded.
        if result.outcome is Outcome.OK:
            self._destinations.end(claim)
            self._wake.set()
        await self._tell(destination)

    async def _tell(self, destination: Destination) -> None:
        """Log and store the pace of an endpoint if it has changed, for people to see."""
        state = destination.pace.state
        if state != destination.told:
            destination.told = state
            _log.warning(
                "pace", webhook=destination.stored.webhook.id, state=state.word if state else "as always"
            )
            with suppress(StoreError):  # only for display; the recorder reports a full disk
                await paces.set_pace(self._store, destination.stored.seq, state)

    def _ended(self, endings: Sequence[Ending]) -> None:
        """Free the slots of recorded failures, and wake up: the next delivery of an ordering key may be due."""
        for claim, result, _ in endings:
            if result.outcome is not Outcome.OK:
                self._destinations.end(claim)
        self._wake.set()

    async def _refresh(self, tasks: asyncio.TaskGroup, fingerprint: tuple[object, ...]) -> None:
        """Load changed settings and webhooks."""
        if fingerprint[:1] != self._fingerprint[:1]:
            self._settings = await config.load_settings(self._store)
            await self._tokens.follow(self._settings)
        webhooks = await config.changed_webhooks(self._store, self._destinations.versions)
        self._destinations.follow(webhooks, self._settings)
        self._fingerprint = fingerprint
        tasks.create_task(self._finish_changes())

    async def _finish_fan_outs(self) -> None:
        """Finish the fan-out of events with very many subscribers, even if the process that emitted them is gone."""
        try:
            await queue.finish_fan_outs(self._store)
        except StoreError as error:  # the next outlook tries again
            _log.error("the deliveries of an event are not all made", reason=str(error))

    async def _finish_changes(self) -> None:
        """Apply changes of webhooks to all their deliveries, even if the process that made the changes is gone."""
        while not self._stopping:
            began = now_ms()
            try:
                await config.finish_changes(self._store, self._followed_up_to)
            except StoreError as error:
                _log.error("a change of a webhook is not finished", reason=str(error))
                await asyncio.sleep(_TRY_AGAIN)
            else:
                self._followed_up_to = began - _CLOCKS_APART
                return

    async def _watch(self, tasks: asyncio.TaskGroup) -> None:
        """Wake the dispatcher up after every COMMIT, and answer requests of screens and commands."""
        answering: set[int] = set()
        while True:
            try:
                async for _ in self._store.changes(POLL):
                    self._wake.set()
                    self._news.set()
                    await answer_requests(self._store, tasks, answering)
            except (DatabaseNewer, DatabaseReplaced):
                raise
            except StoreError as error:
                _log.error("the database cannot be watched", reason=str(error))
                await asyncio.sleep(_TRY_AGAIN)

    async def _housekeeping(self) -> None:
        """Let the store do its housekeeping once a second."""
        while True:
            await asyncio.sleep(1)
            await self._store.rest(idle=not self._destinations.in_flight)

    async def _drain(self) -> None:
        """Let the attempts in flight end within their deadline. Cancel the rest, which are recorded as shut down."""
        self._stopping = True
        self._tokens.stop()
        longest = max((each.deadline for each in self._destinations), default=0.0)
        if self._attempts:
            _log.info("draining", in_flight=len(self._attempts))
            _, rest = await asyncio.wait(self._attempts.values(), timeout=longest + _GRACE)
            for task in rest:
                task.cancel()
            if rest:
                await asyncio.wait(rest, timeout=_GRACE)
