"""Keeps idle connections for reuse, for a limited time, and limits the number of open connections."""

import asyncio
from collections.abc import Hashable
from time import monotonic

from core.delivery.http.channel import Channel

KEEP_ALIVE = 4.0
"""Seconds that an idle connection is kept. Most servers keep one for longer."""


class Pool:
    """The idle connections by destination, and the set of all open connections.

    Connections belong to one event loop. Await `close` in that loop.
    """

    def __init__(self, most_connections: int) -> None:
        self._most = most_connections
        self._open: set[Channel] = set()
        self._idle: dict[Channel, Hashable] = {}
        """The connection that has been idle longest comes first."""
        self._by_place: dict[Hashable, list[Channel]] = {}
        self._sweep: asyncio.TimerHandle | None = None
        self._all_closed = asyncio.Event()

    def take(self, place: Hashable) -> Channel | None:
        """Take the most recently used idle connection to this place, or return None."""
        oldest = monotonic() - KEEP_ALIVE
        kept = self._by_place.get(place, [])
        while kept:
            channel = kept.pop()
            del self._idle[channel]
            if channel.is_open and channel.idle_since >= oldest:
                return channel
            channel.close()
        self._by_place.pop(place, None)
        return None

    def keep(self, channel: Channel, place: Hashable) -> None:
        """Keep an idle connection for the next request."""
        channel.idle_since = monotonic()
        self._idle[channel] = place
        self._by_place.setdefault(place, []).append(channel)
        if self._sweep is None:
            self._sweep = asyncio.get_running_loop().call_later(KEEP_ALIVE, self._close_aged)

    def make_room(self) -> None:
        """Close idle connections, the longest idle first, until one more may be opened.

        Connections in use are never closed, so the limit can be exceeded.
        """
        for channel in list(self._idle)[: max(0, len(self._open) + 1 - self._most)]:
            self._drop(channel)

    def opened(self, channel: Channel) -> None:
        """Count a connection as open, unless it is closed already."""
        if channel.is_open:
            self._open.add(channel)

    def closed(self, channel: Channel) -> None:
        """Forget a closed connection."""
        self._open.discard(channel)
        if channel in self._idle:
            self._drop(channel)
        if not self._open:
            self._all_closed.set()

    async def close(self) -> None:
        """Close all connections and wait until they are gone."""
        if self._sweep is not None:
            self._sweep.cancel()
        for channel in self._open:
            channel.close()
        while self._open:
            self._all_closed.clear()
            await self._all_closed.wait()

    def _drop(self, channel: Channel) -> None:
        place = self._idle.pop(channel)
        kept = self._by_place[place]
        kept.remove(channel)
        if not kept:
            del self._by_place[place]
        channel.close()

    def _close_aged(self) -> None:
        oldest = monotonic() - KEEP_ALIVE
        for channel in [channel for channel in self._idle if channel.idle_since <= oldest]:
            self._drop(channel)
        self._sweep = None
        for channel in self._idle:
            wait = channel.idle_since - oldest
            self._sweep = asyncio.get_running_loop().call_later(wait, self._close_aged)
            break
