"""Marks such as ✓ and –, and what stands for them where the output's encoding lacks them."""

import codecs
import json
import locale
import os

STAND_INS = str.maketrans(
    "✓✗○»–─│┌┐└┘▌•…▼▲←→↑↓▄▀█▁▂▃▅▆▇" + "".join(map(chr, range(0x2400, 0x2422))) + "�",
    "+xo>--|++++|*~v^<>^v###_.-=%@" + "^" * 0x22 + "#",
)
"""One ASCII character for each mark, as wide as the mark: `str.translate` takes it. The pictures of control characters are
marks as well."""

ENCODE_ERRORS = "hookkeeper-marks"
"""The name of the error handler below, for `open` and `io.TextIOWrapper`."""


def speaks_utf8() -> bool:
    """Whether the locale says so, or its name does where it is not installed."""
    name = next(filter(None, map(os.environ.get, ("LC_ALL", "LC_CTYPE", "LANG"))), "")
    return any(map(is_utf8, (name.partition(".")[2], locale.nl_langinfo(locale.CODESET))))


def is_utf8(encoding: str) -> bool:
    """Whether this is a name of UTF-8."""
    return encoding.lower().replace("-", "").replace("_", "") == "utf8"


def output_encoding(encoding: str) -> str:
    """What to encode with where Python would take `encoding`.

    Python takes UTF-8 in the locale C (PEP 540), whose terminals need not understand it. What somebody asked Python for
    counts.
    """
    asked = os.environ.get("PYTHONIOENCODING") or os.environ.get("PYTHONUTF8")
    return encoding if asked or not is_utf8(encoding) or speaks_utf8() else "ascii"


def _stand_in(error: UnicodeError) -> tuple[str, int]:
    """A mark becomes its stand-in, any other character the escape that JSON has for it, so that none is lost."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end].translate(STAND_INS)
    return json.dumps(lacking)[1:-1] if not lacking.isascii() else lacking, error.end


codecs.register_error(ENCODE_ERRORS, _stand_in)
