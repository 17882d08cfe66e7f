"""Starts another Python process with the code of this program, importing nothing from the current folder."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import core

_OURS = Path(core.__file__).resolve().parents[1]
"""The folder that contains the package `core`."""


def python(module: str, *words: str) -> list[str]:
    """Return the command that runs a module of ours. -P keeps Python from adding a folder to `sys.path`."""
    return [sys.executable, "-P", "-m", module, *words]


def environment() -> dict[str, str]:
    """Return the environment in which a Python process finds the code of this program, whatever its current folder."""
    return os.environ | {"PYTHONPATH": os.pathsep.join(_folders()), "PYTHONSAFEPATH": "1"}


def _folders() -> Iterator[str]:
    """The entries of `sys.path` without the current folder, unless the program itself is there."""
    try:
        current = Path.cwd().resolve()
    except FileNotFoundError:  # the current folder was removed
        current = None
    for entry in sys.path:
        folder = Path(entry).resolve()
        if entry and (folder != current or folder == _OURS):
            yield entry
