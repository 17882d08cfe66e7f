"""Claims due deliveries for one dispatcher. Its epoch is the fencing number of every claim."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from core.store.claimed import Claim
from core.store.database import Database
from core.store.errors import EpochEnded
from core.store.lanes import BULK, FRESH, RETRY
from core.store.store import Store


@dataclass(frozen=True, slots=True)
class Slots:
    """How many deliveries of a webhook may be claimed. At most `first` of them may come from the fresh and bulk lanes.

    `version` is the webhook's version that the dispatcher knows. Nothing is claimed if the webhook has changed since.
    """

    webhook: int
    version: int
    free: int
    first: int


async def next_epoch(store: Store) -> int:
    """Return a new epoch: the fencing number of a dispatcher that has just taken the lock."""

    def begin(database: Database) -> int:
        (epoch,) = database.execute("UPDATE dispatcher SET epoch = epoch + 1 RETURNING epoch").fetchone()
        return int(epoch)

    return await store.write(begin)


class Outlook(NamedTuple):
    """The waiting work. `fingerprint` changes with the settings and webhooks; its first item is the settings' version.

    `due`: for each enabled webhook with pending deliveries (by `seq`), when the first of them is due, ms since 1970.
    `fans_out`: whether the fan-out of some event is not finished.
    """

    fingerprint: tuple[object, ...]
    due: dict[int, int]
    fans_out: bool


async def look_out(store: Store) -> Outlook:
    """Return the work that is waiting now. This is cheap enough to call after every COMMIT of any process."""

    def read(database: Database) -> Outlook:
        *versions, fans_out = database.execute(
            "SELECT (SELECT version FROM settings), webhooks_version, EXISTS (SELECT 1 FROM fan_outs)"
            " FROM dispatcher"
        ).fetchone()
        return Outlook(tuple(versions), database.first_due(), bool(fans_out))

    return await store.read(read)


async def claim(
    store: Store, epoch: int, slots: Sequence[Slots], *, fingerprint: tuple[object, ...] = ()
) -> list[Claim]:
    """Claim due deliveries and count the attempt: retries, then fresh ones, then bulk. Raises EpochEnded.

    `fingerprint` is that of the dispatcher's last outlook. Nothing is claimed if the settings have changed since.
    """

    def take(database: Database) -> list[Claim]:
        claims: list[Claim] = []
        now, settings = database.execute(
            "SELECT epoch, (SELECT version FROM settings) FROM dispatcher"
        ).fetchone()
        if now != epoch:
            raise EpochEnded(f"Another dispatcher has taken over (epoch {now}; this one is {epoch}).")
        if fingerprint and fingerprint[0] != settings:
            return claims
        for wanted in slots:
            if not _is_current(database, wanted):
                continue
            retries = database.claim_lane(epoch, wanted.webhook, RETRY, max(1, wanted.free // 2))
            left = min(wanted.first, wanted.free - len(retries))
            fresh = database.claim_lane(epoch, wanted.webhook, FRESH, left)
            bulk = database.claim_lane(epoch, wanted.webhook, BULK, left - len(fresh))
            claims += retries + fresh + bulk
        return claims

    return await store.write(take)


def _is_current(database: Database, wanted: Slots) -> bool:
    return (
        database.execute(
            "SELECT 1 FROM webhooks WHERE seq = ? AND version = ? AND enabled AND deleted_at IS NULL",
            (wanted.webhook, wanted.version),
        ).fetchone()
        is not None
    )
