"""The three main screens by name. Each is imported when it is first shown."""

from collections.abc import Callable
from typing import Any

from textual.screen import Screen


def _webhooks() -> Screen[None]:
    from tui.screens.webhooks import WebhooksScreen

    return WebhooksScreen()


def _settings() -> Screen[None]:
    from tui.screens.settings import SettingsScreen

    return SettingsScreen()


def _monitor() -> Screen[None]:
    from tui.screens.monitor import MonitorScreen

    return MonitorScreen()


MAIN_SCREENS: dict[str, Callable[[], Screen[Any]]] = {  # Any: as Textual asks for it
    "webhooks": _webhooks,
    "settings": _settings,
    "monitor": _monitor,
}
