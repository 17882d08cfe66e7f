"""A process that cannot open one file more, as far as it is this one."""

import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def no_file_can_be_opened() -> Iterator[None]:
    """What is open stays open; everything else fails with EMFILE."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    highest = max(int(name) for name in os.listdir("/dev/fd"))
    resource.setrlimit(resource.RLIMIT_NOFILE, (highest + 1, hard))
    held = []
    try:
        try:
            while True:
                held.append(os.open(os.devnull, os.O_RDONLY))
        except OSError:
            yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        for file in held:
            os.close(file)
