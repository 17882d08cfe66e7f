"""The HTTP/1.1 client for every connection that Hookkeeper makes.

The guard checks each address twice: after the lookup, and before the connection. Deliveries go over `Http.send`.
Other requests (token endpoint, discovery, notices) go over `Http.client`, an httpx client.
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
