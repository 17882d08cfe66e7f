"""Checks the body of an event. An accepted body is delivered byte for byte.

The fast path is msgspec's decoder. It refuses some bodies that JSON (RFC 8259) allows: half a surrogate pair such
as "\\ud800", numbers that no float holds, and a field of the wrong type that a later duplicate corrects. So the
standard library reads a refused body again, decides, and gives the reason. In one case msgspec accepts what JSON
forbids: it does not decode the strings of unknown fields. So UTF-8 is checked first.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from typing import NoReturn

import msgspec

from core.catalog.definition import EventType
from core.catalog.payloads import Session
from core.catalog.registry import event_type
from core.catalog.session_event import contradiction
from core.errors import HookkeeperError

DEFAULT_LIMIT = 256 * 1024
"""The largest accepted body, in bytes."""
MAX_NESTING = 64
"""The most levels of objects and arrays. The body itself is the first level."""

_WHITE_SPACE = b" \t\n\r"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
# The closing quote is optional so that an unclosed string causes no backtracking.
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
_STEPS = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}
_NO_BRACKETS = bytes(set(range(256)) - _STEPS.keys())
_SHAPE_ERROR = re.compile(r"Expected `(?P<expected>\w+)[^`]*`, got `(?P<found>\w+)`(?: - at `(?P<path>.+)`)?")
_MISSING_FIELD = re.compile(r"Object missing required field `(?P<field>\w+)`(?: - at `(?P<path>.+)`)?")
_KINDS = {
    "str": "a string",
    "int": "a number",
    "float": "a number",
    "bool": "true or false",
    "array": "an array",
    "object": "an object",
    "null": "null",
}


class InvalidBody(HookkeeperError):
    """A body was not accepted. The text names the type and path but no value, because bodies hold personal data."""

    def __init__(self, type_name: str, path: str, reason: str) -> None:
        subject = "it" if path == "$" else path
        super().__init__(f"The {type_name} body was refused: {subject} {reason}.")
        self.type_name = type_name
        self.path = path
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Body:
    """An accepted body: its bytes, and the values that Hookkeeper reads from it."""

    raw: bytes
    """The JSON object, byte for byte, without the white space around it."""
    session: str | None
    """The value of the type's `key_field`, if it is a string."""
    status: str | None
    external_id: str | None


def accept(type_name: str, data: bytes, *, limit: int = DEFAULT_LIMIT) -> Body:
    """Check a body against RFC 8259 and its type's payload model; `limit` is in bytes.

    A field that is not mandatory may be null, and a status may have any value. Of duplicate keys, the last counts. A
    session event must not name another event. In `session`, `status` and `external_id`, U+FFFD replaces half a
    surrogate pair, which no database accepts. Raises InvalidBody, or UnknownType for the name.
    """
    kind = event_type(type_name)
    raw = data.strip(_WHITE_SPACE)
    text = _checked_text(kind, raw, limit)
    try:
        payload = _decoder(kind.payload)(raw)
    except msgspec.MsgspecError:
        payload = _read_carefully(kind, text)
    if isinstance(payload, Session) and (wrong := contradiction(kind, payload)):
        raise InvalidBody(kind.name, *wrong)
    external_ids = (_string(payload, field) for field in kind.external_id_fields)
    return Body(
        raw,
        _string(payload, kind.key_field),
        _string(payload, kind.status_field),
        next(filter(None, external_ids), None),
    )


def _checked_text(kind: EventType, raw: bytes, limit: int) -> str:
    """Check size, encoding and nesting, and return the body as text. Raises InvalidBody."""
    if len(raw) > limit:
        raise InvalidBody(kind.name, "$", f"has {len(raw):,} bytes, and at most {limit:,} are accepted")
    if not raw:
        raise InvalidBody(kind.name, "$", "is empty where a JSON object belongs")
    if raw.startswith(_BYTE_ORDER_MARK):
        raise InvalidBody(kind.name, "$", "begins with a byte order mark, which JSON leaves out")
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        raise InvalidBody(kind.name, "$", f"is not UTF-8 at byte {error.start + 1:,}") from None
    # The number of brackets limits the nesting, and counting them is cheap.
    if raw.count(b"{") + raw.count(b"[") > MAX_NESTING and _nesting(raw) > MAX_NESTING:
        raise InvalidBody(kind.name, "$", f"is nested more than {MAX_NESTING} levels deep")
    return text


def _nesting(raw: bytes) -> int:
    brackets = _STRING.sub(b"", raw).translate(None, _NO_BRACKETS)
    return max(accumulate(map(_STEPS.__getitem__, brackets)), default=0)


@cache
def _decoder(payload: type[msgspec.Struct]) -> Callable[[bytes], msgspec.Struct]:
    return msgspec.json.Decoder(payload).decode


def _read_carefully(kind: EventType, text: str) -> msgspec.Struct:
    """Read a body that msgspec's decoder refused. Raises InvalidBody if the refusal was right."""

    def refuse_constant(name: str) -> NoReturn:
        raise InvalidBody(kind.name, "$", f"holds {name}, which is not JSON")

    try:
        value = json.loads(
            text,
            parse_int=float,  # Python refuses an int of more than 4,300 digits, but no float
            parse_constant=refuse_constant,
            object_pairs_hook=_known_names,
        )
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        what = error.msg[:1].lower() + error.msg[1:].removesuffix(" at").removesuffix(" starting")
        raise InvalidBody(kind.name, "$", f"is not valid JSON at {where}: {what}") from None
    try:
        return msgspec.convert(value, kind.payload)
    except msgspec.ValidationError as error:
        path, reason = _in_words(str(error))
        raise InvalidBody(kind.name, path, reason) from None


def _known_names(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Drop the names that are not ASCII: no model has one, and msgspec fails on half a surrogate pair."""
    return {name: value for name, value in pairs if name.isascii()}


def _in_words(message: str) -> tuple[str, str]:
    """Return path and reason for a message of msgspec such as "Expected `str`, got `int` - at `$.interviewId`"."""
    if missing := _MISSING_FIELD.match(message):
        return f"{missing['path'] or '$'}.{missing['field']}", "is missing, and it is mandatory"
    if shape := _SHAPE_ERROR.match(message):
        expected, found = _KINDS[shape["expected"]], _KINDS[shape["found"]]
        return shape["path"] or "$", f"must be {expected}, not {found}"
    return "$", "does not have the shape that the catalogue knows"


def _string(payload: msgspec.Struct, field: str | None) -> str | None:
    value = getattr(payload, field) if field else None
    if not isinstance(value, str):
        return None
    if value.isascii():
        return value
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
