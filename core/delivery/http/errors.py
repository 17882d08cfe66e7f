"""Why a request got no answer, where no exception of Python says so. The address guard has its own."""

import socket


class NameNotResolved(socket.gaierror):
    """No address is found for a name; `words` say why."""

    def __init__(self, words: str) -> None:
        self.words = words
        super().__init__(socket.EAI_NONAME, words)


class ClosedWithoutAnswer(ConnectionError):
    """The connection ended before the head of an answer was complete."""


class StaleConnection(ClosedWithoutAnswer):
    """A kept connection ended before any byte of an answer: the request goes out again over a new one."""


class HeadTooLarge(Exception):
    """The head of an answer has more than is read."""


class NotHttp(Exception):
    """What came back is no answer of HTTP/1; the text says what is wrong with it, without repeating what was received."""
