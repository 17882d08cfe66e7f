"""Valid, odd and hostile answers byte for byte, with the outcome and message of each.

Once a final status line and headers are complete, they alone decide.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.delivery.http import ClosedWithoutAnswer, HeadTooLarge, Http, NotHttp, Reply
from core.delivery.http.answer_reader import AnswerReader
from core.delivery.http.head import after_interim, read_head
from core.models import AcceptedAnswer, Outcome
from tests.support.attempts import BODY, attempt_at

OK = b"HTTP/1.1 200 OK\r\n"
LENGTH = b"Content-Length: 2\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
MORE = "answered 200 OK; more came after its end, such as a body after a 204"
BOTH = "answered 200 OK; the answer has both Content-Length and Transfer-Encoding"
CLOSED = "{peer} closed the connection before it answered"


def _ok(words: str = "answered 200 OK") -> tuple[Outcome, str]:
    return Outcome.OK, words


def _status(words: str) -> tuple[Outcome, str]:
    return Outcome.HTTP_STATUS, words


def _not_http(words: str) -> tuple[Outcome, str]:
    return Outcome.CONNECTION, f"no valid HTTP answer from 127.0.0.1: {words}"


NO_STATUS_LINE = _not_http("bad status line: Expected HTTP/, RTSP/ or ICE/")
TOO_LARGE = (Outcome.ANSWER_TOO_LARGE, "the answer's headers are too large")

ANSWERS: dict[str, tuple[bytes, tuple[Outcome, str]]] = {
    # As they should be.
    "length": (OK + LENGTH + b"\r\nok", _ok()),
    "chunks": (OK + CHUNKED + b"\r\n2\r\nok\r\n0\r\n\r\n", _ok()),
    "chunks with extensions and trailers": (
        OK + CHUNKED + b"\r\n2;a=b\r\nok\r\n0\r\nX: y\r\n\r\n",
        _ok(),
    ),
    "until the connection ends": (OK + b"\r\nok", _ok()),
    "HTTP/1.0": (b"HTTP/1.0 200 OK\r\n" + LENGTH + b"\r\nok", _ok()),
    "204": (b"HTTP/1.1 204 No Content\r\n\r\n", _ok("answered 204 No Content")),
    "204 with a length of 0": (
        b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n",
        _ok("answered 204 No Content"),
    ),
    "304 with the length of what it leaves out": (
        b"HTTP/1.1 304 Not Modified\r\n" + LENGTH + b"\r\n",
        _status("answered 304 Not Modified"),
    ),
    "no reason phrase": (b"HTTP/1.1 200\r\n" + LENGTH + b"\r\nok", _ok()),
    "a reason phrase that is no text": (b"HTTP/1.1 200 \xff\xfe\r\n" + LENGTH + b"\r\nok", _ok()),
    "100 first": (b"HTTP/1.1 100 Continue\r\n\r\n" + OK + LENGTH + b"\r\nok", _ok()),
    "103 twice first": (
        b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" * 2 + OK + LENGTH + b"\r\nok",
        _ok(),
    ),
    "413": (
        b"HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
        _status("answered 413 Request Entity Too Large"),
    ),
    "empty lines first": (b"\r\n\r\n" + OK + LENGTH + b"\r\nok", _ok()),
    "a status nobody knows": (
        b"HTTP/1.1 799 What\r\nContent-Length: 0\r\n\r\n",
        _status("answered 799"),
    ),
    "lines that end with LF": (b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok", _ok()),
    "spaces around a length": (OK + b"Content-Length:   2  \r\n\r\nok", _ok()),
    "a transfer coding before chunked": (
        OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        _ok(),
    ),
    "a transfer coding of its own": (OK + b"Transfer-Encoding: gzip\r\n\r\nok", _ok()),
    "space after the size of a chunk": (OK + CHUNKED + b"\r\n2 \r\nok\r\n0\r\n\r\n", _ok()),
    "101": (
        b"HTTP/1.1 101 X\r\nUpgrade: w\r\nConnection: upgrade\r\n\r\n\x01\x02",
        _status("answered 101 Switching Protocols"),
    ),
    "101 without upgrade": (
        b"HTTP/1.1 101 X\r\n\r\n\x01\x02",
        _status("answered 101 Switching Protocols"),
    ),
    # A body that the head forbids, or more than it announces.
    "more than its length": (OK + LENGTH + b"\r\nokMORE", _ok(MORE)),
    "more than its length, then closed": (
        OK + b"Connection: close\r\n" + LENGTH + b"\r\nokMORE",
        _ok(MORE),
    ),
    "more after the last chunk": (OK + CHUNKED + b"\r\n2\r\nok\r\n0\r\n\r\nMORE", _ok(MORE)),
    "another answer": (OK + LENGTH + b"\r\nok" + b"HTTP/1.1 500 No\r\n" + LENGTH + b"\r\nno", _ok(MORE)),
    "a body after a 204": (
        b"HTTP/1.1 204 No Content\r\n\r\n{}",
        _ok("answered 204 No Content; more came after its end, such as a body after a 204"),
    ),
    "a body after a 204 with its length": (
        b"HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\n{}",
        _ok("answered 204 No Content; more came after its end, such as a body after a 204"),
    ),
    "chunks after a 204": (
        b"HTTP/1.1 204 No Content\r\n" + CHUNKED + b"\r\n2\r\nok\r\n0\r\n\r\n",
        _ok("answered 204 No Content; more came after its end, such as a body after a 204"),
    ),
    "a body after a 304": (
        b"HTTP/1.1 304 Not Modified\r\n\r\n{}",
        _status("answered 304 Not Modified; more came after its end, such as a body after a 204"),
    ),
    "rubbish after a 500": (
        b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n\x00\xff",
        _status("answered 500 Internal Server Error; more came after its end, such as a body after a 204"),
    ),
    # Framing that contradicts itself.
    "Content-Length and Transfer-Encoding": (OK + LENGTH + CHUNKED + b"\r\nok", _ok(BOTH)),
    "Transfer-Encoding and Content-Length": (
        OK + CHUNKED + LENGTH + b"\r\n2\r\nok\r\n0\r\n\r\n",
        _ok(BOTH),
    ),
    "the same Content-Length twice": (
        OK + LENGTH * 2 + b"\r\nok",
        _ok("answered 200 OK; duplicate Content-Length"),
    ),
    "two Content-Lengths": (
        OK + LENGTH + b"Content-Length: 3\r\n\r\nok",
        _ok("answered 200 OK; duplicate Content-Length"),
    ),
    "two Content-Lengths in one line": (
        OK + b"Content-Length: 2, 2\r\n\r\nok",
        _ok("answered 200 OK; invalid character in Content-Length"),
    ),
    "a negative Content-Length": (
        OK + b"Content-Length: -1\r\n\r\nok",
        _ok("answered 200 OK; invalid character in Content-Length"),
    ),
    "a Content-Length of 24 digits": (
        OK + b"Content-Length: " + b"9" * 24 + b"\r\n\r\nok",
        _ok("answered 200 OK; Content-Length overflow"),
    ),
    "an empty Content-Length": (
        OK + b"Content-Length: \r\n\r\nok",
        _ok("answered 200 OK; empty Content-Length"),
    ),
    "a failure with a Content-Length twice": (
        b"HTTP/1.1 503 Busy\r\n" + LENGTH * 2 + b"\r\nno",
        _status("answered 503 Service Unavailable; duplicate Content-Length"),
    ),
    "100 first, then a Content-Length twice": (
        b"HTTP/1.1 100 Continue\r\n\r\n" + OK + LENGTH * 2 + b"\r\nok",
        _ok("answered 200 OK; duplicate Content-Length"),
    ),
    # Bodies that break the rules.
    "a chunk's size that is none": (
        OK + CHUNKED + b"\r\nzz\r\nok",
        _ok("answered 200 OK; invalid character in chunk size (body cut)"),
    ),
    "a chunk's size of 20 digits": (
        OK + CHUNKED + b"\r\nffffffffffffffffffff\r\nok",
        _ok("answered 200 OK; chunk size overflow (body cut)"),
    ),
    "a negative chunk": (
        OK + CHUNKED + b"\r\n-2\r\nok",
        _ok("answered 200 OK; invalid character in chunk size (body cut)"),
    ),
    "a chunk longer than its size": (
        OK + CHUNKED + b"\r\n2\r\nokMORE\r\n0\r\n\r\n",
        _ok("answered 200 OK; expected LF after chunk data (body cut)"),
    ),
    "no chunks at all": (
        OK + CHUNKED + b"\r\n<html>",
        _ok("answered 200 OK; invalid character in chunk size (body cut)"),
    ),
    "no last chunk": (OK + CHUNKED + b"\r\n2\r\nok\r\n", _ok("answered 200 OK (body cut)")),
    "less than its length": (OK + b"Content-Length: 9\r\n\r\nok", _ok("answered 200 OK (body cut)")),
    "a trailer that is none": (
        OK + CHUNKED + b"\r\n2\r\nok\r\n0\r\nno trailer\r\n\r\n",
        _ok("answered 200 OK; invalid header token (body cut)"),
    ),
    # Heads that break the rules, with a status line that does not.
    "NUL in a header": (OK + b"X: a\0b\r\n\r\n", _ok("answered 200 OK; invalid header value char")),
    "a line without a colon": (OK + b"no header\r\n\r\n", _ok("answered 200 OK; invalid header token")),
    "a header without a name": (OK + b": a\r\n\r\n", _ok("answered 200 OK; invalid header token")),
    "space before the colon": (
        OK + b"Content-Length : 2\r\n\r\nok",
        _ok("answered 200 OK; invalid header field char"),
    ),
    "a folded header": (
        OK + b"X: a\r\n b\r\n\r\nok",
        _ok("answered 200 OK; unexpected whitespace after header value"),
    ),
    "two spaces before the status": (
        b"HTTP/1.1  200 OK\r\n\r\nok",
        _ok("answered 200 OK; invalid status code"),
    ),
    "a version without a dot": (b"HTTP/2 200 OK\r\n\r\nok", _ok("answered 200 OK; expected dot")),
    # No answer.
    "nothing": (b"", (Outcome.CONNECTION, CLOSED)),
    "a status line alone": (OK, (Outcome.CONNECTION, CLOSED)),
    "the end within a header": (OK + b"X: y", (Outcome.CONNECTION, CLOSED)),
    "100 alone": (b"HTTP/1.1 100 Continue\r\n\r\n", (Outcome.CONNECTION, CLOSED)),
    "a header refused, then the end": (OK + LENGTH * 2, _not_http("duplicate Content-Length")),
    "HTML": (b"<html></html>\r\n\r\n", NO_STATUS_LINE),
    "SSH": (b"SSH-2.0-OpenSSH_9.6\r\n", NO_STATUS_LINE),
    "RTSP": (
        b"RTSP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
        _not_http("bad status line: Invalid response status"),
    ),
    "lower case": (b"http/1.1 200 OK\r\n\r\n", NO_STATUS_LINE),
    "a byte order mark": (b"\xef\xbb\xbf" + OK + b"\r\n", NO_STATUS_LINE),
    "a status of two digits": (b"HTTP/1.1 20 OK\r\n\r\n", _not_http("bad status line: Invalid status code")),
    "a status of four digits": (
        b"HTTP/1.1 2000 OK\r\n\r\n",
        _not_http("bad status line: Invalid response status"),
    ),
    "a status below 100": (
        b"HTTP/1.1 099 OK\r\n\r\n",
        _not_http("bad status line: Invalid response status"),
    ),
    "129 headers": (OK + b"X: y\r\n" * 129 + b"\r\n", TOO_LARGE),
    "a header of 9 KiB": (OK + b"X: " + b"y" * 9 * 1024 + b"\r\n\r\n", TOO_LARGE),
}


class Server:
    """Answers each request with the next of `answers`, in its parts, and closes the connection after the last."""

    def __init__(self, *answers: list[bytes], reset: bool = False) -> None:
        self.answers = list(answers)
        self.reset = reset
        self.requests = 0
        self.connections = 0
        self.port = 0
        self.may_go_on = asyncio.Event()
        self.may_go_on.set()

    @asynccontextmanager
    async def listening(self) -> AsyncIterator["Server"]:
        """Listen on a free port of loopback."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            self.may_go_on.set()
            server.close()

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}/"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while self.answers:
                await reader.readuntil(BODY)
                self.requests += 1
                first, *later = self.answers.pop(0)
                writer.write(first)
                await writer.drain()
                for part in later:
                    await self.may_go_on.wait()
                    writer.write(part)
                    await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        if self.reset:
            writer.transport.abort()
        writer.close()


