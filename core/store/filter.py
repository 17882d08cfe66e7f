"""Which deliveries: the one filter that lists, counts and jobs share."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from core.ids import ALPHABET, tail
from core.models import Outcome

WAITS_LONG_MS = 10_000
"""A delivery that waits for longer needs attention."""
SLOW_MS = 2_000
"""A last attempt that took as long makes a delivery slow, whether it arrived or not."""

State = Literal["pending", "sending", "delivered", "failed", "cancelled", "held", "attention", "undelivered"]
"""The stored states, then groups of deliveries that people speak of."""
_IN_WORDS = {"attention": "needing attention", "failing": "failing now"}


class View(StrEnum):
    """What a list is for.

    Attention: failed, and what an enabled webhook has pending or in flight that failed once or is older than 10 s.
    Failing: of the latter what failed at its last attempt. Held: pending, its webhook disabled. Slow: the last attempt
    took at least 2 s.
    """

    ATTENTION = "attention"
    FAILING = "failing"
    HELD = "held"
    SLOW = "slow"
    ALL = "all"


class DeliveryFilter(BaseModel):
    """What must be true of a delivery; None asks for nothing.

    `webhook` is a whole ID, `event_type` a name of the catalogue. `outcome` and `status_code` are those of the last
    attempt; `status_class` is the first digit of the latter. It was created at `since` or later, and before `until`.
    Each word of `text` begins its ID, its event's ID, its session, external ID or outcome, or is the tail of its ID (4 to 8
    characters; more after an ellipsis). None of the filters in `without` lets it through. `up_to` is the row number of
    the last one, for what must end.
    """

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True, extra="forbid")

    view: View | None = None
    state: State | None = None
    webhook: str | None = None
    event_type: str | None = None
    outcome: Outcome | None = None
    status_code: Annotated[int, Field(ge=100, le=999)] | None = None
    status_class: Annotated[int, Field(ge=1, le=9)] | None = None
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    session: str | None = None
    text: str | None = None
    without: tuple[Self, ...] = ()
    up_to: int | None = None

    def words(self) -> str:
        """The filter for people: `failed, Session Failed, since 02:05`; times are the machine's, to the minute."""
        from core.catalog import EVENT_TYPES  # for words alone: every start would pay for it

        kind = EVENT_TYPES.get(self.event_type or "")
        named = (
            _IN_WORDS.get(str(self.view), self.view),
            _IN_WORDS.get(str(self.state), self.state),
            kind.display_name if kind else self.event_type,
            tail(self.webhook) if self.webhook else None,
            self.outcome.replace("_", " ") if self.outcome else None,
            str(self.status_code) if self.status_code else None,
            f"{self.status_class}xx" if self.status_class else None,
            f"session {self.session}" if self.session else None,
            f'"{self.text}"' if self.text else None,
            f"since {_moment(self.since)}" if self.since else None,
            f"until {_moment(self.until)}" if self.until else None,
            *(f"not {other.words()}" for other in self.without),
        )
        return ", ".join(word for word in named if word) or "all"


def tail_in(word: str) -> str | None:
    """The end of an ID that a word may be: at least 4 characters, and alone no more than those that are random."""
    _, mark, short = word.lower().rpartition("…")
    long_enough = len(short) >= 4 if mark else len(short) in range(4, 9)
    return short if long_enough and set(short) <= set(ALPHABET) else None


def _moment(moment: datetime) -> str:
    local = moment.astimezone()
    today = datetime.now(UTC).astimezone().date()
    return f"{local:%H:%M}" if local.date() == today else f"{local.day} {local:%b %H:%M}"
