"""Makes text from others safe to show: replaces control characters, and masks secret fields with dots."""

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
    """A number in its original notation, with a mark, so that `1.10` is not shown as `1.1`."""


# C0 except tab and newline, DEL, C1, then characters that change the text direction or are invisible.
_UNSAFE = {
    **{code: chr(0x2400 + code) for code in range(0x20) if code not in (0x09, 0x0A)},
    0x7F: "␡",
    **dict.fromkeys(range(128, 160), "�"),
    **dict.fromkeys((1564, 8206, 8207, 8232, 8233, 65279), "�"),
    **dict.fromkeys((*range(8234, 8239), *range(8294, 8298), *range(55296, 57344)), "�"),
}
_ONE_LINE = {0x09: "␉", 0x0A: "␊"}


def sanitize(text: str) -> str:
    """Make text safe for a terminal: each control character becomes a visible symbol."""
    return text.translate(_UNSAFE)


def one_line(text: str) -> str:
    """Like `sanitize`, but for a single line: tabs and line breaks become symbols, too."""
    return text.translate(_UNSAFE).translate(_ONE_LINE)


def is_masked(name: str, fields: Sequence[str] = ()) -> bool:
    """Whether the value of a field is shown as dots, because it is in `fields` or `ALWAYS_MASKED`.

    The case of letters makes no difference; `rfc*` matches every name that begins with `rfc`.
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
    """Return a body in readable form: indented, safe, with dots for credentials and personal numbers.

    `fields` are masked as well (see `is_masked`). A body that is not JSON is shown as text. The body that is sent does
    not change.
    """
    return _readable(body, _masking(tuple(fields)))


def readable_json(body: bytes) -> str:
    """Like `masked_json`, but with nothing masked."""
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
    """Remove our mark from the text of others, so that it is not taken for a number."""
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
