"""The command palette: it lists all actions by name, and unavailable ones say why."""

from textual.pilot import Pilot
from textual.widgets import OptionList

from core.models import WebhookOptions
from core.store import Store, config
from tests.support.settled import already_open, opened, press, text
from tests.tui.conftest import Screens
from tui.app import HookkeeperApp
from tui.dialogs.palette import PaletteDialog
from tui.dialogs.webhook import WebhookDialog
from tui.opened import STARTED_READ_ONLY
from tui.screens.settings import SettingsScreen
from tui.state import StateFile
from tui.widgets.lines import MessageLine, TopBar


def _listed(pilot: Pilot[None]) -> list[str]:
    return [str(option.prompt) for option in pilot.app.screen.query_one(OptionList).options]


async def test_it_has_the_actions_of_the_screen_and_those_of_every_screen(screens: Screens) -> None:
    """With their keys."""
    async with screens() as pilot:
        await press(pilot, "ctrl+p")
        listed = _listed(pilot)
    for line in ("n      Generate new", "2      Settings", "q      Quit", "       Start dispatcher"):
        assert line in listed


async def test_a_part_of_its_name_finds_a_command(screens: Screens) -> None:
    """Enter runs the first that is left, and nothing if none is."""
    async with screens() as pilot:
        await press(pilot, "ctrl+p", *"settx", "enter")
        assert _listed(pilot) == ["No command has these words in its name."]
        await press(pilot, "backspace", "enter")
        assert isinstance(pilot.app.screen, SettingsScreen)


async def test_an_action_of_the_screen_runs(screens: Screens) -> None:
    """As if its key had been pressed."""
    async with screens() as pilot:
        await press(pilot, "ctrl+p", *"new", "enter")
        assert isinstance(pilot.app.screen, WebhookDialog)


async def test_a_theme_is_chosen(screens: Screens) -> None:
    """And kept; the one in use says so, and stays when it is chosen again."""
    async with screens() as pilot:
        await press(pilot, "ctrl+p", *"theme pap")
        assert _listed(pilot) == ["       Theme: paper, light"]
        await press(pilot, "enter", "ctrl+p", *"theme pap")
        assert _listed(pilot) == ["       Theme: paper, light (in use)"]
        await press(pilot, "enter")
        assert not isinstance(pilot.app.screen, PaletteDialog)
    assert StateFile().state.theme == "paper"


async def test_read_only_says_so_wherever_one_would_change_something(store: Store) -> None:
    """In the top bar, in the palette, in the menu and on the key itself; nothing is changed."""
    await config.add_webhook(store, "session-failed", WebhookOptions(url="https://a.example/"), actor="ana")
    app = HookkeeperApp(already_open(store, STARTED_READ_ONLY), starts_dispatcher=False)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        assert str(app.screen.query_one(TopBar).content).endswith("! nobody delivers   read-only ")
        for key in ("n", "e", "d", "t", "x", "u"):
            await press(pilot, key)
            assert app.screen.query_one(MessageLine).words == "! Read-only: started with --read-only."
            await press(pilot, "1")
            assert app.screen.query_one(MessageLine).words == ""
        await press(pilot, "space")
        menu = app.screen.query_one(OptionList).options
        assert [str(option.prompt)[4:8] for option in menu if not option.disabled] == ["Copy", "Hist"]
        assert "d   Delete  Read-only: started with --read-only." in _listed(pilot)
        await press(pilot, "d", "escape", "ctrl+p", *"generate", "enter")
        assert _listed(pilot) == ["n      Generate new  Read-only: started with --read-only."]
        await press(pilot, "escape", "2")
        for key in ("tab", "a", "ctrl+s"):
            await press(pilot, key, "x")
            assert app.focused is None
        assert "This window only reads." in text(pilot)
        await press(pilot, "ctrl+s")
        assert app.screen.query_one(MessageLine).words == "! Read-only: started with --read-only."
        await press(pilot, "q")
        assert not app.is_running
    assert len(await config.list_webhooks(store)) == 1
