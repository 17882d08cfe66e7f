"""Accepting the body of an event: what is let in is delivered byte for byte, so it is never rewritten.

The fast path is msgspec's decoder. It refuses things that JSON (RFC 8259) allows: half a surrogate pair such
as "\\ud800", numbers that no float holds, and a field of the wrong type that a later duplicate corrects. So
what it refuses is read once more by the standard library, which decides and finds the words. And it lets
one thing pass that JSON forbids: it does not decode the strings of unknown fields, so UTF-8 is checked first.
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
"""Bytes of one body."""
MAX_NESTING = 64
"""Levels of objects and arrays; the body itself is the first."""

_WHITE_SPACE = b" \t\n\r"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
# Takes an unclosed string as well, so that no input makes it try twice.
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
    """A body that is not accepted. The text names type and path, never a value: bodies hold personal data."""

    def __init__(self, type_name: str, path: str, reason: str) -> None:
        subject = "it" if path == "$" else path
        super().__init__(f"The {type_name} body was refused: {subject} {reason}.")
        self.type_name = type_name
        self.path = path
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Body:
    """An accepted body: its bytes as given, and what the catalogue reads from it."""

    raw: bytes
    """The JSON object, byte for byte; only white space before and after it is dropped."""
    session: str | None
    """The value of the type's `key_field`, if it is a string."""
    status: str | None
    external_id: str | None


def accept(type_name: str, data: bytes, *, limit: int = DEFAULT_LIMIT) -> Body:
    """Check a body against RFC 8259 and its type's payload model; `limit` is in bytes.

    Null passes for any field that is not mandatory, and so does any value of a status; of duplicate keys the
    last counts. A session event must not say that it is another one. In `session`, `status` and `external_id` U+FFFD stands for half a surrogate pair, which no
    database takes. Raises InvalidBody, or UnknownType for the name.
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
    """The body as text, its size, encoding and nesting being right."""
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
    # Nesting cannot be deeper than there are brackets, and counting those costs next to nothing.
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
    """Read what msgspec's decoder refused. Raises InvalidBody where it was right."""

    def refuse_constant(name: str) -> NoReturn:
        raise InvalidBody(kind.name, "$", f"holds {name}, which is not JSON")

    try:
        value = json.loads(
            text,
            parse_int=float,  # an int of more than 4,300 digits is an error in Python, a float is not
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
    """An object without names that no model has: msgspec cannot take one with half a surrogate pair in it."""
    return {name: value for name, value in pairs if name.isascii()}


def _in_words(message: str) -> tuple[str, str]:
    """Path and reason from msgspec's "Expected `str`, got `int` - at `$.interviewId`"."""
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
