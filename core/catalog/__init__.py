"""The event types of Incode's webhooks: names, body models, samples, and the check of a body."""

from core.catalog.body import DEFAULT_LIMIT, MAX_NESTING, Body, InvalidBody, accept
from core.catalog.definition import EventType, Published, Sample, in_words
from core.catalog.event_types import EVENT_TYPES
from core.catalog.registry import UnknownType, event_type, offered, shown_type

__all__ = [
    "DEFAULT_LIMIT",
    "EVENT_TYPES",
    "MAX_NESTING",
    "Body",
    "EventType",
    "InvalidBody",
    "Published",
    "Sample",
    "UnknownType",
    "accept",
    "event_type",
    "in_words",
    "offered",
    "shown_type",
]
