"""What the screens remember from one time to the next: a small file in the platform's state folder."""

import os
from collections.abc import Callable
from pathlib import Path

import msgspec
from platformdirs import user_state_path

from core.errors import HookkeeperError
from core.ours import NotOurs, make_folder, open_new, open_ours

MOST_FILTERS = 50
"""Filters that the history keeps."""


class UiState(msgspec.Struct, frozen=True):
    """ "" stands for what a screen does by itself. The newest filter of the history comes first."""

    screen: str = ""
    theme: str = ""
    view: str = ""
    filter: str = ""
    sort: str = ""
    filter_history: tuple[str, ...] = ()


class StateFile:
    """The file. Each change is written at once, so that nothing is lost however the program ends."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or user_state_path("hookkeeper") / "screens.json"
        self.state = self._read() or UiState()
        """As these screens have it: what others change meanwhile does not change it."""

    def _read(self) -> UiState | None:
        """None for a file that is missing, broken or somebody else's: it is no reason not to open the screens."""
        try:
            return msgspec.json.decode(_content(self.path), type=UiState)
        except (OSError, NotOurs, msgspec.MsgspecError, RecursionError, UnicodeError):
            return None

    def keep(self, **changes: str) -> None:
        """Change these fields and no others, not even those that other screens have changed.

        Raises HookkeeperError if the file cannot be written; the change holds as long as the screens are open.
        """
        self._change(lambda state: msgspec.structs.replace(state, **changes))

    def keep_filter(self, text: str) -> None:
        """A filter was applied: it goes to the front of the history. "" clears it. Raises HookkeeperError."""

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
    """Of a file of ours, and no other: a named pipe in its place would be waited for. Raises OSError, NotOurs."""
    with open(open_ours(path, os.O_RDONLY), "rb") as file:
        return file.read()
