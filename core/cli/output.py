"""Data on stdout, as a table or as JSON lines; words on stderr."""

import json
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Annotated

import typer

from core.text import one_line, sanitize

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON lines.")]


def say(words: str) -> None:
    """Tell the person, beside the data."""
    print(sanitize(words), file=sys.stderr)


def print_line(text: str) -> None:
    """One line of data."""
    print(one_line(text))


def print_json(*values: dict[str, object]) -> None:
    """A JSON line for each; all but ASCII is escaped, so that it leaves any terminal whole."""
    print("".join(f"{json.dumps(value)}\n" for value in values), end="")


def print_table(titles: Sequence[str], rows: Iterable[Sequence[object]], *, empty: str = "") -> None:
    """Aligned columns. Nothing is cut: who reads may be a program. `empty` tells a person why there is no row."""
    table = [list(titles), *([_cell(value) for value in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for row in table:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    if empty and len(table) == 1:
        say(empty)


def print_fields(fields: Iterable[tuple[str, object]]) -> None:
    """Names and values, one pair a line."""
    pairs = [(name, _cell(value)) for name, value in fields]
    width = max(len(name) for name, _ in pairs)
    for name, value in pairs:
        print(f"{name.ljust(width)}  {value}".rstrip())


def _cell(value: object) -> str:
    match value:
        case None | "":
            return "–"
        case bool():
            return "yes" if value else "no"
        case datetime():
            return value.astimezone().isoformat(sep=" ", timespec="seconds")
        case float():
            return f"{value:g}"
    return one_line(str(value))
