"""The command as a separate process, to test streams, bytes and exit statuses."""

import os
import shlex
import subprocess
import sys

HOOKKEEPER = (sys.executable, "-c", "from core.cli.main import run; run(lambda database: 0)")


def hookkeeper(
    *words: str | bytes, data: bytes = b"", environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Run a command and check that it shows no traceback."""
    return _run([*HOOKKEEPER, *words], data, environment)


def in_shell(line: str, *, data: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run a line of bash under pipefail, in which `hookkeeper` is the command."""
    function = f'hookkeeper() {{ {shlex.join(HOOKKEEPER)} "$@"; }}'
    return _run(["bash", "-c", f"set -o pipefail; {function}; {line}"], data, None)


def _run(
    command: list[str | bytes], data: bytes, environment: dict[str, str] | None
) -> subprocess.CompletedProcess[bytes]:
    done = subprocess.run(
        command, input=data, capture_output=True, env=os.environ | (environment or {}), check=False
    )
    assert b"Traceback" not in done.stderr
    assert b"Exception ignored" not in done.stderr
    return done