@pytest.mark.parametrize("name", ANSWERS)
async def test_each(http: Http, name: str) -> None:
    """The answer comes in one segment, then the connection ends. The receiver gets one request."""
    raw, (outcome, words) = ANSWERS[name]
    async with Server([raw]).listening() as server:
        result = await attempt_at(http, server.url)
    assert (result.outcome, result.reason) == (outcome, words.format(peer=f"127.0.0.1:{server.port}"))
    assert server.requests == 1


@pytest.mark.parametrize("name", [name for name, (_, (_, words)) in ANSWERS.items() if ";" in words])
async def test_an_odd_answer_ends_its_connection(http: Http, name: str) -> None:
    """Otherwise later bytes on it would be taken for the next answer."""
    raw, (outcome, _) = ANSWERS[name]
    async with Server([raw], [OK + LENGTH + b"\r\nok"]).listening() as server:
        assert (await attempt_at(http, server.url)).outcome is outcome
        assert (await attempt_at(http, server.url)).outcome is Outcome.OK
    assert (server.requests, server.connections) == (2, 2)


@pytest.mark.parametrize(
    ("head", "body"),
    [
        (LENGTH * 2, b"ok"),
        (b"Content-Length: 2, 2\r\n", b"ok"),
        (LENGTH + CHUNKED, b"2\r\nok\r\n0\r\n\r\n"),
        (CHUNKED + LENGTH, b"1\r\no\r\n1\r\nk\r\n0\r\n\r\n"),
    ],
)
async def test_the_body_after_an_odd_head(http: Http, head: bytes, body: bytes) -> None:
    """Where the headers agree on its end, all of it is kept, though it comes in later segments."""
    async with Server([OK + head, b"\r\n" + body[:1], body[1:]]).listening() as server:
        result = await attempt_at(http, server.url)
    assert (result.outcome, result.response_body, result.response_body_cut) == (Outcome.OK, b"ok", False)


