"""All webhooks that are delivered to. What is in flight is counted as it begins and ends, not summed over webhooks."""

from collections.abc import Iterator, Mapping

from core.delivery.destination import Destination
from core.models import GeneralSettings
from core.store import config
from core.store.queue import Claim, Slots


class Destinations:
    """The webhooks by row number.

    `in_flight` counts the attempts to all of them that have begun. One that failed counts until it is recorded.
    """

    def __init__(self) -> None:
        self.in_flight = 0
        self._by_seq: dict[int, Destination] = {}
        self._active: set[int] = set()

    def __getitem__(self, seq: int) -> Destination:
        return self._by_seq[seq]

    def __iter__(self) -> Iterator[Destination]:
        return iter(self._by_seq.values())

    @property
    def versions(self) -> dict[int, int]:
        """The version of each webhook that is known, by row number."""
        return {seq: each.stored.webhook.version for seq, each in self._by_seq.items()}

    def follow(self, webhooks: config.ChangedWebhooks, settings: GeneralSettings) -> None:
        """Take over what has changed. What is in flight keeps what it began with."""
        changed = {entry.seq: entry for entry in webhooks.changed}
        for seq, known in self._by_seq.items():
            entry = changed.pop(seq, known.stored)
            if entry is not known.stored or settings is not known.settings:
                known.follow(entry, settings)
        for seq, entry in changed.items():
            self._by_seq[seq] = Destination(entry, settings)
        gone = [seq for seq in self._by_seq if seq not in webhooks.current and seq not in self._active]
        for seq in gone:
            del self._by_seq[seq]

    def ready(self, due: Mapping[int, int], now: int) -> list[Destination]:
        """Those with a delivery that is due. `due` is when the first one is, by row number; times are ms since 1970."""
        return [self._by_seq[seq] for seq, at in due.items() if at <= now and seq in self._by_seq]

    def slots(self, ready: list[Destination], free: int, most: int, now: float) -> list[Slots]:
        """What may be claimed: first for the webhook with least in flight that was served longest ago.

        `free` more attempts may begin, `most` may be in flight at best. A webhook's share is counted as if there were
        one more: the next one finds free slots, even if all others hang. `now` is monotonic seconds.
        """
        active = len(self._active) + sum(each.stored.seq not in self._active for each in ready)
        share = max(1, most // (active + 1))
        slots = []
        for destination in sorted(ready, key=lambda each: (each.in_flight, each.served_at)):
            if free <= 0:
                break
            wanted = destination.slots(free, share, now)
            if wanted is not None:
                slots.append(wanted)
                free -= wanted.free
        return slots

    def begin(self, claim: Claim, now: float) -> Destination:
        """An attempt begins; the webhook it goes to."""
        destination = self._by_seq[claim.webhook]
        destination.begin(claim, now)
        self.in_flight += 1
        self._active.add(claim.webhook)
        return destination

    def end(self, claim: Claim) -> None:
        """An attempt is no longer in flight."""
        destination = self._by_seq[claim.webhook]
        destination.end(claim)
        self.in_flight -= 1
        if destination.in_flight == 0:
            self._active.discard(claim.webhook)
