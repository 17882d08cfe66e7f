"""Finding an event type by its name."""

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
        # As JSON, so that whatever was typed leaves the terminal whole.
        super().__init__(
            f"There is no event type {json.dumps(shown)}. {guess}`hookkeeper types` lists them all."
        )
        self.name = name


def _nearest(name: str) -> list[str]:
    """The types that a name is a part of; else the one that it looks like."""
    import difflib  # needed for slips alone, and every start of the command line would pay for it

    word = "-".join(name.lower().replace("_", " ").split())
    parts = [each for each in EVENT_TYPES if len(word) > 2 and word in each]
    return parts or difflib.get_close_matches(word, EVENT_TYPES, n=1)


def event_type(name: str) -> EventType:
    """The event type of this name. Raises UnknownType, which names the nearest."""
    found = EVENT_TYPES.get(name)
    if found is None:
        raise UnknownType(name)
    return found


def shown_type(name: str) -> EventType:
    """The event type of a name that is stored; for one of another Hookkeeper a type that is only its name."""
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
    """The types that a new webhook can have, in display order; the deprecated ones if they are asked for."""
    return tuple(each for each in EVENT_TYPES.values() if deprecated or not each.deprecated)
