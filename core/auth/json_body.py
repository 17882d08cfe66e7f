"""Reads the JSON object in the body of an answer, however odd what surrounds its fields is."""

import json
import re
import zlib

MOST_BYTES = 64 * 1024
"""Of a body, before and after its content coding is undone; what comes later is not read."""

_MOST_CODINGS = 4
_MOST_BRACES = 20
"""So many braces in a text may be the beginning of the object."""
_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS
_RAW_DEFLATE = -zlib.MAX_WBITS
_READ_CODINGS = ("", "identity", "gzip", "x-gzip", "deflate")

# As floats, numbers of any length can be read; control characters may stand in strings.
_DECODER = json.JSONDecoder(strict=False, parse_int=float)
_PART = re.compile(r'"(?:[^"\\]|\\.)*+"|[^\s"{}\[\]:,]++|[,:](?=\s*[,}\]])', re.DOTALL)
_ESCAPE = re.compile(r'\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4})?+')
_PAGE = re.compile(r"<(?:!doctype|html)\b", re.IGNORECASE)


class Unreadable(ValueError):
    """There is no JSON object. The words say what the body is or has instead: "is empty"."""


def json_object(body: bytes, content_encoding: str = "") -> dict[str, object]:
    """The first JSON object in a body; text before and after it is passed over. Numbers are floats.

    Reads gzip and deflate, whether or not Content-Encoding names them, and UTF-8, UTF-16 and UTF-32. Raises
    Unreadable.
    """
    codings = [coding.strip() for coding in content_encoding.lower().split(",")]
    plain = _decoded(body[:MOST_BYTES], codings)
    text = _text(plain[:MOST_BYTES])
    if _PAGE.match(text):
        raise Unreadable("is an HTML page")
    try:
        return _first_object(text)
    except Unreadable as reason:
        if max(len(body), len(plain)) > MOST_BYTES:
            raise Unreadable("is larger than 64 KiB") from None
        unknown = next((coding for coding in codings if coding not in _READ_CODINGS), "")
        if re.fullmatch(r"[a-z0-9-]{1,20}", unknown):
            raise Unreadable(f"has the content coding {unknown}, which is not read here") from None
        raise reason from None


def _decoded(body: bytes, codings: list[str]) -> bytes:
    """The body as it was before it was compressed, once or several times.

    What it begins with says whether it was: no JSON text begins like gzip or zlib. Some servers leave out the
    header of zlib, which can only be tried.
    """
    for _ in range(_MOST_CODINGS):
        inflated = _inflated(body, _GZIP_OR_ZLIB)
        if inflated is None:
            break
        body = inflated
    if "deflate" in codings and not body.lstrip().startswith(b"{"):
        return _inflated(body, _RAW_DEFLATE) or body
    return body


def _inflated(body: bytes, window: int) -> bytes | None:
    """At most one byte more than may be read; None if the body was not compressed like that."""
    inflated, is_whole = bytearray(), False
    decompressor = zlib.decompressobj(window)
    # Byte by byte, so that what came before a damaged one is kept, such as all before a wrong checksum at the end.
    for start in range(len(body)):
        part = body[start : start + 1]
        try:
            while part and len(inflated) <= MOST_BYTES:
                inflated += decompressor.decompress(part, MOST_BYTES + 1 - len(inflated))
                is_whole, part = decompressor.eof, decompressor.unused_data
                if is_whole and part:  # gzip may consist of several (RFC 1952, section 2.2)
                    decompressor = zlib.decompressobj(window)
        except zlib.error:
            break
    # A byte or two may be the beginning of anything.
    return bytes(inflated) if inflated or is_whole else None


def _text(body: bytes) -> str:
    return body.decode(json.detect_encoding(body), errors="replace").strip("\ufeff\0 \t\r\n")


def _first_object(text: str) -> dict[str, object]:
    if not text:
        raise Unreadable("is empty")
    if "{" not in text:
        raise Unreadable("is not a JSON object")
    reason: Unreadable | None = None
    begins = text.find("{")
    for _ in range(1 if text.startswith("{") else _MOST_BRACES):
        if begins < 0:
            break
        try:
            if fields := _object(text[begins:]):
                return fields
        except RecursionError:
            reason = reason or Unreadable("is nested too deeply")
        except json.JSONDecodeError as error:
            reason = reason or Unreadable(f"is not valid JSON at character {error.pos + 1}")
        begins = text.find("{", begins + 1)
    if text.startswith("{"):
        if reason is None:
            return {}
        raise reason
    raise Unreadable("is not a JSON object")


def _object(text: str) -> dict[str, object]:
    """The object that a text begins with. Raises JSONDecodeError or RecursionError."""
    try:
        value, _ = _DECODER.raw_decode(text)
    except json.JSONDecodeError as error:
        try:
            value, _ = _DECODER.raw_decode(_mended(text))
        except json.JSONDecodeError:
            raise error from None
    fields: dict[str, object] = value
    return fields


def _mended(text: str) -> str:
    """A text with escapes, numbers, words or commas that JSON does not have, as JSON that says the same."""
    return _PART.sub(lambda found: _part(found[0]), text)


def _part(part: str) -> str:
    """What JSON has for a string, for a word outside of strings, or for "," or ":" with nothing behind it."""
    if part.startswith('"'):
        return _ESCAPE.sub(lambda escape: escape[0] if len(escape[0]) > 1 else "", part)
    if part in ",:":
        return "" if part == "," else ": null"
    try:
        return json.dumps(float(part))
    except ValueError:
        return part if part in ("true", "false", "null") else "null"
