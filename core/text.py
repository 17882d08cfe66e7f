"""What may be shown of data that others wrote: no control reaches the terminal, masked fields stay dots."""

import json
import re

DOTS = "••••"
_MASKED_FIELD = re.compile(r"token|interviewToken|apiKey|curp|rfc.*", re.IGNORECASE)
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


def masked_json(body: bytes) -> str:
    """A body for reading: indented, safe, with dots for the values of credentials and personal numbers.

    What is no JSON is shown as text. The body that is sent stays untouched.
    """
    text = body.decode("utf-8", "replace")
    try:
        value = json.loads(text, parse_float=_as_it_stands, parse_int=_as_it_stands)
        shown = json.dumps(_masked(value), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return sanitize(text)
    return sanitize(_MARKED_NUMBER.sub(r"\1", shown))


def _as_it_stands(number: str) -> _Number:
    return _Number(_NUMBER_MARK + number)


def _unmarked(text: str) -> str:
    """Nobody else's text is taken for a number."""
    return text.replace(_NUMBER_MARK, "�")


def _masked(value: object, depth: int = 0) -> object:
    if depth > _NESTING:
        return "…"
    if isinstance(value, dict):
        return {
            _unmarked(name): DOTS
            if _MASKED_FIELD.fullmatch(name) and inner is not None
            else _masked(inner, depth + 1)
            for name, inner in value.items()
        }
    if isinstance(value, list):
        return [_masked(inner, depth + 1) for inner in value]
    if isinstance(value, str) and not isinstance(value, _Number):
        return _unmarked(value)
    return value
