"""The demo in the process of its screens: provides the database, and removes everything afterwards."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from core.errors import HookkeeperError
from core.service.demo.stage import database_in, end_dispatcher
from core.service.python import environment, python
from core.store.key_file import KEY_FILE_VARIABLE, KEYS_VARIABLE

_PATIENCE = 10.0


@contextmanager
def opened_demo() -> Iterator[Path]:
    """Yield a throw-away database with live traffic. On exit its processes are ended and its folder is removed.

    From here on this process keeps keys and state in that folder, too. If this process is killed, the pipe to the
    other process closes, and the other process cleans up. Raises HookkeeperError.
    """
    folder = Path(tempfile.mkdtemp(prefix="hookkeeper-demo-"))
    os.environ.pop(KEYS_VARIABLE, None)
    os.environ[KEY_FILE_VARIABLE] = str(folder / "keys")
    os.environ["XDG_STATE_HOME"] = str(folder / "state")
    try:
        with tempfile.TemporaryFile() as log, _stage(folder, log):
            yield database_in(folder)
    finally:
        # The other process has done this already, unless it was killed.
        end_dispatcher(database_in(folder))
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _stage(folder: Path, log: IO[bytes]) -> Iterator[None]:
    """Run the other process for as long as this context lasts. Raises HookkeeperError if it fails."""
    with subprocess.Popen(
        python("core.service.demo", str(folder)),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
        start_new_session=True,
        env=environment(),
    ) as stage:
        assert stage.stdout is not None
        ready = stage.stdout.readline() == b"ready\n"
        try:
            if ready:
                yield
        finally:
            _end(stage)
    if stage.returncode != 0 or not ready:
        raise HookkeeperError(f"The demo stopped by itself. {_last_line(log)}".strip())


def _end(stage: "subprocess.Popen[bytes]") -> None:
    try:
        stage.communicate(timeout=_PATIENCE)
    except subprocess.TimeoutExpired:
        stage.kill()


def _last_line(log: IO[bytes]) -> str:
    log.seek(0)
    lines = log.read().decode(errors="replace").splitlines()
    return lines[-1] if lines else ""
