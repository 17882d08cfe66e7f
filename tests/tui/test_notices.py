"""The notices page, which shows notices until somebody acknowledges them."""

from textual.widgets import OptionList, Static

from core.models import NoticeKind, WebhookOptions
from core.store import Store, config, notices
from core.store.database import Database
from core.store.queue.webhook_health import disable_gone
from tests.support.settled import press, settled, text
from tests.tui.conftest import Screens
from tui.screens.notices import NoticesScreen
from tui.screens.webhooks import WebhooksScreen
from tui.widgets.lines import TopBar


async def _tell(store: Store, number: int) -> None:
    def add(database: Database) -> None:
        for each in range(number):
            notices.add(
                database, f"matter {each}", NoticeKind.DISABLED, f"wh_…000{each} answered \x1b[2J 410 [/x]"
            )

    await store.write(add)


async def test_a_notice_names_the_webhook_that_it_is_about(screens: Screens, store: Store) -> None:
    """Its type and URL stand below the words, which never leave their column."""
    url = f"https://hooks.example/{'a' * 80}"
    await config.add_webhook(store, "session-failed", WebhookOptions(url=url), actor="ana")
    await store.write(lambda database: disable_gone(database, 1))
    async with screens() as pilot:
        await press(pilot, "exclamation_mark")
        shown = [line.rstrip() for line in text(pilot).splitlines()[4:7]]
    assert shown[0].endswith(" answered 410 Gone and is disabled; its")
    assert shown[1:] == [
        f"{'':<24}deliveries are held until it is enabled again.",
        f"{'':<24}Session Failed  https://hooks.example/{'a' * 15}…",
    ]


async def test_they_are_counted_listed_and_acknowledged(screens: Screens, store: Store) -> None:
    """! opens them, newest first; a takes the one under the cursor away, c all the others after a question."""
    await _tell(store, 3)
    async with screens() as pilot:
        assert "! 3" in str(pilot.app.screen.query_one(TopBar).content)
        await press(pilot, "exclamation_mark")
        listed = pilot.app.screen.query_one(OptionList)
        assert "wh_…0002 answered ␛[2J 410 [/x]" in str(listed.get_option_at_index(0).prompt)
        await press(pilot, "j", "a")
        left = [notice.message[3:8] for notice in await notices.list_notices(store)]
        assert left == ["…0002", "…0000"]
        assert listed.option_count == 2
        await press(pilot, "c")
        await press(pilot, "tab", "enter")
        await settled(pilot)
        assert await notices.list_notices(store) == []
        assert pilot.app.screen.query_one("#empty", Static).display
        await press(pilot, "1")
        assert isinstance(pilot.app.screen, WebhooksScreen)
        await press(pilot, "exclamation_mark", "escape")
        assert not isinstance(pilot.app.screen, NoticesScreen)
