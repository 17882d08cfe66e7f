"""All webhooks that are delivered to, and how free slots are divided among them."""

from collections.abc import Iterator, Mapping

from core.delivery.destination import Destination
from core.models import GeneralSettings
from core.store import config
from core.store.queue import Claim, Slots


class Destinations:
    """The webhooks by row number.

    `in_flight` is the number of attempts in flight to all of them. A failed attempt counts until it is recorded.
    """

    def __init__(self) -> None:
        self.in_flight = 0
        self._by_seq: dict[int, Destination] = {}
        self._active: set[int] = set()

    def __iter__(self) -> Iterator[Destination]:
        return iter(self._by_seq.values())

    @property
    def versions(self) -> dict[int, int]:
        """The version of each known webhook, by row number."""
        return {seq: each.stored.webhook.version for seq, each in self._by_seq.items()}

    def follow(self, webhooks: config.ChangedWebhooks, settings: GeneralSettings) -> None:
        """Take over changed webhooks and settings. Attempts in flight keep the settings they began with."""
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
        """Return the webhooks that have a due delivery.

        `due` maps row numbers to the time of the first delivery. Times are ms since 1970.
        """
        return [self._by_seq[seq] for seq, at in due.items() if at <= now and seq in self._by_seq]

    def slots(self, ready: list[Destination], free: int, most: int, now: float) -> list[Slots]:
        """Return the slots to claim.

        The webhook with the fewest attempts in flight comes first; among equals, the one served longest ago. `free` is
        how many more attempts may begin, `most` how many may be in flight at most. Each share is computed as if there
        were one webhook more, so that the next webhook finds free slots even if all the others hang. `now` is
        monotonic seconds.
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
        """Count an attempt as in flight, and return its webhook."""
        destination = self._by_seq[claim.webhook]
        destination.begin(claim, now)
        self.in_flight += 1
        self._active.add(claim.webhook)
        return destination

    def end(self, claim: Claim) -> None:
        """Count an attempt as no longer in flight."""
        destination = self._by_seq[claim.webhook]
        destination.end(claim)
        self.in_flight -= 1
        if destination.in_flight == 0:
            self._active.discard(claim.webhook)
