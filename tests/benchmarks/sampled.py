"""The command line with a profiler: `python -m tests.benchmarks.sampled FILE WORD…` writes its CPU profile to FILE.

Every few milliseconds of CPU time, the profiler takes the innermost line of our code in the event loop and in the
writer thread, and counts it for its part of a delivery. The timer belongs to the process, so a tick is not tied to a
thread. Each thread's ticks are therefore weighted by the CPU time that the kernel reports for it.
"""

import atexit
import json
import signal
import sys
import threading
import time
from collections import Counter, defaultdict
from pathlib import Path
from types import FrameType

from core.cli.main import run
from core.place import Place

_EVERY = 0.001
_PARTS = {
    "core/auth/": "token",
    "core/delivery/signing.py": "sign",
    "core/delivery/request_head.py": "head of the request",
    "core/delivery/http/": "send and receive",
    "core/delivery/attempt.py": "judge, keep the answer",
    "core/delivery/outcome.py": "judge, keep the answer",
    "core/delivery/recorder.py": "record",
    "core/delivery/": "plan",
    "core/store/queue/claims.py": "claim",
    "core/store/sqlite/claiming.py": "claim",
    "core/store/queue/": "record",
    "core/store/attempts_by_minute.py": "record",
    "core/store/": "read and write",
}
_REST = "event loop: sockets, tasks, timers"
_seen: dict[int, Counter[str]] = {}
_since: dict[int, float] = {}
_until: dict[int, float] = {}


def _tick(_: int, frame: FrameType | None) -> None:
    frames = sys._current_frames()
    main = threading.main_thread().ident
    for thread in threading.enumerate():
        if thread.ident is None or thread.ident not in frames:
            continue
        if (part := _part(frame if thread.ident == main else frames[thread.ident])) is not None:
            _seen.setdefault(thread.ident, Counter())[part] += 1
            _until[thread.ident] = time.clock_gettime(time.pthread_getcpuclockid(thread.ident))
            _since.setdefault(thread.ident, _until[thread.ident])


def _part(frame: FrameType | None) -> str | None:
    """Return the part of a delivery that a stack is in, or None if it starts the program or waits."""
    if frame is not None and "aiosqlite" in frame.f_code.co_filename:
        return None  # the thread waits for work
    while frame is not None:
        name = frame.f_code.co_filename
        if "importlib" in name:
            return None
        for where, part in _PARTS.items():
            if where in name:
                return part
        frame = frame.f_back
    return _REST


def _tell(file: Path) -> None:
    signal.setitimer(signal.ITIMER_PROF, 0)
    parts: defaultdict[str, float] = defaultdict(float)
    for thread, seen in _seen.items():
        for part, ticks in seen.items():
            parts[part] += (_until[thread] - _since[thread]) * ticks / seen.total()
    file.write_text(json.dumps(parts))


def _no_screens(database: Place, *, reads_only: bool = False) -> int:
    return 2


if __name__ == "__main__":
    atexit.register(_tell, Path(sys.argv.pop(1)))
    signal.signal(signal.SIGPROF, _tick)
    signal.setitimer(signal.ITIMER_PROF, _EVERY, _EVERY)
    run(_no_screens)
