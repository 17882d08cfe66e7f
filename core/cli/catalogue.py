"""`types`: the event types of the catalogue, and what is known of each."""

from typing import Annotated

import typer

from core.catalog import EVENT_TYPES, EventType, event_type, in_words
from core.cli.event_data import sample_named
from core.cli.example import example
from core.cli.listing import ListingGroup
from core.cli.output import AsJson, print_fields, print_json, print_line, print_table
from core.cli.wrong_usage import WrongUsage

app = typer.Typer(
    cls=ListingGroup,
    help="The event types, and what Incode publishes of them.",
    epilog=example("types", "types show session-failed"),
)

_LISTED = "66e1b0c4f2a94d0d1c3a7b58"
"""The session ID of the samples in a type's JSON. It is fixed, so that the output is the same each time."""


def add_to(commands: typer.Typer) -> None:
    commands.add_typer(app, name="types")


@app.command("list", epilog=example("types list", "types list --json"))
def list_types(as_json: AsJson = False) -> None:
    """List the event types."""
    if as_json:
        print_json(*(_fields(kind) for kind in EVENT_TYPES.values()))
        return
    print_table(
        ("Type", "Shape", "Standing", "Name"),
        (
            (kind.name, kind.published.value, _standing(kind), kind.display_name)
            for kind in EVENT_TYPES.values()
        ),
    )


@app.command(epilog=example("types show session-failed", "types show face-authentication --sample FAIL"))
def show(
    kind: Annotated[str, typer.Argument(metavar="TYPE", help="See hookkeeper types.")],
    sample: Annotated[
        str | None, typer.Option(metavar="NAME", help="Print this sample's body alone, of a new session.")
    ] = None,
    samples: Annotated[bool, typer.Option("--samples", help="Print the body of every sample.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show what is known about an event type, and its sources."""
    definition = event_type(kind)
    if sample is not None:
        if samples or as_json:
            raise WrongUsage("--sample: it prints one body as it is sent; leave --samples and --json out.")
        print_line(sample_named(definition, sample).body().decode())
    elif samples:
        _print_samples(definition, as_json)
    elif as_json:
        print_json(_fields(definition))
    else:
        _print_facts(definition)


def _standing(kind: EventType) -> str:
    return "deprecated" if kind.deprecated else "newer" if kind.is_newer else "current"


def _print_samples(kind: EventType, as_json: bool) -> None:
    if as_json:
        print_json(*_samples(kind, None))
        return
    print_table(
        ("Sample", "Note", "Body"),
        ((each.name, each.note, each.body().decode()) for each in kind.samples),
    )


def _print_facts(kind: EventType) -> None:
    print_fields(
        [
            ("Type", kind.name),
            ("Name", kind.display_name),
            ("In the drop-down", kind.label),
            *((("Standing", kind.standing),) if kind.standing else ()),
            ("Trigger", kind.trigger),
            ("Shape", kind.shape_note),
            ("Remark", kind.remark),
            ("Session field", kind.key_field),
            ("External ID fields", ", ".join(kind.external_id_fields)),
            ("Status field", kind.status_field),
            ("Statuses", ", ".join(kind.statuses)),
            ("Error names", ", ".join(kind.error_names)),
            ("Samples", ", ".join(each.name for each in kind.samples)),
            ("From", "; ".join(kind.sources)),
            ("Read on", in_words(kind.read_on)),
        ]
    )


def _fields(kind: EventType) -> dict[str, object]:
    return {
        "type": kind.name,
        "display_name": kind.display_name,
        "label": kind.label,
        "trigger": kind.trigger,
        "published": kind.published.value,
        "shape_note": kind.shape_note,
        "remark": kind.remark or None,
        "sources": list(kind.sources),
        "read_on": kind.read_on.isoformat(),
        "key_field": kind.key_field,
        "external_id_fields": list(kind.external_id_fields),
        "status_field": kind.status_field,
        "statuses": list(kind.statuses),
        "error_names": list(kind.error_names),
        "event_name": kind.event_name,
        "newer": kind.is_newer,
        "deprecated": kind.deprecated,
        "supported_until": kind.supported_until and kind.supported_until.isoformat(),
        "sent_until": kind.sent_until and kind.sent_until.isoformat(),
        "standing": _standing(kind),
        "standing_note": kind.standing or None,
        "sample": kind.samples[0].body(_LISTED).decode(),
        "samples": _samples(kind, _LISTED),
    }


def _samples(kind: EventType, session: str | None) -> list[dict[str, object]]:
    """Return the name, note and body of each sample. Without a session, each body gets a new session ID."""
    return [
        {"name": each.name, "note": each.note or None, "body": each.body(session).decode()}
        for each in kind.samples
    ]