async def test_a_reset_after_the_head(http: Http) -> None:
    """A 2xx head, then a TCP reset before the body ends: ok, "body cut"."""
    async with Server([OK + b"Content-Length: 9\r\n\r\nok"], reset=True).listening() as server:
        result = await attempt_at(http, server.url)
    assert (result.outcome, result.reason) == (Outcome.OK, "answered 200 OK (body cut)")
    assert server.requests == 1


@pytest.mark.parametrize("late", [b"MORE", b"\x00" * 5_000, b"\r\nHT", b"MOREHTTP"])
async def test_what_comes_late_is_not_the_next_answer(http: Http, late: bytes) -> None:
    """`okMORE` in two segments, the second while the next request is waiting: both are ok, each is asked once."""
    answer = OK + LENGTH + b"\r\nok"
    async with Server([answer], [late, answer], [answer]).listening() as server:
        results = [await attempt_at(http, server.url) for _ in range(3)]
    assert [(result.outcome, result.reason) for result in results] == [(Outcome.OK, "answered 200 OK")] * 3
    assert server.requests == 3
    assert server.connections == 2


async def test_what_comes_between_two_requests_ends_the_connection(http: Http) -> None:
    """The second segment comes while nobody waits for an answer."""
    answer = OK + LENGTH + b"\r\nok"
    server = Server([answer, b"MORE"], [answer])
    server.may_go_on.clear()
    async with server.listening():
        assert (await attempt_at(http, server.url)).outcome is Outcome.OK
        server.may_go_on.set()
        assert (await attempt_at(http, server.url)).outcome is Outcome.OK
    assert server.requests == 2


