"""What a check has found."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One sentence or two on one subject. `wrong`: somebody has to do something, and the words say what."""

    check: str
    wrong: bool
    words: str


def well(check: str, words: str) -> Finding:
    return Finding(check, False, words)


def wrong(check: str, words: str) -> Finding:
    return Finding(check, True, words)
