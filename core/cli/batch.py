"""`emit --batch`: reads events as JSON lines and prints one JSON line for each after its COMMIT, in input order."""

import asyncio
import os
import re
import stat
import sys
from codecs import BOM_UTF8
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import repeat

import msgspec

from core.catalog import accept
from core.cli.emit import check_key
from core.cli.event_data import checked_begin, standard_input
from core.cli.output import print_json
from core.cli.streams import output_sink
from core.cli.wrong_usage import WrongUsage
from core.encoding import ENOUGH
from core.errors import HookkeeperError
from core.store import Store, StoreError, config, queue

OPTION = "--batch"
_TOGETHER = 256
"""Maximum number of lines in a transaction, which holds the write lock for a few hundredths of a second."""
_CHUNK = 262144
"""Maximum number of bytes per read. One read and the line that is still incomplete bound the memory use."""
_ENVELOPE = 65536
"""Maximum number of bytes in a line besides its body."""


class _Line(msgspec.Struct, forbid_unknown_fields=True):
    type: str
    data: msgspec.Raw
    key: str | None = None


_ESCAPED_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")
_decode = msgspec.json.Decoder(_Line).decode
_Answer = queue.Emitted | HookkeeperError


@contextmanager
def opened(name: str) -> Iterator[int]:
    """Yield the descriptor of the file to read from; `-` is standard input. Raises WrongUsage."""
    if name == "-":
        yield standard_input(OPTION).fileno()
        return
    try:
        file = os.open(name, os.O_RDONLY | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise WrongUsage(f"{OPTION}: {name} cannot be read: {reason}.") from None
    try:
        mode = os.fstat(file).st_mode
        if stat.S_ISDIR(mode):
            raise WrongUsage(f"{OPTION}: {name} is a folder.")
        if stat.S_ISREG(mode):  # refuse it before a database is created
            checked_begin(os.pread(file, ENOUGH, 0), OPTION, name)
        yield file
    finally:
        os.close(file)


@dataclass(slots=True)
class Tally:
    """Counts the outcomes of the lines. `unread_*` count the lines whose answers could not be written.

    `unread_from` is the number of the first such line, 0 if there is none.
    """

    lines: int = 0
    deliveries: int = 0
    refused: int = 0
    unread_from: int = 0
    unread_stored: int = 0
    unread_refused: int = 0

    def count(self, answers: Sequence["_Answer"]) -> None:
        """Add the answers to some lines."""
        refused = sum(isinstance(each, HookkeeperError) for each in answers)
        self.lines += len(answers)
        self.refused += refused
        self.deliveries += sum(
            each.deliveries for each in answers if isinstance(each, queue.Emitted) and not each.repeated
        )
        if self.unread_from:
            self.unread_refused += refused
            self.unread_stored += len(answers) - refused

    @property
    def unread(self) -> str:
        """A sentence on the lines whose answers nobody could read, "" if there are none."""
        if not self.unread_from:
            return ""
        return (
            f"Nobody could read the answers from line {self.unread_from:,} on: of these lines"
            f" {self.unread_stored:,} are stored and {self.unread_refused:,} were refused."
        )


async def emit_lines(store: Store, file: int, tally: Tally) -> None:
    """Emit every line, and count the outcomes.

    A refused line gets an error as its answer and does not stop the others. A reader of the answers that goes away
    does not stop the input either, because the events may come from another process.
    """
    limit = (await config.load_settings(store)).body_limit
    number = 0
    longest = limit + _ENVELOPE
    async for lines in _lines(file, longest):
        numbered = [
            (number + place, line)
            for place, line in enumerate(lines, 1)
            if line.strip() or len(line) > longest  # a cut line may have had text after its blanks
        ]
        number += len(lines)
        answers = await _emit(store, (line for _, line in numbered), limit)
        print_json(*(_shown(number, each) for (number, _), each in zip(numbered, answers, strict=True)))
        sys.stdout.flush()
        sink = output_sink()
        if numbered and not tally.unread_from and sink is not None and sink.failure is not None:
            tally.unread_from = numbered[0][0]
        tally.count(answers)


async def _emit(store: Store, lines: Iterable[bytes], limit: int) -> list[_Answer]:
    """Return the answers to some lines, in their order."""
    found = [_arrival(line, limit) for line in lines]
    arrivals = [each for each in found if isinstance(each, queue.Arrival)]
    try:
        emitted: Iterator[_Answer] = iter(await queue.emit_many(store, arrivals))
    except StoreError as error:
        emitted = repeat(error)
    return [next(emitted) if isinstance(each, queue.Arrival) else each for each in found]


def _arrival(line: bytes, limit: int) -> queue.Arrival | HookkeeperError:
    """Return the event in a line, or the error that refuses it."""
    try:
        entry = _parsed(line, limit)
        body = accept(entry.type, bytes(entry.data), limit=limit)
        return queue.Arrival(entry.type, body, check_key(entry.key))
    except HookkeeperError as error:
        return error


def _shown(number: int, emitted: _Answer) -> dict[str, object]:
    if isinstance(emitted, HookkeeperError):
        return {"line": number, "error": str(emitted)}
    return {
        "line": number,
        "id": emitted.id,
        "deliveries": emitted.deliveries,
        "repeated": emitted.repeated,
    }


def _parsed(line: bytes, limit: int) -> _Line:
    if len(line) > limit + _ENVELOPE:
        raise WrongUsage(f"The line is longer than a body of {limit:,} bytes can make it.")
    try:
        return _decode_line(line.removeprefix(BOM_UTF8))  # concatenated files have several marks
    except RecursionError:
        raise WrongUsage("The line is nested too deep.") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise WrongUsage(
            f'Not a line such as {{"type": "session-started", "data": {{…}}}}: {error}.'
        ) from None


def _decode_line(line: bytes) -> _Line:
    try:
        return _decode(line)
    except msgspec.DecodeError:
        if _ESCAPED_SURROGATE.search(line) is None:
            raise
        return _with_half_pairs(line)


def _with_half_pairs(line: bytes) -> _Line:
    """Decode a line with escapes such as `\\ud800`, which a body may have and msgspec refuses.

    A copy with other escapes of the same length shows where the body is. The rest is decoded without the body.
    """
    readable = _ESCAPED_SURROGATE.sub(rb"\\u0041", line)
    body = bytes(_decode(readable).data)
    # A JSON string has no unescaped quotes, so the text of the body occurs nowhere else in the line.
    start = readable.rfind(body)
    end = start + len(body)
    try:
        envelope = _decode(line[:start] + b"0" + line[end:])
    except msgspec.DecodeError:
        raise WrongUsage("Half a surrogate pair is taken in a body only.") from None
    return _Line(envelope.type, msgspec.Raw(line[start:end]), envelope.key)


async def _lines(file: int, longest: int) -> AsyncIterator[list[bytes]]:
    """Yield the lines of a file in lists, as soon as they are read.

    A line that is too long may be cut, but keeps at least `longest` + 1 bytes.
    """
    begun = bytearray()
    async for chunk in _chunks(file):
        first, *others = chunk.split(b"\n")
        begun += first[: max(0, longest + 1 - len(begun))]
        if not others:
            continue
        lines = [bytes(begun), *others[:-1]]
        begun = bytearray(others[-1])
        for start in range(0, len(lines), _TOGETHER):
            yield lines[start : start + _TOGETHER]
    if begun:
        yield [bytes(begun)]


async def _chunks(file: int) -> AsyncIterator[bytes]:
    """Yield the input as soon as it can be read. Raises WrongUsage if it begins like another encoding.

    No thread reads, because a thread that waits for input outlives ctrl+c. Standard input stays blocking, because the
    shell may share it.
    """
    begin = b""
    while len(begin) < ENOUGH and b"\n" not in begin and (more := await _read(file)):
        begin += more
    yield checked_begin(begin, OPTION, "the input")
    while chunk := await _read(file):
        yield chunk


async def _read(file: int) -> bytes:
    await _readable(file)
    return os.read(file, _CHUNK)


async def _readable(file: int) -> None:
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    try:
        loop.add_reader(file, ready.set)
    except PermissionError:  # epoll refuses regular files, which are always readable
        return
    try:
        await ready.wait()
    finally:
        loop.remove_reader(file)
