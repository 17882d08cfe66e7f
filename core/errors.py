"""The base class of the errors whose messages are written for people."""


class HookkeeperError(Exception):
    """An error that a person can act on. `str(error)` is one or two plain sentences without secrets."""
