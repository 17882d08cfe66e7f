"""Opens connections, only to addresses that the guard has just checked."""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Callable
from time import monotonic

from aiohappyeyeballs import AddrInfoType, addr_to_addr_infos, start_connection

from core.delivery.guard import check
from core.delivery.http.channel import Channel
from core.delivery.http.names import Names, Networks
from core.delivery.http.reply import Reply
from core.delivery.http.target import Target

_NEXT_ADDRESS_AFTER = 0.25
"""Seconds without an answer after which the next address is tried in parallel (RFC 8305, section 5)."""
_RECEIVE_BUFFER = 16 * 1024


class Dialer:
    """Makes connections. It tries a name's addresses in order, and the next in parallel if one does not answer."""

    def __init__(self, names: Names, allowed: Networks) -> None:
        self._names = names
        self._allowed = allowed

    async def connect(
        self,
        target: Target,
        context: ssl.SSLContext | None,
        reply: Reply,
        channel_to: Callable[[str], Channel],
    ) -> Channel:
        """Open a connection to `target`, and set `peer`, `connect_ms` and `certificate_ends_at` of `reply`.

        `channel_to` makes the channel for the address and port that was reached. `context` is None without TLS.

        Raises OSError, NameNotResolved, AddressBlocked, ssl.SSLError.
        """
        began = monotonic()
        addresses = [target.host] if _is_address(target.host) else await self._names.addresses(target.host)
        for address in addresses:
            check(address, self._allowed())
        ends = [end for address in addresses for end in addr_to_addr_infos((address, target.port)) or ()]

        def opened(end: AddrInfoType) -> socket.socket:
            reply.peer = _shown(end)
            made = socket.socket(*end[:3])
            # The event loop reads all that the kernel has buffered in one turn, by default up to megabytes.
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
            return made

        connected = await start_connection(
            ends, happy_eyeballs_delay=_NEXT_ADDRESS_AFTER, socket_factory=opened
        )
        try:
            channel = await _channel_over(connected, target.host, context, reply, channel_to)
        except BaseException:
            connected.close()
            raise
        reply.connect_ms = round((monotonic() - began) * 1000)
        return channel


async def _channel_over(
    connected: socket.socket,
    host: str,
    context: ssl.SSLContext | None,
    reply: Reply,
    channel_to: Callable[[str], Channel],
) -> Channel:
    host_name = host if context is not None else None
    address = connected.getpeername()
    peer = reply.peer = _shown((connected.family, connected.type, connected.proto, "", address))
    transport, channel = await asyncio.get_running_loop().create_connection(
        lambda: channel_to(peer), sock=connected, ssl=context, server_hostname=host_name
    )
    if certificate := transport.get_extra_info("peercert"):
        reply.certificate_ends_at = ssl.cert_time_to_seconds(certificate["notAfter"]) * 1000
    return channel


def _shown(end: AddrInfoType) -> str:
    host, port, *_ = end[4]
    return f"[{host}]:{port}" if end[0] == socket.AF_INET6 else f"{host}:{port}"


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
