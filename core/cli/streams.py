"""Standard output and standard error of a command. A command runs to its end even if they cannot be written."""

import io
import os
import select
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from core.marks import ENCODE_ERRORS, output_encoding

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class Sink(io.FileIO):
    """A file whose writes never fail: after the first error, everything goes to /dev/null.

    A closed pipe (`… | head -1`) or a full disk therefore never stops a change half-way.
    """

    def __init__(self, number: int) -> None:
        super().__init__(number, "w", closefd=False)
        self.failure: OSError | None = None
        """The error that lost output; None if there was none."""

    @property
    def has_no_reader(self) -> bool:
        """Whether it is a pipe whose reader closed it, as `head` does. That is not a failure."""
        return isinstance(self.failure, ConnectionError)

    def write(self, data: "ReadableBuffer", /) -> int:
        try:
            return self._written(data)
        except OSError as error:
            self.failure = error
            null = os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)
            os.dup2(null, self.fileno())
            os.close(null)
            return memoryview(data).nbytes

    def _written(self, data: "ReadableBuffer") -> int:
        while True:
            written: int | None = super().write(data)
            if written is not None:
                return written
            # Another process that shares the pipe made it non-blocking, and it is full.
            select.select((), (self,), ())


@contextmanager
def standard_streams() -> Iterator[tuple[Sink, Sink]]:
    """Replace `sys.stdout` and `sys.stderr`, and yield their sinks, which record whether writing failed."""
    _open_what_is_closed()
    before = sys.stdout, sys.stderr
    out, err = Sink(1), Sink(2)
    sys.stdout = _text(out, before[0], line_buffering=out.isatty())
    sys.stderr = _text(err, before[1], line_buffering=True)
    try:
        yield out, err
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        sys.stdout, sys.stderr = before


def _open_what_is_closed() -> None:
    """Open /dev/null for closed standard streams (`>&-`): libuv aborts when it closes a socket with such a number."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number


def _text(sink: Sink, replaced: object, *, line_buffering: bool) -> io.TextIOWrapper:
    encoding = getattr(replaced, "encoding", None) or "utf-8"
    return io.TextIOWrapper(
        io.BufferedWriter(sink),
        encoding=output_encoding(encoding),
        errors=ENCODE_ERRORS,
        line_buffering=line_buffering,
    )


def output_sink() -> Sink | None:
    """Return the sink behind standard output; None outside a command."""
    raw = getattr(getattr(sys.stdout, "buffer", None), "raw", None)
    return raw if isinstance(raw, Sink) else None
