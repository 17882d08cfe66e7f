"""Which deliveries: the one filter that lists, counts and jobs share."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from core.catalog import EVENT_TYPES
from core.clock import now_ms
from core.ids import tail
from core.models import Outcome

SLOW_MS = 10_000
"""A delivery that waits for longer needs attention."""
ATTENTION = (
    "(d.state = 'failed' OR d.state IN ('pending', 'sending') AND w.enabled AND (d.last_outcome IS NOT NULL"
    " OR d.created_at < :slow))"
)
_GROUPS = {
    "held": "d.state = 'pending' AND NOT w.enabled",
    "attention": ATTENTION,
    "undelivered": "d.state IN ('pending', 'sending', 'failed')",
}
_TEXT = (
    "lower(d.id || ' ' || e.id || ' ' || w.url || ' ' || coalesce(e.session, '') || ' '"
    " || coalesce(e.external_id, '') || ' ' || coalesce(d.last_reason, ''))"
)

State = Literal["pending", "sending", "delivered", "failed", "cancelled", "held", "attention", "undelivered"]
"""The stored states, then groups of deliveries that people speak of."""


class DeliveryFilter(BaseModel):
    """What must be true of a delivery; None asks for nothing.

    `webhook` is a whole ID, `event_type` a name of the catalogue. `outcome` and `status_code` are those of the last
    attempt. It was created at `since` or later, and before `until`. `text` occurs in its ID, its event's ID, its
    session, external ID, URL or last reason. `up_to` is the row number of the last one, for what must end.
    """

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True, extra="forbid")

    state: State | None = None
    webhook: str | None = None
    event_type: str | None = None
    outcome: Outcome | None = None
    status_code: Annotated[int, Field(ge=100, le=999)] | None = None
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    session: str | None = None
    text: str | None = None
    up_to: int | None = None

    def condition(self) -> tuple[str, dict[str, object]]:
        """SQL over deliveries `d`, their events `e` and webhooks `w`, and the values in it."""
        conditions = {
            _GROUPS.get(self.state or "", "d.state = :state"): self.state,
            "w.id = :webhook": self.webhook,
            "e.type = :event_type": self.event_type,
            "d.last_outcome = :outcome": self.outcome,
            "d.last_status = :status_code": self.status_code,
            "d.created_at >= :since": self.since,
            "d.created_at < :until": self.until,
            "e.session = :session": self.session,
            f"instr({_TEXT}, lower(:text))": self.text,
            "d.seq <= :up_to": self.up_to,
        }
        values = self.model_dump() | {
            "since": _milliseconds(self.since),
            "until": _milliseconds(self.until),
            "slow": now_ms() - SLOW_MS,
        }
        asked = [condition for condition, value in conditions.items() if value is not None]
        return " AND ".join(asked) or "1", values

    def words(self) -> str:
        """The filter for people: `failed, Session Failed, since 02:05`; times are the machine's, to the minute."""
        kind = EVENT_TYPES.get(self.event_type or "")
        named = (
            self.state,
            kind.short_name if kind else self.event_type,
            tail(self.webhook) if self.webhook else None,
            self.outcome.replace("_", " ") if self.outcome else None,
            str(self.status_code) if self.status_code else None,
            f"session {self.session}" if self.session else None,
            f'"{self.text}"' if self.text else None,
            f"since {_moment(self.since)}" if self.since else None,
            f"until {_moment(self.until)}" if self.until else None,
        )
        return ", ".join(word for word in named if word) or "all"


def _milliseconds(moment: datetime | None) -> int | None:
    return None if moment is None else round(moment.timestamp() * 1000)


def _moment(moment: datetime) -> str:
    local = moment.astimezone()
    today = datetime.now(UTC).astimezone().date()
    return f"{local:%H:%M}" if local.date() == today else f"{local.day} {local:%b %H:%M}"
