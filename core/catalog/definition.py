"""Defines what the catalogue holds for one event type."""

import os
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import msgspec

SESSION = "<session>"
"""The placeholder for the session ID in a sample's template."""


class Published(StrEnum):
    """How much of a body's shape Incode publishes."""

    DOCUMENTED = "documented"
    """The fields are documented."""
    EXAMPLE = "example"
    """The fields appear only in an example, so they are not checked."""
    NOTHING = "nothing"
    """There is no example either."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A body to test a receiver with: compact JSON about made-up people, valid for its type."""

    name: str
    """The outcome or status that the sample shows, spelled as in the body: "FAIL"."""
    note: str
    """A remark for the reader, or ""."""
    template: bytes
    """The body, with `SESSION` in place of the session ID."""

    def body(self, session: str | None = None) -> bytes:
        """Return the body for this session. Without one, each call makes a new session ID of 24 hexadecimal digits."""
        return self.template.replace(SESSION.encode(), (session or os.urandom(12).hex()).encode())


@dataclass(frozen=True, slots=True, kw_only=True)
class EventType:
    """One kind of event: its names, the shape of its body, and the fields that Hookkeeper reads from it."""

    name: str
    """The name on the command line and in the database: "session-failed"."""
    display_name: str
    """The name in Incode's list of webhooks: "Onboarding status webhook"."""
    label: str
    """The name in the Type drop-down: "Onboarding Status Webhook URL"."""
    short_name: str
    """The name for a column of 17 cells: "Session Failed"."""
    trigger: str
    """When it is sent, in Incode's words."""
    payload: type[msgspec.Struct]
    """The body's model. Its fields are checked; all other fields are accepted."""
    samples: tuple[Sample, ...]
    """The samples, one for each outcome or status, the usual one first."""
    published: Published
    shape_note: str
    """One or two sentences for people on how much of the model comes from Incode."""
    sources: tuple[str, ...]
    """The names of the pages that this information comes from."""
    read_on: date
    """When the pages were read."""
    remark: str = ""
    """A further remark for receivers."""
    key_field: str | None = None
    """The field with the session ID, which is the ordering key of events."""
    status_field: str | None = None
    """The field with the status, by which a webhook may filter."""
    statuses: tuple[str, ...] = ()
    """The known values of `status_field`, in the order in which they occur. Others may appear."""
    error_names: tuple[str, ...] = ()
    """The known names of errors. Others may appear."""
    external_id_fields: tuple[str, ...] = ()
    """The fields with the organisation's own ID of the session or customer. The first that holds an ID counts."""
    event_name: str | None = None
    """The value of `event_type` in the bodies of a session webhook: "SESSION_FAILED"."""
    is_event_name_published: bool = True
    is_newer: bool = False
    """Whether the type is on a newer page of Incode's instead of the page of the Webhooks tab."""
    deprecated: bool = False
    """Whether the type is deprecated: new webhooks are offered it only on request."""
    supported_until: date | None = None
    """When the support of a deprecated type ends, if Incode has published it."""
    sent_until: date | None = None
    """When Incode stops sending a deprecated type, if Incode has published it."""

    @property
    def sample(self) -> bytes:
        """The body of the usual sample, with a new session ID each time."""
        return self.samples[0].body()

    def find_sample(self, name: str) -> Sample | None:
        """Return the sample of this name, or None.

        An exact match comes first, then one that ignores case, then one that also ignores spaces, `_` and `-`.
        """
        for alike in (str, str.casefold, _without_separators):
            for each in self.samples:
                if alike(each.name) == alike(name):
                    return each
        return None

    @property
    def standing(self) -> str:
        """Whether the type is newer or deprecated, in words; "" if the page of the Webhooks tab lists it as current."""
        if self.is_newer:
            return "Newer than the page of the Webhooks tab."
        if not self.deprecated:
            return ""
        if self.sent_until is None:
            return "Deprecated. Incode does not publish until when it is sent."
        support = f"supports it until {in_words(self.supported_until)} and " if self.supported_until else ""
        return f"Deprecated. Incode {support}sends it until {in_words(self.sent_until)}."


def in_words(day: date) -> str:
    """Return a date in words: 26 November 2026."""
    return f"{day.day} {day:%B %Y}"


def _without_separators(name: str) -> str:
    return "".join(name.casefold().replace("_", " ").replace("-", " ").split())
