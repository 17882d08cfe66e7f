"""What the catalogue knows of one event type."""

import os
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import msgspec

SESSION = "<session>"
"""Stands in a sample's template for the session's ID."""


class Published(StrEnum):
    """How much of a body's shape Incode makes public."""

    DOCUMENTED = "documented"
    """Fields are documented."""
    EXAMPLE = "example"
    """Fields are seen in an example only, so nothing about them is checked."""
    NOTHING = "nothing"
    """Not even an example."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A body to try a receiver with: made-up people, compact JSON, accepted for its type."""

    name: str
    """The outcome or status that it stands for, "FAIL", in the spelling of the body."""
    note: str
    """What a reader should know of it, "" for nothing."""
    template: bytes
    """The body, with `SESSION` where the session's ID belongs."""

    def body(self, session: str | None = None) -> bytes:
        """The body for this session; without one, for a new session each time: 24 hexadecimal digits."""
        return self.template.replace(SESSION.encode(), (session or os.urandom(12).hex()).encode())


@dataclass(frozen=True, slots=True, kw_only=True)
class EventType:
    """One kind of event: its names, the shape of its body, and the fields that Hookkeeper reads from it."""

    name: str
    """On the command line and in the database, "session-failed"."""
    display_name: str
    """As Incode's list of webhooks calls it, "Onboarding status webhook"."""
    label: str
    """In the Type drop-down, "Onboarding Status Webhook URL"."""
    short_name: str
    """For a column of 17 cells, "Session Failed"."""
    trigger: str
    """When it is sent, in Incode's words."""
    payload: type[msgspec.Struct]
    """The body's model: what it names is checked, what it does not name passes."""
    samples: tuple[Sample, ...]
    """One for each outcome or status, the usual one first."""
    published: Published
    shape_note: str
    """How much of the model comes from Incode, in a sentence or two for people."""
    sources: tuple[str, ...]
    """The pages that these facts are from, by name."""
    read_on: date
    """When those were read."""
    remark: str = ""
    """What else a receiver should know of it."""
    key_field: str | None = None
    """The field that names the session, which events are ordered by."""
    status_field: str | None = None
    """The field that a webhook may filter by."""
    statuses: tuple[str, ...] = ()
    """The known values of `status_field`, in the order in which they occur; others may come."""
    error_names: tuple[str, ...] = ()
    """The known names of what may have failed; others may come."""
    external_id_fields: tuple[str, ...] = ()
    """The fields with the organisation's own ID of the session or customer: the first that holds one counts."""
    event_name: str | None = None
    """What `event_type` says in the bodies of a session webhook, "SESSION_FAILED"."""
    is_event_name_published: bool = True
    is_newer: bool = False
    """Not on the page of the Webhooks tab, but on a newer one."""
    deprecated: bool = False
    """Offered for new webhooks only if that is asked for."""
    supported_until: date | None = None
    """When the support of a deprecated type ends, if that is public."""
    sent_until: date | None = None
    """How long a deprecated type is sent, if that is public."""

    @property
    def sample(self) -> bytes:
        """The usual sample's body, of a new session each time."""
        return self.samples[0].body()

    def find_sample(self, name: str) -> Sample | None:
        """The sample of this name; the case of letters, spaces, `_` and `-` make a difference only if they must."""
        for alike in (str, str.casefold, _without_separators):
            for each in self.samples:
                if alike(each.name) == alike(name):
                    return each
        return None

    @property
    def standing(self) -> str:
        """Where it stands between new and no longer sent, in words; "" for what the tab's page lists as current."""
        if self.is_newer:
            return "Newer than the page of the Webhooks tab."
        if not self.deprecated:
            return ""
        if self.sent_until is None:
            return "Deprecated. Incode does not publish until when it is sent."
        support = f"supports it until {in_words(self.supported_until)} and " if self.supported_until else ""
        return f"Deprecated. Incode {support}sends it until {in_words(self.sent_until)}."


def in_words(day: date) -> str:
    """26 November 2026."""
    return f"{day.day} {day:%B %Y}"


def _without_separators(name: str) -> str:
    return "".join(name.casefold().replace("_", " ").replace("-", " ").split())
