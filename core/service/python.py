"""How a process of ours starts another one: with this very program, and nothing of what lies in the current folder."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import core

_OURS = Path(core.__file__).resolve().parents[1]
"""The folder that this program is imported from."""


def python(module: str, *words: str) -> list[str]:
    """The command that runs a module of ours. -P: Python itself adds no folder to what it imports from."""
    return [sys.executable, "-P", "-m", module, *words]


def environment() -> dict[str, str]:
    """What a Python of ours needs to find this very program, wherever it runs."""
    return os.environ | {"PYTHONPATH": os.pathsep.join(_folders()), "PYTHONSAFEPATH": "1"}


def _folders() -> Iterator[str]:
    """What this process imports from, without the current folder, unless the program itself is there."""
    try:
        current = Path.cwd().resolve()
    except FileNotFoundError:  # it was removed
        current = None
    for entry in sys.path:
        folder = Path(entry).resolve()
        if entry and (folder != current or folder == _OURS):
            yield entry