async def test_a_kept_connection_that_dies_before_any_byte(http: Http) -> None:
    """The request is repeated once over a new connection, within the same attempt, but not a third time."""
    answer = OK + LENGTH + b"\r\nok"
    async with Server([answer], [b""]).listening() as server:
        assert (await attempt_at(http, server.url)).outcome is Outcome.OK
        result = await attempt_at(http, server.url)
    assert result.reason == f"127.0.0.1:{server.port} closed the connection before it answered"
    assert server.connections == 2


def _read(parts: list[bytes], *, most_body: int = 16 * 1024) -> tuple[int | None, str]:
    """Parse an answer that comes in these parts, then ends. Return its status, and the error if there is none."""
    reader, reply = AnswerReader(), Reply(most_body)
    reader.begin(reply)
    try:
        if not any(reader.feed(part) for part in parts if part):
            reader.end(clean=True)
    except (NotHttp, HeadTooLarge, ClosedWithoutAnswer) as error:
        return reply.status, type(error).__name__
    return reply.status, ""


def _cut(raw: bytes, places: list[int]) -> list[bytes]:
    ends = sorted({place % (len(raw) + 1) for place in places} | {len(raw)})
    return [raw[begin:end] for begin, end in zip([0, *ends], ends, strict=False)]


@given(st.sampled_from(sorted(ANSWERS)), st.lists(st.integers(min_value=0), max_size=5))
def test_segments_make_no_difference(name: str, places: list[int]) -> None:
    """The result is the same wherever an answer is split into segments."""
    raw, _ = ANSWERS[name]
    assert _read(_cut(raw, places)) == _read([raw])


