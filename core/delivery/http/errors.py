"""The errors for a request without an answer that Python has no exception for."""

import socket


class NameNotResolved(socket.gaierror):
    """No address was found for a name. `words` says why."""

    def __init__(self, words: str) -> None:
        self.words = words
        super().__init__(socket.EAI_NONAME, words)


class ClosedWithoutAnswer(ConnectionError):
    """The connection ended before the head of an answer was complete."""


class StaleConnection(ClosedWithoutAnswer):
    """A reused connection ended before any byte of an answer. The client sends the request again over a new one."""


class HeadTooLarge(Exception):
    """The head of an answer exceeds a size limit."""


class NotHttp(Exception):
    """The received data is not an HTTP/1 answer. The text says what is wrong, without quoting the data."""
