"""`types`: the event types of the catalogue."""

import typer

from core.catalog import EVENT_TYPES, EventType
from core.cli.example import example
from core.cli.listing import ListingCommand
from core.cli.output import AsJson, print_json, print_table


def add_to(app: typer.Typer) -> None:
    app.command("types", cls=ListingCommand, epilog=example("types", "types --json"))(list_types)


def list_types(as_json: AsJson = False) -> None:
    """List the event types."""
    if as_json:
        for kind in EVENT_TYPES.values():
            print_json(_fields(kind))
        return
    print_table(
        ("Type", "Shape", "Deprecated", "Name"),
        (
            (kind.name, kind.published.value, kind.deprecated, kind.display_name)
            for kind in EVENT_TYPES.values()
        ),
    )


def _fields(kind: EventType) -> dict[str, object]:
    return {
        "type": kind.name,
        "display_name": kind.display_name,
        "label": kind.label,
        "trigger": kind.trigger,
        "published": kind.published.value,
        "shape_note": kind.shape_note,
        "key_field": kind.key_field,
        "status_field": kind.status_field,
        "statuses": list(kind.statuses),
        "deprecated": kind.deprecated,
        "sample": kind.sample.decode(),
    }
