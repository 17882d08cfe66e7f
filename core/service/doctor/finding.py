"""The result of a check."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check in one or two sentences. If `wrong`, a person must act, and `words` say how."""

    check: str
    wrong: bool
    words: str


def well(check: str, words: str) -> Finding:
    return Finding(check, False, words)


def wrong(check: str, words: str) -> Finding:
    return Finding(check, True, words)
