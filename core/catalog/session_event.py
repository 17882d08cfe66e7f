"""Checks that a body names no session event other than its type's, which would mislead receivers."""

import re
from collections.abc import Mapping
from functools import cache

from core.catalog.definition import EventType
from core.catalog.event_types import EVENT_TYPES
from core.catalog.payloads import Session

_NAMING = ("event_type", "eventType")
_MAY_NAME = ("onboardingStatus", "status", "event")
"""These fields may hold any status. Receivers that find no event_type read the event's name from them."""
_SEPARATORS = re.compile(r"[\s_-]+")


def contradiction(kind: EventType, body: Session) -> tuple[str, str] | None:
    """Return the path of a field that names an event other than this type's, and the reason; None if none does.

    SESSION_FAILED, "Session Failed" and "session-failed" are equal. Null and blank values name no event.
    """
    for field in (*_NAMING, *_MAY_NAME):
        value = getattr(body, field)
        if not isinstance(value, str) or value == kind.event_name or not value.strip():
            continue
        said = _names().get(_plain(value))
        if said is not None and said != kind.name:
            return f"$.{field}", f"names the type {said}"
        if said is None and field in _NAMING and kind.is_event_name_published:
            return f"$.{field}", f"must be {kind.event_name} in a {kind.name} event"
    return None


@cache
def _names() -> Mapping[str, str]:
    """Return the names of the types by the names of their events."""
    return {_plain(each.event_name): each.name for each in EVENT_TYPES.values() if each.event_name}


def _plain(name: str) -> str:
    return _SEPARATORS.sub("", name.casefold())
