"""One webhook's limits: how many of its attempts may be in flight, so that it does not hold up the others."""

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
    """A webhook with its attempts in flight and the pace of its endpoint. Times are monotonic seconds."""

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
        """Take over changed settings. The attempts in flight and the pace stay."""
        if stored.webhook.rate != self.stored.webhook.rate:
            self.rate = Rate(stored.webhook.rate) if stored.webhook.rate else None
        self.stored, self.settings = stored, settings
        self.pace.set_cap(stored.webhook.concurrency)
        self._learn()

    def _learn(self) -> None:
        """Read from the settings what all deliveries share."""
        self.waits = schedule.parse(self.stored.webhook.retry_schedule or self.settings.retry_schedule)
        self._custom_headers = tuple(
            (entry.name, entry.value.get_secret_value()) for entry in self.settings.custom_headers
        )

    @property
    def in_flight(self) -> int:
        """The number of attempts in flight. A failed attempt counts until it is recorded."""
        return self.first + self.retries

    def slots(self, free_in_all: int, share: int, now: float) -> Slots | None:
        """Return the slots to claim, or None if there are none.

        The number is limited by the endpoint's pace and rate, the webhook's `share`, and half of `free_in_all`. One
        slot is kept for retries, so that a burst of first attempts does not hold them up. `now` is monotonic seconds.
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
        """Return when the pace and the rate allow the next attempt, so that the dispatcher wakes up for it."""
        return max(self.pace.begins_at, self.rate.next_at(now) if self.rate is not None else now)

    def begin(self, claim: Claim, now: float) -> None:
        """Count a claimed delivery as in flight."""
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
        """Count a delivery as no longer in flight."""
        if claim.lane == RETRY:
            self.retries -= 1
        else:
            self.first -= 1

    def request(self, claim: Claim) -> Request:
        """Return the request for a claim, with the current settings."""
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
        """Return the secrets, newest first. A secret that a rotation has replaced stays among them for a day."""
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
