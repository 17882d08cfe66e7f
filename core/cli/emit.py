"""`emit`: hand events over."""

import asyncio
import json
import sys
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, BinaryIO, Optional

import msgspec
import typer

from core.catalog import Body, UnknownType, accept, event_type
from core.cli.output import say
from core.cli.session import with_store, wrong
from core.errors import HookkeeperError
from core.store import Store, bell, queue

WINDOW = 256
"""Lines in work at a time: memory stays the same however many there are."""
_LONGEST_LINE = 32 * 1024 * 1024


class _Line(msgspec.Struct):
    type: str
    data: msgspec.Raw
    key: str | None = None


_decoder = msgspec.json.Decoder(_Line)


def emit(
    context: typer.Context,
    type: Annotated[Optional[str], typer.Argument(help="The event's type, see hookkeeper types.")] = None,  # noqa: UP045  # typer reads it
    data: Annotated[str | None, typer.Option(help="The body: JSON, @FILE, or - for standard input.")] = None,
    key: Annotated[Optional[str], typer.Option(help="Makes it idempotent for 7 days.")] = None,  # noqa: UP045
    batch: Annotated[Optional[str], typer.Option(help="JSON lines from FILE or -.")] = None,  # noqa: UP045
) -> None:
    """Store an event for delivery and print its ID, or many with --batch."""
    if batch is not None:
        refused = with_store(context, lambda store: _batch(store, batch), create=True)
        _say_if_nobody_delivers(context)
        raise typer.Exit(1 if refused else 0)
    if type is None or data is None:
        raise wrong("TYPE, --data", "Name a type and a body, or use --batch.")
    try:
        event_type(type)
    except UnknownType as error:
        raise wrong("TYPE", str(error)) from None
    emitted = with_store(context, lambda store: _emit(store, type, _read(data), key), create=True)
    print(emitted.id)
    _say_if_nobody_delivers(context)


def _read(data: str) -> bytes:
    if data == "-":
        return sys.stdin.buffer.read()
    if data.startswith("@"):
        try:
            return Path(data[1:]).read_bytes()
        except OSError as error:
            raise wrong("--data", f"{data[1:]} cannot be read: {error.strerror}.") from None
    return data.encode("utf-8", "surrogateescape")


async def _limit(store: Store) -> int:
    from core.store import config

    return (await config.load_settings(store)).body_limit


async def _emit(store: Store, type_name: str, data: bytes, key: str | None) -> queue.Emitted:
    body = accept(type_name, data, limit=await _limit(store))
    emitted = await queue.emit(store, type_name, body, key=key)
    bell.ring(store.path)
    return emitted


def _say_if_nobody_delivers(context: typer.Context) -> None:
    from core.service.status import dispatcher_status

    if not dispatcher_status(context.obj["database"]).running:
        say("Stored. Nobody delivers: start hookkeeper serve.")


async def _batch(store: Store, source: str) -> int:
    """Emit each line; the number of those that were refused. Answers come in the order of the lines."""
    limit = await _limit(store)
    waiting: deque[asyncio.Task[dict[str, object]]] = deque()
    refused = 0
    with _open(source) as file:
        for number, line in enumerate(_lines(file), 1):
            if len(waiting) >= WINDOW:
                refused += _answer(await waiting.popleft())
            waiting.append(asyncio.create_task(_emit_line(store, number, line, limit)))
        while waiting:
            refused += _answer(await waiting.popleft())
    bell.ring(store.path)
    return refused


def _open(source: str) -> BinaryIO:
    if source == "-":
        return sys.stdin.buffer
    try:
        return Path(source).open("rb")
    except OSError as error:
        raise wrong("--batch", f"{source} cannot be read: {error.strerror}.") from None


def _lines(file: BinaryIO) -> Iterator[bytes]:
    while line := file.readline(_LONGEST_LINE):
        if line.strip():
            yield line


async def _emit_line(store: Store, number: int, line: bytes, limit: int) -> dict[str, object]:
    try:
        parsed = _decoder.decode(line)
        body: Body = accept(parsed.type, bytes(parsed.data), limit=limit)
        emitted = await queue.emit(store, parsed.type, body, key=parsed.key)
    except msgspec.MsgspecError as error:
        return {"line": number, "error": f'A line is {{"type": …, "data": …}}: {error}.'}
    except UnicodeDecodeError:
        return {"line": number, "error": "The line is not UTF-8."}
    except HookkeeperError as error:
        return {"line": number, "error": str(error)}
    return {"line": number, "id": emitted.id, "deliveries": emitted.deliveries, "repeated": emitted.repeated}


def _answer(answer: dict[str, object]) -> bool:
    print(json.dumps(answer, ensure_ascii=False))
    return "error" in answer
