"""How results are printed: a table for people, JSON lines for programs."""

import json
import sys
from collections.abc import Mapping, Sequence

from core.text import one_line


def print_rows(
    rows: Sequence[Mapping[str, object]], *, as_json: bool, columns: Sequence[str] | None = None
) -> None:
    """Print one row a line; a table shows only `columns`."""
    if as_json:
        for row in rows:
            print(json.dumps(row, ensure_ascii=False, default=str))
        return
    if not rows:
        return
    names = list(columns or rows[0])
    table = [names, *([_cell(row.get(name)) for name in names] for row in rows)]
    widths = [max(len(line[index]) for line in table) for index in range(len(names))]
    for line in table:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def print_fields(fields: Mapping[str, object], *, as_json: bool) -> None:
    """Print one thing, a field a line."""
    if as_json:
        print(json.dumps(fields, ensure_ascii=False, default=str))
        return
    width = max(map(len, fields), default=0)
    for name, value in fields.items():
        print(f"{name.ljust(width)}  {_cell(value)}")


def say(words: str) -> None:
    """Words for people, beside the data."""
    print(one_line(words), file=sys.stderr)


def _cell(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(map(_cell, value)) or "–"
    if isinstance(value, dict):
        return ": ".join(map(_cell, value.values()))
    return one_line(str(value))
