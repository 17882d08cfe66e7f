"""Marks such as ✓ and –, and their ASCII replacements for encodings that lack them."""

import codecs
import json
import locale
import os

STAND_INS = str.maketrans(
    "✓✗○»–─│┌┐└┘▌•…▼▲←→↑↓▄▀█▁▂▃▅▆▇" + "".join(map(chr, range(0x2400, 0x2422))) + "�",
    "+xo>--|++++|*~v^<>^v###_.-=%@" + "^" * 0x22 + "#",
)
"""A table for `str.translate`: one ASCII character of the same width for each mark.

The symbols for control characters are marks, too.
"""

ENCODE_ERRORS = "hookkeeper-marks"
"""The name of the error handler below, for `open` and `io.TextIOWrapper`."""


def speaks_utf8() -> bool:
    """Whether the locale uses UTF-8, by its codeset or by its name if it is not installed."""
    name = next(filter(None, map(os.environ.get, ("LC_ALL", "LC_CTYPE", "LANG"))), "")
    return any(map(is_utf8, (name.partition(".")[2], locale.nl_langinfo(locale.CODESET))))


def is_utf8(encoding: str) -> bool:
    """Whether this is a name of UTF-8."""
    return encoding.lower().replace("-", "").replace("_", "") == "utf8"


def output_encoding(encoding: str) -> str:
    """Return the encoding to use for output where Python would use `encoding`.

    In the locale C, Python uses UTF-8 (PEP 540), which the terminal may not support: this returns ASCII then. An
    encoding that the user has set with Python's environment variables is kept.
    """
    asked = os.environ.get("PYTHONIOENCODING") or os.environ.get("PYTHONUTF8")
    return encoding if asked or not is_utf8(encoding) or speaks_utf8() else "ascii"


def _stand_in(error: UnicodeError) -> tuple[str, int]:
    """Replace a mark by its ASCII character and any other character by its JSON escape, so that none is lost."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end].translate(STAND_INS)
    return json.dumps(lacking)[1:-1] if not lacking.isascii() else lacking, error.end


codecs.register_error(ENCODE_ERRORS, _stand_in)
