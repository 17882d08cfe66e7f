"""What a file is that should have been text in UTF-8, told by its first bytes."""

import codecs
import re

from core.errors import HookkeeperError

ENOUGH = 10
"""Bytes that tell."""

_SAVE = "Save it as UTF-8."
_UNPACK = "Unpack it first."
# The mark of UTF-32 before that of UTF-16, which it begins with.
_BEGINNINGS = (
    (re.compile(re.escape(codecs.BOM_UTF32_LE) + b"|" + re.escape(codecs.BOM_UTF32_BE)), "UTF-32", _SAVE),
    (re.compile(re.escape(codecs.BOM_UTF16_LE) + b"|" + re.escape(codecs.BOM_UTF16_BE)), "UTF-16", _SAVE),
    # Without a mark: where the zeros stand if the text begins with ASCII (RFC 4627, section 3).
    (re.compile(rb"\0\0\0[^\0]|[^\0]\0\0\0", re.DOTALL), "UTF-32", _SAVE),
    (re.compile(rb"\0[^\0]|[^\0]\0", re.DOTALL), "UTF-16", _SAVE),
    (re.compile(rb"\x1f\x8b"), "compressed with gzip", _UNPACK),
    (re.compile(rb"BZh[1-9]1AY&SY"), "compressed with bzip2", _UNPACK),
    (re.compile(rb"\xfd7zXZ\0"), "compressed with xz", _UNPACK),
    (re.compile(rb"\x28\xb5\x2f\xfd"), "compressed with zstd", _UNPACK),
    (re.compile(rb"PK\x03\x04"), "a ZIP archive", _UNPACK),
)


class NotUtf8(HookkeeperError):
    """A file of another encoding, or a packed one."""


def require_utf8(begin: bytes, name: str) -> bytes:
    """These first bytes of a file without the byte order mark of UTF-8. Raises NotUtf8 for what is plainly something else.

    `name` is what the file is called in the sentence. What breaks the rules of UTF-8 later on is not looked for.
    """
    for beginning, what, then in _BEGINNINGS:
        if beginning.match(begin):
            raise NotUtf8(f"{name} is {what}. {then}")
    return begin.removeprefix(codecs.BOM_UTF8)
