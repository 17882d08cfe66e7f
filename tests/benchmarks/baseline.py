"""A bare client that sends the same requests as a dispatcher, without store, signature, guard or token.

`python -m tests.benchmarks.baseline URL NUMBER CONCURRENCY` prints requests/s and CPU microseconds per request. The
first tenth of the requests is a warm-up.
"""

import asyncio
import resource
import sys
import time
from collections.abc import Awaitable, Callable

import aiohttp
import uvloop

from tests.benchmarks.bodies import body_of

_HEADERS = {
    "Content-Type": "application/json",
    "Accept-Encoding": "identity",
    "User-Agent": "Hookkeeper/0.1.0",
    "Authorization": "Bearer tok-1",
    "webhook-id": "dlv_01jd2h0p5vw36n2cx0",
    "webhook-timestamp": "1700000000",
    "webhook-signature": "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=",
    "hookkeeper-event": "session-failed",
    "hookkeeper-attempt": "1",
}
Send = Callable[[], Awaitable[None]]


async def _measure(send: Send, number: int, concurrency: int) -> None:
    left = number // 10

    async def work() -> None:
        nonlocal left
        while left > 0:
            left -= 1
            await send()

    await asyncio.gather(*(work() for _ in range(concurrency)))
    left = number
    began, cpu = time.perf_counter(), _cpu()
    await asyncio.gather(*(work() for _ in range(concurrency)))
    print(number / (time.perf_counter() - began), (_cpu() - cpu) / number * 1e6)


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


async def _main(url: str, number: int, concurrency: int) -> None:
    body = body_of("66e1")
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as session:

        async def send() -> None:
            async with session.post(url, data=body, headers=_HEADERS, allow_redirects=False) as response:
                await response.read()

        await _measure(send, number, concurrency)


if __name__ == "__main__":
    uvloop.run(_main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
