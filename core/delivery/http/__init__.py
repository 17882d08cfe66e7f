"""Every connection that Hookkeeper makes: HTTP/1.1 as a client, each address judged by the guard at two doors.

Deliveries go over `Http.post`, conversations (token endpoint, discovery, notices) over `Http.client`, which is httpx.
"""

from core.delivery.http.client import Http
from core.delivery.http.errors import (
    ClosedWithoutAnswer,
    HeadTooLarge,
    NameNotResolved,
    NotHttp,
)
from core.delivery.http.names import DNS_LIMIT
from core.delivery.http.pool import KEEP_ALIVE
from core.delivery.http.reply import Reply
from core.delivery.http.target import Target, target_of

__all__ = [
    "DNS_LIMIT",
    "KEEP_ALIVE",
    "ClosedWithoutAnswer",
    "HeadTooLarge",
    "Http",
    "NameNotResolved",
    "NotHttp",
    "Reply",
    "Target",
    "target_of",
]
