"""The saved state of the screens: saved at once, repaired if damaged, and never a reason for them not to open."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import HookkeeperError
from core.store import Store
from tests.support.settled import settled
from tests.tui.conftest import Screens
from tui.screens.monitor import MonitorScreen
from tui.screens.webhooks import WebhooksScreen
from tui.state import MOST_FILTERS, StateFile, UiState
from tui.widgets.lines import MessageLine


def test_what_is_kept_comes_back(tmp_path: Path) -> None:
    """At once, in a file for its owner alone."""
    path = tmp_path / "new folder" / "screens.json"
    StateFile(path).keep(screen="monitor", view="held")
    assert StateFile(path).state == UiState(screen="monitor", view="held")
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert os.listdir(path.parent) == ["screens.json"]


def test_two_screens_keep_each_their_own(tmp_path: Path) -> None:
    """One's theme and the other's filter both come back."""
    ours, theirs = StateFile(tmp_path / "s"), StateFile(tmp_path / "s")
    ours.keep(theme="paper")
    theirs.keep_filter("code:503")
    assert theirs.state.theme == ""
    assert StateFile(tmp_path / "s").state == UiState(
        theme="paper", filter="code:503", filter_history=("code:503",)
    )


def test_the_history_of_filters(tmp_path: Path) -> None:
    """Newest first, each once, and clearing the filter is none."""
    file = StateFile(tmp_path / "s")
    for text in ("a", "b", "a", ""):
        file.keep_filter(text)
    assert (file.state.filter, file.state.filter_history) == ("", ("a", "b"))
    for number in range(MOST_FILTERS + 5):
        file.keep_filter(str(number))
    assert len(StateFile(tmp_path / "s").state.filter_history) == MOST_FILTERS


@given(st.binary() | st.just(b'{"screen": 5}') | st.just(b"[" * 100_000) | st.just(b'{"filter": "\xff"}'))
def test_a_broken_file_is_none(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    """Whatever stands there, the screens open, and the next change mends it."""
    path = tmp_path_factory.mktemp("state") / "s"
    path.write_bytes(content)
    file = StateFile(path)
    file.keep(screen="settings")
    assert StateFile(path).state.screen == "settings"


def test_a_file_of_another_version(tmp_path: Path) -> None:
    """What is not known is passed over."""
    (tmp_path / "s").write_text('{"screen": "monitor", "colour": 7}')
    assert StateFile(tmp_path / "s").state.screen == "monitor"


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    """Is told in words, and the change holds for now."""
    (tmp_path / "file").touch()
    file = StateFile(tmp_path / "file" / "s")
    with pytest.raises(HookkeeperError, match="cannot be written: File exists"):
        file.keep(view="held")
    assert file.state.view == "held"


async def test_the_app_opens_where_it_was_left(screens: Screens, store: Store) -> None:
    """Monitor was left, the Monitor opens; a screen that is not there is Webhooks."""
    async with screens() as pilot:
        assert isinstance(pilot.app.screen, WebhooksScreen)
        await pilot.press("3")
    async with screens() as pilot:
        assert isinstance(pilot.app.screen, MonitorScreen)
    StateFile().keep(screen="nowhere")
    async with screens() as pilot:
        assert isinstance(pilot.app.screen, WebhooksScreen)


async def test_what_cannot_be_kept_is_said(screens: Screens, tmp_path: Path) -> None:
    """And the screen is shown all the same."""
    (tmp_path / "state").touch()
    async with screens() as pilot:
        await pilot.press("3")
        await settled(pilot)
        assert "Not kept for the next time" in pilot.app.screen.query_one(MessageLine).words


@pytest.mark.parametrize("other", ["a pipe", "a link", "a folder"])
def test_something_else_in_place_of_the_file(tmp_path: Path, other: str) -> None:
    """It is neither waited for nor followed; what is kept takes its place, unless it is a folder."""
    path, notes = tmp_path / "s", tmp_path / "notes"
    notes.write_bytes(b'{"theme": "paper"}')
    match other:
        case "a pipe":
            os.mkfifo(path)
        case "a link":
            path.symlink_to(notes)
        case "a folder":
            path.mkdir()
    file = StateFile(path)
    assert file.state == UiState()
    if other == "a folder":
        with pytest.raises(HookkeeperError, match="cannot be written"):
            file.keep(theme="ink")
    else:
        file.keep(theme="ink")
        assert StateFile(path).state.theme == "ink"
    assert notes.read_bytes() == b'{"theme": "paper"}'
