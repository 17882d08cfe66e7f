"""The published state of endpoints whose deliveries the dispatcher holds back: circuit breakers and pauses."""

from dataclasses import dataclass
from enum import StrEnum

from core.clock import clock_time, from_ms, now_ms
from core.store.database import Database
from core.store.store import Store

SELECT_PACES = "SELECT webhook, state, since, until, reason FROM paces"


class PaceWord(StrEnum):
    """Why the dispatcher holds back the deliveries to an endpoint."""

    OPEN = "open"
    HALF_OPEN = "half-open"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class PaceState:
    """Since when deliveries wait, and until when; ms since 1970. An open breaker is probed at `until`."""

    word: PaceWord
    since: int
    until: int
    reason: str

    @property
    def is_breaker(self) -> bool:
        """Whether the breaker is open or half-open."""
        return self.word is not PaceWord.PAUSED

    @property
    def words(self) -> str:
        """A description such as `breaker open since 14:02, probe at 14:03:10: answered 503 Service Unavailable`."""
        since, until = (clock_time(from_ms(moment)) for moment in (self.since, self.until))
        match self.word:
            case PaceWord.OPEN:
                return f"breaker open since {since[:5]}, probe at {until}: {self.reason}"
            case PaceWord.HALF_OPEN:
                return f"breaker half-open since {until}: {self.reason}"
        return f"paused until {until}: {self.reason}"


def pace_of(word: object, since: object, until: object, reason: object) -> PaceState | None:
    """Return the state from the columns of a row, or None if there is no row or its pause is over."""
    if word is None or (word == PaceWord.PAUSED and int(str(until)) <= now_ms()):
        return None
    return PaceState(PaceWord(str(word)), int(str(since)), int(str(until)), str(reason))


async def set_pace(store: Store, webhook: int, state: PaceState | None) -> None:
    """Publish the state of a webhook's endpoint. `webhook` is a row number; None means that nothing is held back."""

    def write(database: Database) -> None:
        if state is None:
            database.execute("DELETE FROM paces WHERE webhook = ?", (webhook,))
        else:
            values = (webhook, state.word, state.since, state.until, state.reason)
            database.execute(
                "INSERT INTO paces VALUES (?, ?, ?, ?, ?) ON CONFLICT (webhook) DO UPDATE SET state = excluded.state,"
                " since = excluded.since, until = excluded.until, reason = excluded.reason",
                values,
            )

    await store.write(write)


async def clear_paces(store: Store) -> None:
    """Delete all published states. A dispatcher calls this when it starts, since it knows no endpoint yet."""
    await store.write(lambda database: database.execute("DELETE FROM paces").rowcount)
