"""The content of Webhooks while there are no webhooks."""

from datetime import datetime, timedelta
from pathlib import Path

from textual.content import Content

from core.clock import clock_and_date
from core.place import Place
from core.store.config import UNDO_MS
from core.store.standing import Standing
from core.text import one_line
from tui.actions import action

_KEYS = (
    ("n", "Generate new", "choose a type and enter the URL"),
    ("2", "Settings", "authentication URL, custom headers (optional)"),
    ("3", "Monitor", "deliveries, live"),
)


def first_run(database: Place, status: Standing, child: int | None, deleted_at: datetime | None) -> Content:
    """Return the text: what a webhook is, which keys to press, and where the database is and who delivers.

    `deleted_at`: see `last_deletion`.
    """
    content = _introduction() if deleted_at is None else _deleted(deleted_at)
    for key, name, words in _KEYS:
        content = Content.assemble(
            content, (f"{key:<4}", "bold $primary"), f"{name:<17}", (f"{words}\n", "$muted")
        )
    return Content.assemble(
        content,
        "\nNo endpoint at hand? ",
        ("hookkeeper demo", "bold"),
        " opens one, with made-up traffic, and leaves this database alone.\n\n",
        ("Database    ", "$muted"),
        one_line(_from_home(database)),
        ("\nDispatcher  ", "$muted"),
        _who_delivers(status, child),
    )


def _introduction() -> Content:
    return Content.assemble(
        ("No webhook yet.", "bold"),
        "\n\nA webhook sends every event of one type to one URL. Generate the first one, "
        "send it a test event, and watch the delivery arrive.\n\n",
    )


def _deleted(at: datetime) -> Content:
    until = clock_and_date(at + timedelta(milliseconds=UNDO_MS))
    return Content.assemble(
        ("No webhook is left.", "bold"),
        f"\n\nThe last one was deleted at {clock_and_date(at)}. Until {until} ",
        (action("webhooks.undo").key, "bold $primary"),
        " brings it back, with what its deletion cancelled.\n\n",
    )


def _who_delivers(status: Standing, child: int | None) -> str:
    if not status.running:
        return "nobody delivers. ^p Start dispatcher."
    if status.pid != child:
        return f"pid {status.pid}, started by {status.user}."
    return (
        "started here; it asks when you quit while it has work.\n"
        "            To keep delivering: hookkeeper serve in tmux or as a service."
    )


def _from_home(place: Place) -> str:
    home = Path.home()
    if isinstance(place, Path) and place.is_relative_to(home):
        return f"~/{place.relative_to(home)}"
    return str(place)
