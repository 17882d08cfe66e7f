"""Commands as real processes, to test them with signals, other users and locks of other processes."""

import asyncio
import os
import subprocess
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_IMPORTS = "import core.cli.main, aiosqlite, pydantic, cryptography, uvloop"


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended, and what it printed."""

    status: int
    out: str
    err: str


async def command(
    database: str | Path, *words: str, user: int | None = None, stdin: bytes | None = None
) -> Ended:
    """Run a command on a database until it ends. Raises TimeoutError if it does not end."""
    process = await started(database, *words, user=user, stdin=DEVNULL if stdin is None else PIPE)
    try:
        async with asyncio.timeout(40):
            out, err = await process.communicate(stdin)
    except TimeoutError:
        process.kill()
        await process.communicate()
        raise
    return Ended(process.returncode or 0, out.decode(), err.decode())


async def started(
    database: str | Path, *words: str, user: int | None = None, stdin: int = DEVNULL
) -> Process:
    """Start a command that keeps running. The caller must end it."""
    python, path = (sys.executable, str(ROOT)) if user is None else _python_of(user)
    return await asyncio.create_subprocess_exec(
        python, "-m", "core.cli", "--db", str(database), *words,
        stdin=stdin, stdout=PIPE, stderr=PIPE, cwd=ROOT, user=user, env=os.environ | {"PYTHONPATH": path},
    )  # fmt: skip


@cache
def _python_of(user: int) -> tuple[str, str]:
    """Return a Python that this user can run, and its module path.

    Our own Python may be in a home folder that other users cannot read.
    """
    path = os.pathsep.join([str(ROOT), *(each for each in sys.path if "site-packages" in each)])
    for python in (sys.executable, "/usr/bin/python3"):
        try:
            tried = subprocess.run(
                [python, "-c", _IMPORTS], user=user, env={"PYTHONPATH": path}, check=False, cwd="/"
            )
        except OSError:
            continue
        if tried.returncode == 0:
            return python, path
    pytest.skip("the other user cannot run any Python that has what Hookkeeper needs")
