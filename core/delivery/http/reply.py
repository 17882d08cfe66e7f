"""What is known of a request's answer so far: a deadline in the middle loses none of it."""

from msgspec import Struct

Headers = list[tuple[bytes, bytes]]


class Reply(Struct):
    """An answer as it comes in. `most_body` is how many bytes of its body are kept.

    `status` is None until status line and headers are complete; `headers` are as they came, in order. `cut` says that
    the body has more than `body`, or may have. `odd` names what was wrong with an answer that counts nevertheless.
    `peer` is the address and port that were tried last, `reused` whether an earlier request made the connection.
    `connect_ms` is how long it took to make it, TLS included. `certificate_ends_at` is ms since 1970, None without
    TLS and over a reused connection. `head_at` is monotonic seconds.
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