def test_an_odd_interim_head_in_a_segment_of_its_own() -> None:
    """An invalid 103 does not end the wait for the final answer, which may begin at any byte of a segment."""
    early = b"HTTP/1.1 103 Early Hints\r\nLink: a\r\n b\r\n\r\n"
    for sent in (0, 1, 5, 9, len(OK)):
        assert _read([early + OK[:sent], OK[sent:] + LENGTH + b"\r\nok"]) == (200, "")


async def test_a_folded_content_type(http: Http) -> None:
    """A header that goes on in a second line counts in full."""
    raw = (
        b"HTTP/1.1 200 OK\r\nContent-Type:\r\n application/json;\r\n\tcharset=utf-8\r\n" + LENGTH + b"\r\n{}"
    )
    async with Server([raw]).listening() as server:
        result = await attempt_at(http, server.url, accepted_answer=AcceptedAnswer.INCODE)
    assert result.outcome is Outcome.OK
    assert result.response_headers[0] == ("Content-Type", "application/json; charset=utf-8")


HEADS = [raw[: raw.index(b"\r\n\r\n") + 4] for raw, (outcome, _) in ANSWERS.values() if outcome is Outcome.OK
         and b"\r\n\r\n" in raw.lstrip() and b" 10" not in raw and not raw.startswith(b"\r\n")]  # fmt: skip


@given(st.sampled_from(HEADS), st.binary(max_size=200), st.lists(st.integers(min_value=0), max_size=3))
def test_nothing_after_a_head_undoes_it(head: bytes, rest: bytes, places: list[int]) -> None:
    """This holds for any following bytes in any segments."""
    status, trouble = _read(_cut(head + rest, places))
    assert (status, trouble) == (204 if b" 204 " in head else 200, "")


@given(st.lists(st.binary(max_size=60) | st.sampled_from([OK, LENGTH, CHUNKED, b"\r\n", b": "]), max_size=12))
def test_any_bytes_are_an_answer_or_none(parts: list[bytes]) -> None:
    """No other error is raised, and an answer without a status does not count."""
    status, trouble = _read(parts)
    assert (status is None) == bool(trouble)
    assert status is None or 100 <= status <= 999


def test_a_head_that_the_parser_refuses() -> None:
    """Interim heads before it are passed over, a value may hold colons, and what follows is the rest."""
    early = b"HTTP/1.1 103 Early Hints\r\n\r\n"
    head = read_head(early * 2 + OK + LENGTH * 2 + b"Location: http://a.example:80/\r\n\r\nok")
    assert head is not None
    assert (head.status, head.rest) == (200, b"ok")
    assert head.headers[2] == (b"Location", b"http://a.example:80/")
    assert after_interim(early * 3 + b"HTTP/1.1 20") == b"HTTP/1.1 20"
