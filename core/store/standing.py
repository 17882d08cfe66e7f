"""The status of the dispatcher of a store."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import msgspec

from core.clock import clock_time


class Holder(msgspec.Struct):
    """The status that the dispatcher publishes. `note` is what prevents it from delivering, `remark` any other message.

    `started_at` is ms since 1970. `slowed` is the limit of this machine that slows it down.
    """

    pid: int
    epoch: int
    started_by: str
    started_at: int
    user: str
    note: str = ""
    slowed: str = ""
    remark: str = ""


class Pulse(NamedTuple):
    """The result of a heartbeat: the file that it had to recreate, if any, and why others cannot see or wake us."""

    made_anew: Path | None
    fault: str


@dataclass(frozen=True, slots=True)
class Standing:
    """The status of a store's dispatcher.

    `note` is what prevents it from delivering, such as a full disk. `slowed` is the limit of this machine that slows it
    down. `remark` is any other message. `awaited`: another dispatcher stands by. `unknown`: why the status is unknown.
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
        """A description of the status in a few sentences."""
        if self.unknown:
            return f"Who delivers cannot be told: {self.unknown}"
        if not self.running:
            return "Nobody delivers. Start hookkeeper serve."
        since = clock_time(self.started_at) if self.started_at else "?"
        words = f"Delivering: pid {self.pid}, started by {self.user} ({self.started_by}) at {since}."
        if self.silent_since:
            words += f" It has not answered since {clock_time(self.silent_since)}."
        return " ".join(filter(None, (words, self.note, self.remark)))
