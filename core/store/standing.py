"""Who delivers from a store, as people are told."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import msgspec

from core.clock import clock_time


class Holder(msgspec.Struct):
    """What the one who delivers says of itself. `note`: what keeps it from its work. `remark`: what else is to be known."""

    pid: int
    epoch: int
    started_by: str
    started_at: int
    user: str
    note: str = ""
    slowed: str = ""
    remark: str = ""


class Pulse(NamedTuple):
    """What a heartbeat has found: the file that it made anew, if any, and what keeps others from seeing or waking us."""

    made_anew: Path | None
    fault: str


@dataclass(frozen=True, slots=True)
class Standing:
    """`note` is what keeps the dispatcher from its work, such as a full disk; `slowed` the limit of this machine that it
    has met; `remark` what else it has to say.

    `awaited`: another one stands by. `unknown`: why it cannot be told whether anybody delivers.
    """

    running: bool
    pid: int | None = None
    started_by: str | None = None
    user: str | None = None
    started_at: datetime | None = None
    silent_since: datetime | None = None
    note: str = ""
    slowed: str = ""
    remark: str = ""
    awaited: bool = False
    unknown: str = ""

    @property
    def words(self) -> str:
        """Who delivers, in a sentence or two."""
        if self.unknown:
            return f"Who delivers cannot be told: {self.unknown}"
        if not self.running:
            return "Nobody delivers. Start hookkeeper serve."
        since = clock_time(self.started_at) if self.started_at else "?"
        words = f"Delivering: pid {self.pid}, started by {self.user} ({self.started_by}) at {since}."
        if self.silent_since:
            words += f" It has not answered since {clock_time(self.silent_since)}."
        return " ".join(filter(None, (words, self.note, self.remark)))
