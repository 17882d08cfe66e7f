"""Recognizes files that are not UTF-8 text by their first bytes."""

import codecs
import re

from core.errors import HookkeeperError

ENOUGH = 10
"""The number of first bytes that are enough for this."""

_SAVE = "Save it as UTF-8."
_UNPACK = "Unpack it first."
# UTF-32 comes first, because its byte order mark begins with that of UTF-16.
_BEGINNINGS = (
    (re.compile(re.escape(codecs.BOM_UTF32_LE) + b"|" + re.escape(codecs.BOM_UTF32_BE)), "UTF-32", _SAVE),
    (re.compile(re.escape(codecs.BOM_UTF16_LE) + b"|" + re.escape(codecs.BOM_UTF16_BE)), "UTF-16", _SAVE),
    # Without a byte order mark: the positions of zeros if the text begins with ASCII (RFC 4627, section 3).
    (re.compile(rb"\0\0\0[^\0]|[^\0]\0\0\0", re.DOTALL), "UTF-32", _SAVE),
    (re.compile(rb"\0[^\0]|[^\0]\0", re.DOTALL), "UTF-16", _SAVE),
    (re.compile(rb"\x1f\x8b"), "compressed with gzip", _UNPACK),
    (re.compile(rb"BZh[1-9]1AY&SY"), "compressed with bzip2", _UNPACK),
    (re.compile(rb"\xfd7zXZ\0"), "compressed with xz", _UNPACK),
    (re.compile(rb"\x28\xb5\x2f\xfd"), "compressed with zstd", _UNPACK),
    (re.compile(rb"PK\x03\x04"), "a ZIP archive", _UNPACK),
)


class NotUtf8(HookkeeperError):
    """The file has another encoding, or is compressed."""


def require_utf8(begin: bytes, name: str) -> bytes:
    """Return the first bytes of a file without the UTF-8 byte order mark. Raises NotUtf8 if they are clearly not UTF-8.

    `name` is the name of the file in the error message. Invalid UTF-8 is not detected.
    """
    for beginning, what, then in _BEGINNINGS:
        if beginning.match(begin):
            raise NotUtf8(f"{name} is {what}. {then}")
    return begin.removeprefix(codecs.BOM_UTF8)
