"""What the screens remember between runs, in a small file in the platform's state folder."""

import os
from collections.abc import Callable
from pathlib import Path

import msgspec
from platformdirs import user_state_path

from core.errors import HookkeeperError
from core.ours import NotOurs, make_folder, open_new, open_ours

MOST_FILTERS = 50
"""Most filters in the history."""


class UiState(msgspec.Struct, frozen=True):
    """The remembered choices; "" means the default. The filter history has the newest first."""

    screen: str = ""
    theme: str = ""
    view: str = ""
    filter: str = ""
    sort: str = ""
    filter_history: tuple[str, ...] = ()


class StateFile:
    """The state file. Each change is written at once, so that nothing is lost if the program is killed."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or user_state_path("hookkeeper") / "screens.json"
        self.state = self._read() or UiState()
        """The state of this process. Changes by other processes do not affect it."""

    def _read(self) -> UiState | None:
        """Return the stored state; None if the file is missing, broken or not ours. The screens open in any case."""
        try:
            return msgspec.json.decode(_content(self.path), type=UiState)
        except (OSError, NotOurs, msgspec.MsgspecError, RecursionError, UnicodeError):
            return None

    def keep(self, **changes: str) -> None:
        """Change these fields only; changes by other processes to other fields stay in the file.

        Raises HookkeeperError if the file cannot be written. The change then lasts until the screens are closed.
        """
        self._change(lambda state: msgspec.structs.replace(state, **changes))

    def keep_filter(self, text: str) -> None:
        """Save the applied filter and put it first in the history; "" clears the filter. Raises HookkeeperError."""

        def applied(state: UiState) -> UiState:
            older = tuple(each for each in state.filter_history if each != text)
            history = (text, *older)[:MOST_FILTERS] if text else older
            return msgspec.structs.replace(state, filter=text, filter_history=history)

        self._change(applied)

    def _change(self, change: Callable[[UiState], UiState]) -> None:
        before, self.state = self.state, change(self.state)
        if self.state == before:
            return
        stored = change(self._read() or before)
        unfinished = self.path.with_name(f"{self.path.name}.{os.getpid()}")
        try:
            make_folder(self.path.parent)
            with open(open_new(unfinished), "wb") as file:
                file.write(msgspec.json.encode(stored))
            unfinished.replace(self.path)
        except OSError as error:
            raise HookkeeperError(f"{self.path} cannot be written: {error.strerror}.") from None


def _content(path: Path) -> bytes:
    """Read a file if it is ours. Reading a named pipe in its place would block. Raises OSError, NotOurs."""
    with open(open_ours(path, os.O_RDONLY), "rb") as file:
        return file.read()
