"""Reads HTTP/1 answers with llhttp. Once the head is complete, no later error makes the answer invalid."""

from time import monotonic

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from core.delivery.http.errors import (
    ClosedWithoutAnswer,
    HeadTooLarge,
    NotHttp,
    StaleConnection,
)
from core.delivery.http.head import SWITCHING_PROTOCOLS, after_interim, framing_of, is_interim, read_head
from core.delivery.http.reply import Headers, Reply

MOST_HEADERS = 128
MOST_HEADER_BYTES = 8 * 1024
_MOST_HEAD_BYTES = MOST_HEADERS * MOST_HEADER_BYTES
_FRAMING = 4
"""How many bytes after the head are read, framing included, as a multiple of the kept bytes of the body."""
_MOST_SURPLUS = 64 * 1024
_HTTP = b"HTTP/"
_MORE = "more came after its end, such as a body after a 204"
_TWO_LENGTHS = "the answer has both Content-Length and Transfer-Encoding"


class AnswerReader:
    """Reads the answers of one connection, one after the other. The `on_…` methods are llhttp's callbacks.

    `keeps` says whether the connection can be reused after a complete answer.
    """

    def __init__(self) -> None:
        self._parser = self._new_parser()
        self.begin(Reply(0))

    def _new_parser(self) -> HttpResponseParser:
        parser = HttpResponseParser(self)
        # As lenient as most clients. `read_head` handles other faults in a head.
        parser.set_dangerous_leniencies(
            lenient_optional_cr_before_lf=True, lenient_spaces_after_chunk_size=True
        )
        return parser

    def begin(self, reply: Reply) -> None:
        """Begin to read the next answer into `reply`."""
        self.keeps = False
        self._reply = reply
        self._headers: Headers = []
        self._received = b""
        self._surplus = b""
        self._unfinished = 0
        self._after_head = 0
        self._refusal = ""
        self._had_surplus = self._had_interim = self._is_too_large = False
        self._is_complete = self._has_enough = False

    def feed(self, data: bytes) -> bool:
        """Read received bytes, and return whether enough of the answer has arrived. Raises HeadTooLarge, NotHttp."""
        if self._reply.status is None:
            self._feed_head(data)
        else:
            self._parse(data)
            self._after_head += len(data)
            if self._after_head > _FRAMING * self._reply.most_body and not self._is_complete:
                self._reply.cut = self._has_enough = True
        return self._is_complete or self._has_enough

    def end(self, *, clean: bool) -> None:
        """Note that the connection has ended. `clean` says that it ended without an error.

        Raises StaleConnection, ClosedWithoutAnswer or NotHttp if there is no answer.
        """
        reply = self._reply
        if reply.status is not None:
            reply.cut = reply.cut or not clean or bool(framing_of(reply.headers))
        elif self._refusal:
            raise NotHttp(_words(self._refusal))
        elif reply.reused and not self._received:
            raise StaleConnection
        else:
            raise ClosedWithoutAnswer

    def _feed_head(self, data: bytes) -> None:
        if not self._received and self._reply.reused and not data.startswith(_HTTP):
            data = self._without_surplus(data)
        self._received = self._received + data if self._received else data
        self._unfinished += len(data)
        if not self._refusal:
            self._parse(data)
        if self._refusal and self._reply.status is None:
            self._judge_by_head()
        if self._reply.status is not None:
            return
        if self._had_interim:
            self._had_interim = False
            self._received = after_interim(self._received)
            self._unfinished = len(self._received)
        if (
            self._is_too_large
            or self._unfinished > 2 * MOST_HEADER_BYTES
            or len(self._received) > _MOST_HEAD_BYTES
        ):
            raise HeadTooLarge

    def _without_surplus(self, data: bytes) -> bytes:
        """Return the beginning of this answer, without late bytes of the answer before it.

        Raises NotHttp after 64 KiB without an answer.
        """
        data = self._surplus + data
        begins = data.find(_HTTP)
        surplus = data if begins < 0 else data[:begins]
        self._had_surplus = self._had_surplus or bool(surplus.strip(b"\r\n"))
        if begins >= 0:
            return data[begins:]
        self._surplus = data[1 - len(_HTTP) :]
        self._after_head += len(data)
        if self._after_head > _MOST_SURPLUS:
            raise NotHttp(_MORE)
        return b""

    def _parse(self, data: bytes) -> None:
        reply = self._reply
        try:
            self._parser.feed_data(data)
        except HttpParserUpgrade:
            pass  # a 101 has no body: its head is the whole answer
        except HttpParserError as error:
            self.keeps = False
            if reply.status is None:
                self._refusal = str(error)
            elif self._is_complete:
                self._note_more()
            else:
                reply.odd = reply.odd or _words(str(error))
                reply.cut = self._has_enough = True

    def _judge_by_head(self) -> None:
        """Read a head that the parser refuses with `read_head`, so that its status and headers still count."""
        try:
            head = read_head(self._received)
        except ValueError:
            raise NotHttp(f"bad status line: {self._refusal}") from None
        if head is None or self._is_too_large:
            return
        self._decide(head.status, head.headers)
        self._reply.odd = _words(self._refusal)
        framing = framing_of(head.headers)
        if framing:
            self._parser = self._new_parser()
            self._parse(b"HTTP/1.1 %d \r\n%b\r\n\r\n%b" % (head.status, framing, head.rest))
        else:  # without framing, the end of the body is unknown
            self._has_enough = True
        if not self._reply.body and self._has_enough:
            self._reply.cut = False
            self._keep(head.rest)

    def _decide(self, status: int, headers: Headers) -> None:
        self._reply.status = status
        self._reply.headers = headers
        self._reply.head_at = monotonic()

    def _keep(self, part: bytes) -> None:
        reply = self._reply
        room = reply.most_body - len(reply.body)
        reply.body += part[:room]
        if len(part) > room:
            reply.cut = self._has_enough = True

    def _note_more(self) -> None:
        self.keeps = False
        if self._reply.status != SWITCHING_PROTOCOLS:
            self._reply.odd = _MORE

    def on_message_begin(self) -> None:
        if self._is_complete:
            self._note_more()

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._reply.status is not None:
            return  # a trailer
        self._unfinished = 0
        self._headers.append((name, value))
        if len(self._headers) > MOST_HEADERS or len(name) + len(value) > MOST_HEADER_BYTES:
            self._is_too_large = True

    def on_headers_complete(self) -> None:
        if self._reply.status is not None or self._is_too_large:
            return
        status = self._parser.get_status_code()
        # llhttp also accepts RTSP and ICE, and any number as a status.
        if status < 100 or not self._received.lstrip(b"\r\n").startswith(_HTTP):
            self._refusal = "Invalid response status"
        elif not is_interim(status):
            self._decide(status, self._headers)

    def on_body(self, body: bytes) -> None:
        if self._reply.status is not None and not self._is_complete:
            self._keep(body)

    def on_message_complete(self) -> None:
        if self._reply.status is None:
            self._headers = []
            self._had_interim = True
        elif not self._is_complete:
            self._is_complete = True
            self.keeps = (
                self._parser.should_keep_alive()
                and not (self._had_surplus or self._reply.odd)
                and self._reply.status != SWITCHING_PROTOCOLS
            )


def _words(refusal: str) -> str:
    """Return an error message of llhttp as part of a sentence."""
    if "can't be present with" in refusal:
        return _TWO_LENGTHS
    return refusal if refusal.startswith("Content-Length") else refusal[:1].lower() + refusal[1:]
