"""One webhook as a bulkhead: how much of it may be in flight."""

from dataclasses import dataclass, field

from core import schedule
from core.delivery.attempt import Request
from core.models import GeneralSettings
from core.store import config
from core.store.queue import Claim, Slots


@dataclass(slots=True)
class Destination:
    """A webhook with what is in flight to it. Settings may change while it is at work."""

    stored: config.Destination
    settings: GeneralSettings
    fresh: int = 0
    retries: int = 0
    waits: tuple[float, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.waits = schedule.parse(self.stored.webhook.retry_schedule or self.settings.retry_schedule)

    def slots(self, free_in_all: int) -> Slots | None:
        """What may be claimed: up to the webhook's cap and half of what is free in all.

        One slot is kept for retries, so that a burst of fresh events does not hold them up, nor they it.
        """
        cap = self.stored.webhook.concurrency
        free = min(cap - self.fresh - self.retries, max(1, free_in_all // 2))
        kept = 1 if cap > 1 and self.retries == 0 else 0
        fresh = min(free, cap - kept - self.fresh - self.retries)
        if free <= 0:
            return None
        return Slots(self.stored.seq, self.stored.webhook.version, free, max(0, fresh))

    def begin(self, claim: Claim) -> None:
        """A claimed delivery is in flight now."""
        if claim.number > 1:
            self.retries += 1
        else:
            self.fresh += 1

    def end(self, claim: Claim) -> None:
        """It no longer is."""
        if claim.number > 1:
            self.retries -= 1
        else:
            self.fresh -= 1

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
            signing_secrets=(self.stored.signing_secret,),
            custom_headers=tuple(
                (entry.name, entry.value.get_secret_value()) for entry in settings.custom_headers
            ),
            accepted_answer=webhook.accepted_answer or settings.accepted_answer,
            deadline=self.deadline,
        )

    @property
    def deadline(self) -> float:
        """Seconds that one attempt may take."""
        return self.stored.webhook.deadline or self.settings.deadline
