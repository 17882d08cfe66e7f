"""The answer to a request, filled in as it arrives so that a deadline does not lose it."""

from msgspec import Struct

Headers = list[tuple[bytes, bytes]]


class Reply(Struct):
    """An answer as it arrives. `most_body` is how many bytes of its body are kept.

    `status` is None until the status line and headers are complete. `headers` are unchanged and in order. `cut` says
    that the body is, or may be, longer than `body`. `odd` names a fault of an answer that counts nevertheless.
    `peer` is the address and port that were tried last. `reused` says that an earlier request made the connection.
    `connect_ms` is how long making the connection took, TLS included. `certificate_ends_at` is when the server's
    certificate expires, in ms since 1970; None without TLS and over a reused connection. `head_at` is when the head
    was complete, in monotonic seconds.
    """

    most_body: int
    peer: str = ""
    reused: bool = False
    connect_ms: int | None = None
    certificate_ends_at: int | None = None
    head_at: float | None = None
    status: int | None = None
    headers: Headers = []
    body: bytes = b""
    cut: bool = False
    odd: str = ""
