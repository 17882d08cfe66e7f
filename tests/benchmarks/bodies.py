"""The events that are sent: 1 kB of JSON each."""

SIZE = 1000
TYPE = "session-failed"


def body_of(number: str) -> bytes:
    """A body of `SIZE` bytes with a number of its own."""
    begin, end = b'{"interviewId":"%b","text":"' % number.encode(), b'"}'
    return begin + b"x" * (SIZE - len(begin) - len(end)) + end
