"""Reads the JSON object in the body of an answer, tolerating malformed JSON and surrounding text."""

import json
import re
import zlib

MOST_BYTES = 64 * 1024
"""Bytes of a body that are read, both before and after decompression."""

_MOST_CODINGS = 4
_MOST_BRACES = 20
"""Opening braces in a text that are tried as the beginning of the object."""
_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS
_RAW_DEFLATE = -zlib.MAX_WBITS
_READ_CODINGS = ("", "identity", "gzip", "x-gzip", "deflate")

# Numbers are read as floats, since their length is unlimited then. Control characters are allowed in strings.
_DECODER = json.JSONDecoder(strict=False, parse_int=float)
_PART = re.compile(r'"(?:[^"\\]|\\.)*+"|[^\s"{}\[\]:,]++|[,:](?=\s*[,}\]])', re.DOTALL)
_ESCAPE = re.compile(r'\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4})?+')
_PAGE = re.compile(r"<(?:!doctype|html)\b", re.IGNORECASE)


class Unreadable(ValueError):
    """There is no JSON object. The message is a predicate for the body, such as "is empty"."""


def json_object(body: bytes, content_encoding: str = "") -> dict[str, object]:
    """Return the first JSON object in a body, ignoring text before and after it. Numbers are floats.

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
    """Return the body decompressed, even if it was compressed several times.

    Compression is detected from the first bytes, since no JSON text begins like gzip or zlib. Some servers leave out
    the zlib header; that cannot be detected, so it is tried.
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
    """Decompress at most one byte more than the limit. Return None if the body was not compressed in this way."""
    inflated, is_whole = bytearray(), False
    decompressor = zlib.decompressobj(window)
    # Byte by byte, so that everything before a damaged byte is kept, such as all data before a wrong checksum.
    for start in range(len(body)):
        part = body[start : start + 1]
        try:
            while part and len(inflated) <= MOST_BYTES:
                inflated += decompressor.decompress(part, MOST_BYTES + 1 - len(inflated))
                is_whole, part = decompressor.eof, decompressor.unused_data
                if is_whole and part:  # gzip may have several members (RFC 1952, section 2.2)
                    decompressor = zlib.decompressobj(window)
        except zlib.error:
            break
    # Without any output, the first bytes only looked like compressed data by chance.
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
    """Return the object at the beginning of a text. Raises JSONDecodeError or RecursionError."""
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
    """Replace escapes, numbers, words and commas that are not valid JSON by valid JSON with the same meaning."""
    return _PART.sub(lambda found: _part(found[0]), text)


def _part(part: str) -> str:
    """Return valid JSON for a string, a word outside of strings, or a "," or ":" with nothing after it."""
    if part.startswith('"'):
        return _ESCAPE.sub(lambda escape: escape[0] if len(escape[0]) > 1 else "", part)
    if part in ",:":
        return "" if part == "," else ": null"
    try:
        return json.dumps(float(part))
    except ValueError:
        return part if part in ("true", "false", "null") else "null"
