"""Data on stdout, as a table or as JSON lines; words on stderr."""

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
"""Columns in which words can be read."""

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON lines.")]


def print_line(text: str) -> None:
    """One line of data."""
    print(one_line(text))


def print_json(*values: dict[str, object]) -> None:
    """A JSON line for each; all but ASCII is escaped, so that it leaves any terminal whole."""
    print("".join(f"{json.dumps(value)}\n" for value in values), end="")


def print_table(titles: Sequence[str], rows: Iterable[Sequence[object]], *, empty: str = "") -> None:
    """Aligned columns. Nothing is cut: who reads may be a program. `empty` tells a person why there is no row.

    On a terminal that is too narrow the words of the last column go on below it; where not even the others have room,
    each row is printed as its fields.
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
    """Words in lines of so many columns; what fits is left as it is."""
    if len(text) <= room:
        return [text]
    return textwrap.wrap(text, room, break_long_words=False, break_on_hyphens=False)


def _columns() -> int:
    """Those of the terminal; a file or a program takes any number."""
    return os.get_terminal_size(sys.stdout.fileno()).columns if sys.stdout.isatty() else sys.maxsize


def print_fields(fields: Iterable[tuple[str, object]]) -> None:
    """Names and values, one pair a line."""
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
