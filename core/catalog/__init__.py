"""The event types of Incode's webhooks: names, shapes of bodies, samples, and which bodies are accepted."""

from core.catalog.body import DEFAULT_LIMIT, MAX_NESTING, Body, InvalidBody, accept
from core.catalog.definition import EventType, Published
from core.catalog.registry import EVENT_TYPES, UnknownType, event_type, offered, shown_type

__all__ = [
    "DEFAULT_LIMIT",
    "EVENT_TYPES",
    "MAX_NESTING",
    "Body",
    "EventType",
    "InvalidBody",
    "Published",
    "UnknownType",
    "accept",
    "event_type",
    "offered",
    "shown_type",
]
