"""What may be shown of data that others wrote: no control reaches the terminal, masked fields stay dots."""

import json
import re
from collections.abc import Callable, Sequence
from functools import lru_cache

DOTS = "••••"
ALWAYS_MASKED = ("token", "interviewToken", "apiKey", "curp", "rfc*")
_NESTING = 64
_NUMBER_MARK = "\ue000"
_MARKED_NUMBER = re.compile(f'"{_NUMBER_MARK}([^"]*)"')


class _Number(str):
    """A number as it stands, marked: `1.10` is not to be shown as `1.1`."""


# C0 but tab and newline, DEL, C1, then what turns the direction of text or hides in it.
_UNSAFE = {
    **{code: chr(0x2400 + code) for code in range(0x20) if code not in (0x09, 0x0A)},
    0x7F: "␡",
    **dict.fromkeys(range(128, 160), "�"),
    **dict.fromkeys((1564, 8206, 8207, 8232, 8233, 65279), "�"),
    **dict.fromkeys((*range(8234, 8239), *range(8294, 8298), *range(55296, 57344)), "�"),
}
_ONE_LINE = {0x09: "␉", 0x0A: "␊"}


def sanitize(text: str) -> str:
    """Text of others, safe for a terminal: each control character becomes a visible symbol."""
    return text.translate(_UNSAFE)


def one_line(text: str) -> str:
    """The same for a place that has one line: tabs and line breaks become symbols, too."""
    return text.translate(_UNSAFE).translate(_ONE_LINE)


def is_masked(name: str, fields: Sequence[str] = ()) -> bool:
    """Whether the value of a field is shown as dots: it is one of these, or of those that always are.

    The case of letters makes no difference; `rfc*` is every name that begins so.
    """
    return _masking(tuple(fields))(name)


@lru_cache(maxsize=16)
def _masking(fields: tuple[str, ...]) -> Callable[[str], bool]:
    names = (
        re.escape(name[:-1]) + ".*" if name.endswith("*") else re.escape(name)
        for name in (*ALWAYS_MASKED, *fields)
    )
    match = re.compile("|".join(names), re.IGNORECASE | re.DOTALL).fullmatch
    return lambda name: match(name) is not None


def masked_json(body: bytes, fields: Sequence[str] = ()) -> str:
    """A body for reading: indented, safe, with dots for the values of credentials and personal numbers.

    `fields` are masked as well (see `is_masked`). What is no JSON is shown as text. The body that is sent stays
    untouched.
    """
    return _readable(body, _masking(tuple(fields)))


def readable_json(body: bytes) -> str:
    """The same with nothing masked."""
    return _readable(body, lambda name: False)


def _readable(body: bytes, hidden: Callable[[str], bool]) -> str:
    text = body.decode("utf-8", "replace")
    try:
        value = json.loads(text, parse_float=_as_it_stands, parse_int=_as_it_stands)
        shown = json.dumps(_masked(value, hidden), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return sanitize(text)
    return sanitize(_MARKED_NUMBER.sub(r"\1", shown))


def _as_it_stands(number: str) -> _Number:
    return _Number(_NUMBER_MARK + number)


def _unmarked(text: str) -> str:
    """Nobody else's text is taken for a number."""
    return text.replace(_NUMBER_MARK, "�")


def _masked(value: object, hidden: Callable[[str], bool], depth: int = 0) -> object:
    if depth > _NESTING:
        return "…"
    if isinstance(value, dict):
        return {
            _unmarked(name): DOTS if hidden(name) and inner is not None else _masked(inner, hidden, depth + 1)
            for name, inner in value.items()
        }
    if isinstance(value, list):
        return [_masked(inner, hidden, depth + 1) for inner in value]
    if isinstance(value, str) and not isinstance(value, _Number):
        return _unmarked(value)
    return value
