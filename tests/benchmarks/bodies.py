"""The bodies of the events that are sent, 1 kB of JSON each."""

SIZE = 1000
TYPE = "session-failed"


def body_of(number: str) -> bytes:
    """Return a body of `SIZE` bytes that contains this number."""
    begin, end = b'{"interviewId":"%b","text":"' % number.encode(), b'"}'
    return begin + b"x" * (SIZE - len(begin) - len(end)) + end
