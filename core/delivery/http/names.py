"""Looks names up. If the guard refuses one of a name's addresses, the name is refused."""

import asyncio
import socket
from collections.abc import Callable, Sequence
from time import monotonic

import aiodns
from aiodns.error import (
    ARES_ECONNREFUSED,
    ARES_EREFUSED,
    ARES_ESERVFAIL,
    ARES_ETIMEOUT,
    DNSError,
)

from core.delivery.guard import check
from core.delivery.http.errors import NameNotResolved

DNS_LIMIT = 3.0
"""Seconds that a lookup may take in total, however many nameservers it asks."""
_KEPT = 10.0
_MOST_KEPT = 10_000

Networks = Callable[[], Sequence[str]]


class Names:
    """Looks up the addresses of names and caches them for 10 s. Simultaneous calls for a name share one lookup.

    `nameservers` (`address:port`) replace the machine's.
    """

    def __init__(self, allowed: Networks, nameservers: Sequence[str]) -> None:
        self._allowed = allowed
        self._resolver = aiodns.DNSResolver(timeout=DNS_LIMIT, tries=1, nameservers=list(nameservers) or None)
        self._kept: dict[str, tuple[float, list[str]]] = {}
        self._lookups: dict[str, asyncio.Task[list[str] | NameNotResolved]] = {}

    async def addresses(self, name: str) -> list[str]:
        """Return the addresses of a name, in the order to try them. Raises NameNotResolved, AddressBlocked."""
        kept_until, found = self._kept.get(name, (0.0, []))
        if kept_until < monotonic():
            # Cancelling one waiter must not cancel the lookup for the others. `close` cancels and awaits it.
            lookup = self._lookups.get(name) or asyncio.create_task(self._look_up(name))
            self._lookups[name] = lookup
            result = await asyncio.shield(lookup)
            if isinstance(result, NameNotResolved):
                raise NameNotResolved(result.words)
            found = result
        for address in found:
            check(address, self._allowed())
        return found

    async def close(self) -> None:
        """Cancel the lookups in progress and close the resolver."""
        lookups = list(self._lookups.values())
        for lookup in lookups:
            lookup.cancel()
        await asyncio.gather(*lookups, return_exceptions=True)
        await self._resolver.close()

    async def _look_up(self, name: str) -> list[str] | NameNotResolved:
        try:
            async with asyncio.timeout(DNS_LIMIT):
                answer = await self._resolver.getaddrinfo(
                    name, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG
                )
        except (DNSError, TimeoutError) as error:
            return NameNotResolved(_words(error))
        finally:
            del self._lookups[name]
        found = [node.addr[0].decode("ascii") for node in answer.nodes]
        if not found:
            return NameNotResolved("no such host")
        if len(self._kept) >= _MOST_KEPT:
            self._kept.clear()
        self._kept[name] = (monotonic() + _KEPT, found)
        return found


def _words(error: DNSError | TimeoutError) -> str:
    code = error.args[0] if isinstance(error, DNSError) else ARES_ETIMEOUT
    if code == ARES_ETIMEOUT:
        return f"the nameserver did not answer within {DNS_LIMIT:g} s"
    if code == ARES_ECONNREFUSED:
        return "no nameserver can be reached"
    if code in (ARES_ESERVFAIL, ARES_EREFUSED):
        return "the nameserver could not say"
    return "no such host"
