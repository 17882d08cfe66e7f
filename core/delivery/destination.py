"""One webhook as a bulkhead: how much of it may be in flight."""

from dataclasses import dataclass, field

from pydantic import SecretStr

from core import schedule
from core.clock import now_ms
from core.delivery.attempt import Request
from core.delivery.pace import Pace
from core.delivery.rate import Rate
from core.models import GeneralSettings
from core.store import config
from core.store.paces import PaceState
from core.store.queue import RETRY, Claim, Slots


@dataclass(slots=True)
class Destination:
    """A webhook with what is in flight to it, and what its endpoint bears. Times are seconds, monotonic."""

    stored: config.WebhookWithSecrets
    settings: GeneralSettings
    first: int = 0
    retries: int = 0
    told: PaceState | None = None
    served_at: float = float("-inf")
    pace: Pace = field(init=False)
    rate: Rate | None = field(init=False)
    waits: tuple[float, ...] = field(init=False)
    _custom_headers: tuple[tuple[str, str], ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        webhook = self.stored.webhook
        self.pace = Pace.of(webhook.concurrency)
        self.rate = Rate(webhook.rate) if webhook.rate else None
        self._learn()

    def follow(self, stored: config.WebhookWithSecrets, settings: GeneralSettings) -> None:
        """Settings have changed: go on from what is in flight and known."""
        if stored.webhook.rate != self.stored.webhook.rate:
            self.rate = Rate(stored.webhook.rate) if stored.webhook.rate else None
        self.stored, self.settings = stored, settings
        self.pace.set_cap(stored.webhook.concurrency)
        self._learn()

    def _learn(self) -> None:
        """What the settings say, once for all deliveries."""
        self.waits = schedule.parse(self.stored.webhook.retry_schedule or self.settings.retry_schedule)
        self._custom_headers = tuple(
            (entry.name, entry.value.get_secret_value()) for entry in self.settings.custom_headers
        )

    @property
    def in_flight(self) -> int:
        """Attempts that have begun and neither succeeded nor are recorded."""
        return self.first + self.retries

    def slots(self, free_in_all: int, share: int, now: float) -> Slots | None:
        """What may be claimed: as much as its endpoint bears, within its share, and half of what is free in all.

        One slot is kept for retries, so that a burst of first attempts does not hold them up, nor they it.
        """
        free = min(self.pace.room(self.in_flight, now), share - self.in_flight, (free_in_all + 1) // 2)
        if self.rate is not None:
            free = min(free, self.rate.room(now))
        if free <= 0:
            return None
        cap = self.stored.webhook.concurrency
        kept = 1 if cap > 1 and self.retries == 0 and not self.pace.is_open else 0
        first = max(0, min(free, cap - kept - self.in_flight))
        return Slots(self.stored.seq, self.stored.webhook.version, free, first)

    def wakes_at(self, now: float) -> float:
        """When to look again although nothing happens: its probe, the end of its pause or rest, its rate."""
        return max(self.pace.begins_at, self.rate.next_at(now) if self.rate is not None else now)

    def begin(self, claim: Claim, now: float) -> None:
        """A claimed delivery is in flight now."""
        self.served_at = now
        if self.pace.is_open:
            self.pace.probe()
        if self.rate is not None:
            self.rate.take()
        if claim.lane == RETRY:
            self.retries += 1
        else:
            self.first += 1

    def end(self, claim: Claim) -> None:
        """It no longer is."""
        if claim.lane == RETRY:
            self.retries -= 1
        else:
            self.first -= 1

    def request(self, claim: Claim) -> Request:
        """The request that a claim stands for, as the settings are now."""
        webhook, settings = self.stored.webhook, self.settings
        return Request(
            url=webhook.url,
            delivery_id=claim.id,
            event_type=claim.type,
            number=claim.number,
            body=claim.body,
            is_test=claim.is_test,
            signing_secrets=self._signing_secrets(),
            custom_headers=self._custom_headers,
            accepted_answer=webhook.accepted_answer or settings.accepted_answer,
            deadline=self.deadline,
        )

    def _signing_secrets(self) -> tuple[SecretStr, ...]:
        """The newest first; one that a rotation has replaced is among them for a day."""
        stored = self.stored
        if not stored.older_secrets:
            return (stored.signing_secret,)
        now = now_ms()
        older = (each.secret for each in stored.older_secrets if now < each.ends_at)
        return stored.signing_secret, *older

    @property
    def deadline(self) -> float:
        """Seconds that one attempt may take."""
        return self.stored.webhook.deadline or self.settings.deadline
