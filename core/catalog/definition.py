"""What the catalogue knows of one event type."""

from dataclasses import dataclass
from enum import StrEnum

import msgspec


class Published(StrEnum):
    """How much of a body's shape Incode makes public."""

    DOCUMENTED = "documented"
    """Fields are documented."""
    EXAMPLE = "example"
    """Fields are seen in an example only, so nothing about them is checked."""
    NOTHING = "nothing"
    """Not even an example."""


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
    sample: bytes
    """A body to try a webhook with: made-up people, compact JSON, valid against `payload`."""
    published: Published
    shape_note: str
    """How much of the model comes from Incode, in a sentence or two for people."""
    key_field: str | None = None
    """The field that names the session, which events are ordered by."""
    status_field: str | None = None
    """The field that a webhook may filter by."""
    statuses: tuple[str, ...] = ()
    """The known values of `status_field`, in the order in which they occur; others may come."""
    external_id_field: str | None = None
    """The field with the organisation's own ID of the session or customer."""
    deprecated: bool = False
    """Not offered for new webhooks."""
