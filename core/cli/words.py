"""Messages on stderr: sentences for people, or JSON objects for programs with --json.

With --json, a command that fails writes one object, `{"error", "field", "hint"}`, and nothing else. A command that
succeeds writes an object `{"note"}` for each message, usually none.
"""

import json
import re
import sys
from collections.abc import Sequence
from typing import NamedTuple

from core.errors import HookkeeperError
from core.text import sanitize

INTERRUPTED = 130
"""The exit status after ctrl+c, as shells have it."""


class Failure(NamedTuple):
    """Why a command did not do what it was asked to.

    `field` is the option, argument or setting that is wrong, by the name that it has in JSON; `hint` is what to do.
    """

    error: str
    field: str | None = None
    hint: str | None = None


# The first of several sentences. Marks inside quotation marks do not end a sentence.
_FIRST_SENTENCE = re.compile(r'((?:"[^"\n]*"|[^"\n])*?[.?!]) ((?:[A-Z]|`?hookkeeper ).*)')
_OPTION = re.compile(r"--([a-z][a-z-]*)\b")


def failure_of(error: HookkeeperError) -> Failure:
    """Split an error into its parts: our errors say what happened, and in the next sentence what to do."""
    words = str(error)
    field: str | None = getattr(error, "field", None)
    if field is None and (option := _OPTION.match(words)):
        field = option[1].replace("-", "_")
    if sentences := _FIRST_SENTENCE.fullmatch(words):
        return Failure(sentences[1], field, sentences[2])
    return Failure(words, field)


_as_json = False
_notes: list[str] = []
_failure: Failure | None = None


def begin(typed: Sequence[str]) -> None:
    """Reset the messages before a command runs, and note whether the arguments ask for JSON."""
    global _as_json, _failure
    words = typed[: typed.index("--")] if "--" in typed else typed
    _as_json = "--json" in words
    _failure = None
    _notes.clear()


def say(words: str) -> None:
    """Print a message for a person; with --json, keep it until `end`."""
    if _as_json:
        _notes.append(words)
    else:
        print(sanitize(words), file=sys.stderr)


def fail(failure: Failure, words: str) -> None:
    """Report why nothing, or not everything, was done; `words` are for a person."""
    global _failure
    if _as_json:
        _failure = failure
    else:
        print(sanitize(words), file=sys.stderr)


def end(status: int) -> None:
    """Write the JSON messages of a command that has ended with this exit status."""
    if not _as_json:
        return
    if status in (0, INTERRUPTED):
        objects: list[dict[str, object]] = [{"note": note} for note in _notes]
    else:
        failure = _failure or Failure(
            " ".join(_notes) or "Not all is well: the data on stdout says what is not."
        )
        objects = [failure._asdict()]
    print("".join(f"{json.dumps(each)}\n" for each in objects), end="", file=sys.stderr)
