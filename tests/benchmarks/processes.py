"""The processes that are measured, and the kernel's figures about them."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
_TICK = os.sysconf("SC_CLK_TCK")


@contextmanager
def running(*command: str, log: Path | None = None) -> Iterator[subprocess.Popen[str]]:
    """Run a Python process (`command` follows `python`) and kill it at the end. Its standard output can be read."""
    with (log or Path(os.devnull)).open("a") as errors:
        process = subprocess.Popen(
            [sys.executable, *command], stdout=subprocess.PIPE, stderr=errors, text=True, cwd=ROOT
        )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def first_line(process: subprocess.Popen[str]) -> str:
    """Return the first line that a process prints, which is the address where it listens."""
    assert process.stdout is not None
    line = process.stdout.readline().strip()
    if not line:
        raise RuntimeError(f"{process.args!r} ended without a word.")
    return line


def cpu_seconds(pid: int) -> float:
    """Return the CPU time in seconds that a process has used so far, user and system."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


def resident_mb(pid: int, *, most: bool = False) -> float:
    """Return the resident memory (RSS) of a process in MB. `most` returns its peak."""
    name = "VmHWM:" if most else "VmRSS:"
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) / 1024
