"""Prints data on stdout, as a table or as JSON lines, and messages on stderr."""

import json
import os
import sys
import textwrap
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Annotated

import typer

from core.cli.words import say as say
from core.text import one_line

_LEAST_ROOM = 24
"""Minimum width of readable text, in columns."""

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON lines.")]


def print_line(text: str) -> None:
    """Print one line of data."""
    print(one_line(text))


def print_json(*values: dict[str, object]) -> None:
    """Print a JSON line for each value. Non-ASCII characters are escaped, so that any terminal shows it."""
    print("".join(f"{json.dumps(value)}\n" for value in values), end="")


def print_table(titles: Sequence[str], rows: Iterable[Sequence[object]], *, empty: str = "") -> None:
    """Print aligned columns. No cell is cut, because a program may read them. `empty` tells a person why there is no row.

    On a narrow terminal the last column is wrapped. If even the other columns do not fit, each row is printed as a
    list of fields.
    """
    table = [list(titles), *([_cell(value) for value in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    room = _columns() - sum(widths[:-1]) - 2 * (len(widths) - 1)
    if len(table) > 1 and room < min(widths[-1], _LEAST_ROOM):
        for row in table[1:]:
            print_fields(zip(titles, row, strict=True))
            print()
        return
    for row in table:
        begin = "".join(f"{cell.ljust(width)}  " for cell, width in zip(row[:-1], widths[:-1], strict=True))
        print(begin + f"\n{' ' * len(begin)}".join(_lines(row[-1], room)))
    if empty and len(table) == 1:
        say(empty)


def _lines(text: str, room: int) -> list[str]:
    """Wrap text into lines of `room` columns; text that fits is not changed."""
    if len(text) <= room:
        return [text]
    return textwrap.wrap(text, room, break_long_words=False, break_on_hyphens=False)


def _columns() -> int:
    """Return the width of the terminal; it is unlimited for a file or a pipe."""
    return os.get_terminal_size(sys.stdout.fileno()).columns if sys.stdout.isatty() else sys.maxsize


def print_fields(fields: Iterable[tuple[str, object]]) -> None:
    """Print names and values, one pair per line."""
    pairs = [(one_line(name), _cell(value)) for name, value in fields]
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
