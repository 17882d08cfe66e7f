"""What the dispatcher lets people know of an endpoint that it spares."""

from dataclasses import dataclass
from enum import StrEnum

from core.clock import clock_time, from_ms, now_ms
from core.store.database import Database
from core.store.store import Store

SELECT_PACES = "SELECT webhook, state, since, until, reason FROM paces"


class PaceWord(StrEnum):
    """Why an endpoint gets less or nothing."""

    OPEN = "open"
    HALF_OPEN = "half-open"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class PaceState:
    """Since when deliveries wait, and until when; ms since 1970. `until` is when an open breaker is probed."""

    word: PaceWord
    since: int
    until: int
    reason: str

    @property
    def is_breaker(self) -> bool:
        """Whether the breaker is open, or being probed."""
        return self.word is not PaceWord.PAUSED

    @property
    def words(self) -> str:
        """For people: `breaker open since 14:02, probe at 14:03:10: answered 503 Service Unavailable`."""
        since, until = (clock_time(from_ms(moment)) for moment in (self.since, self.until))
        match self.word:
            case PaceWord.OPEN:
                return f"breaker open since {since[:5]}, probe at {until}: {self.reason}"
            case PaceWord.HALF_OPEN:
                return f"breaker half-open since {until}: {self.reason}"
        return f"paused until {until}: {self.reason}"


def pace_of(word: object, since: object, until: object, reason: object) -> PaceState | None:
    """The state of a row's columns; None without one, and for a pause that is over."""
    if word is None or (word == PaceWord.PAUSED and int(str(until)) <= now_ms()):
        return None
    return PaceState(PaceWord(str(word)), int(str(since)), int(str(until)), str(reason))


async def set_pace(store: Store, webhook: int, state: PaceState | None) -> None:
    """Tell people how a webhook's endpoint is treated (`webhook` by its row number); None: as always."""

    def write(database: Database) -> None:
        if state is None:
            database.execute("DELETE FROM paces WHERE webhook = ?", (webhook,))
        else:
            values = (webhook, state.word, state.since, state.until, state.reason)
            database.execute("REPLACE INTO paces VALUES (?, ?, ?, ?, ?)", values)

    await store.write(write)


async def clear_paces(store: Store) -> None:
    """A dispatcher begins: it knows nothing yet of any endpoint."""
    await store.write(lambda database: database.execute("DELETE FROM paces").rowcount)
