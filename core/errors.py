"""The root of every error that Hookkeeper words for people."""


class HookkeeperError(Exception):
    """Something a person can act on: `str(error)` is one or two plain sentences without secrets."""
