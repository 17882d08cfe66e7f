"""Finds an event type by its name."""

import json
from datetime import date

import msgspec

from core.catalog.definition import EventType, Published, Sample
from core.catalog.event_types import EVENT_TYPES
from core.errors import HookkeeperError
from core.text import one_line


class UnknownType(HookkeeperError):
    """No event type has this name."""

    def __init__(self, name: str) -> None:
        shown = name if len(name) <= 60 else f"{name[:60]}..."
        nearest = _nearest(shown)
        guess = f"Did you mean {' or '.join(nearest)}? " if nearest else ""
        # JSON escapes control characters, which could disturb the terminal.
        super().__init__(
            f"There is no event type {json.dumps(shown)}. {guess}`hookkeeper types` lists them all."
        )
        self.name = name


def _nearest(name: str) -> list[str]:
    """Return the types whose names contain this name, or else the most similar type."""
    import difflib  # imported late: only typing errors need it, and it would slow down every command

    word = "-".join(name.lower().replace("_", " ").split())
    parts = [each for each in EVENT_TYPES if len(word) > 2 and word in each]
    return parts or difflib.get_close_matches(word, EVENT_TYPES, n=1)


def event_type(name: str) -> EventType:
    """Return the event type of this name. Raises UnknownType, which suggests similar names."""
    found = EVENT_TYPES.get(name)
    if found is None:
        raise UnknownType(name)
    return found


def shown_type(name: str) -> EventType:
    """Return the event type of a stored name.

    For a name that only another version of Hookkeeper knows, return a type with that name and no other facts.
    """
    shown = one_line(name)
    return EVENT_TYPES.get(name) or EventType(
        name=name,
        display_name=shown,
        label=shown,
        short_name=shown,
        trigger="This Hookkeeper does not know the type.",
        payload=msgspec.Struct,
        samples=(Sample("empty", "This Hookkeeper does not know the type.", b"{}"),),
        published=Published.NOTHING,
        shape_note="This Hookkeeper does not know its shape; the sample is Hookkeeper's own choice.",
        sources=(),
        read_on=date.min,
    )


def offered(*, deprecated: bool = False) -> tuple[EventType, ...]:
    """Return the types that a new webhook can have, in display order. `deprecated` includes the deprecated ones."""
    return tuple(each for each in EVENT_TYPES.values() if deprecated or not each.deprecated)
