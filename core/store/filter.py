"""The filter for deliveries, shared by lists, counts and jobs."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from core.ids import ALPHABET, tail
from core.models import Outcome

WAITS_LONG_MS = 10_000
"""A delivery needs attention once it has waited for longer than this many milliseconds."""
SLOW_MS = 2_000
"""A delivery is slow if its last attempt took at least this many milliseconds, whether or not it succeeded."""

State = Literal["pending", "sending", "delivered", "failed", "cancelled", "held", "attention", "undelivered"]
"""The stored states, followed by named groups of deliveries."""
_IN_WORDS = {"attention": "needing attention", "failing": "failing now"}


class View(StrEnum):
    """The views that a list offers.

    Attention: failed deliveries; also those of an enabled webhook that are pending or in flight and failed before or
    are older than 10 s. Failing: pending or in flight at an enabled webhook, and the last attempt failed. Held: pending
    at a disabled webhook. Slow: the last attempt took at least 2 s.
    """

    ATTENTION = "attention"
    FAILING = "failing"
    HELD = "held"
    SLOW = "slow"
    ALL = "all"


class DeliveryFilter(BaseModel):
    """Conditions that a delivery must all meet. A field that is None sets no condition.

    `webhook` is a whole ID, `event_type` a name from the catalogue. `outcome` and `status_code` are those of the last
    attempt; `status_class` is the first digit of the status code. The delivery was created at `since` or later, and
    before `until`. Each word of `text` must be a prefix of the delivery's ID, event ID, session, external ID or
    outcome, or the tail of its ID (4 to 8 characters, or at least 4 after an ellipsis). A delivery that matches any
    filter in `without` is excluded. `up_to` is the highest row number, which gives a job a fixed end.
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
        """Describe the filter, as in `failed, Session Failed, since 02:05`. Times are local, to the minute."""
        from core.catalog import EVENT_TYPES  # imported late, since it would slow down every start

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
    """Return the ID tail that a word may stand for, or None: 4 to 8 characters, or at least 4 after an ellipsis."""
    _, mark, short = word.lower().rpartition("…")
    long_enough = len(short) >= 4 if mark else len(short) in range(4, 9)
    return short if long_enough and set(short) <= set(ALPHABET) else None


def _moment(moment: datetime) -> str:
    local = moment.astimezone()
    today = datetime.now(UTC).astimezone().date()
    return f"{local:%H:%M}" if local.date() == today else f"{local.day} {local:%b %H:%M}"
