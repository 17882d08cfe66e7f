"""The registry of all actions, from which bindings, key bar, help, palette and docs/keys.md are made."""

from dataclasses import dataclass, replace

from textual.binding import Binding, BindingType

_rebound: dict[str, str] = {}
"""Keys that the keymap file assigns, by action id."""


@dataclass(frozen=True)
class Action:
    """Something a person can do with a key.

    `name`: the suffix of the screen's method `action_<name>`. `label`: the key as the key bar shows it.
    `pair`: key and words for a key-bar entry that covers this action and the next one.
    `changes`: the action writes to the database, so it is refused while the database is open for reading only.
    """

    name: str
    default_keys: str
    words: str
    label: str = ""
    in_bar: bool = True
    changes: bool = False
    place: str = ""
    pair: tuple[str, str] | None = None

    @property
    def id(self) -> str:
        """The id of the action in the keymap file; "" if its keys cannot be changed."""
        return f"{self.place}.{self.name}" if self.place and self.name else ""

    @property
    def keys(self) -> str:
        """The keys of the action, comma-separated: those of the keymap file, else the default keys."""
        return _rebound.get(self.id, self.default_keys)

    @property
    def all_keys(self) -> str:
        """All keys of the action as they are shown; the label if it has no keys."""
        return " ".join(shown_key(key) for key in self.keys.split(",") if key) or self.label

    @property
    def key(self) -> str:
        """The key as it is shown."""
        if self.id in _rebound or not self.label:
            return shown_key(self.keys.partition(",")[0])
        return self.label

    @property
    def in_key_bar(self) -> tuple[str, str]:
        """The key and the words that the key bar shows."""
        return self.pair if self.pair and self.id not in _rebound else (self.key, self.words)


def _of(place: str, *actions: Action) -> tuple[Action, ...]:
    return tuple(replace(action, place=place) for action in actions)


_SIGNS = {
    "question_mark": "?",
    "exclamation_mark": "!",
    "slash": "/",
    "escape": "Esc",
    "left": "←",
    "right": "→",
    "up": "↑",
    "down": "↓",
}


def shown_key(key: str) -> str:
    """Return a key as it is shown: `^p` for ctrl+p, `Enter` for enter, `?` for question_mark."""
    modifiers, _, last = key.rpartition("+")
    last = _SIGNS.get(last, last.capitalize() if len(last) > 1 else last)
    return f"^{last}" if modifiers == "ctrl" else f"{modifiers}+{last}" if modifiers else last


EVERYWHERE = _of(
    "everywhere",
    Action("show_webhooks", "1", "Webhooks"),
    Action("show_settings", "2", "Settings"),
    Action("show_monitor", "3", "Monitor"),
    Action("show_notices", "exclamation_mark", "Notices"),
    Action("command_palette", "ctrl+p", "Commands"),
    Action("redraw", "ctrl+l", "Redraw the screen"),
    Action("suspend_process", "ctrl+z", "Suspend, fg comes back"),
    Action("show_help", "f1,question_mark", "Help"),
    Action("leave", "q,ctrl+q", "Quit"),
)
WEBHOOKS = _of(
    "webhooks",
    Action("generate", "n", "Generate new", changes=True),
    Action("edit", "e", "Edit", in_bar=False, changes=True),
    Action("delete", "d", "Delete", in_bar=False, changes=True),
    Action("test", "t", "Test", in_bar=False, changes=True),
    Action("switch", "x", "Disable, Enable", in_bar=False, changes=True),
    Action("menu", "space", "All actions", "Enter", in_bar=False),
    Action("undo", "u", "Undo delete", in_bar=False, changes=True),
    Action("copy_id", "y", "Copy ID", in_bar=False),
)
HISTORY = _of(
    "history",
    Action("back", "escape,q", "Back", "Esc"),
    Action("scroll_down", "j,down", "Down", in_bar=False),
    Action("scroll_up", "k,up", "Up", in_bar=False),
)
NOTICES = _of(
    "notices",
    Action("back", "escape,q", "Back", "Esc"),
    Action("acknowledge", "a", "Acknowledge", changes=True),
    Action("acknowledge_all", "c", "All…", changes=True),
)
SETTINGS = _of(
    "settings",
    Action("into_form", "tab,enter", "Into the form", "Tab", changes=True),
    Action("add_header", "a", "Add", changes=True),
    Action("history", "h", "History", in_bar=False),
    Action("", "", "Scroll", "j k"),
    Action("save", "ctrl+s", "Update settings", "^s", changes=True),
    Action("test", "ctrl+t", "Test", "^t", changes=True),
)
SETTINGS_FIELD = _of(
    "settings",
    Action("", "", "Next", "Tab"),
    Action("save", "ctrl+s", "Update settings", "^s", changes=True),
    Action("test", "ctrl+t", "Test", "^t", changes=True),
    Action("", "", "Leave field", "Esc"),
)
"""Settings while a field has the focus."""
SETTINGS_BUTTON = (
    Action("", "", "Next", "Tab"),
    Action("", "", "Press the marked button", "Enter"),
    Action("", "", "Leave it", "Esc"),
)
"""Settings while a button has the focus."""
MONITOR = _of(
    "monitor",
    Action("detail", "enter", "Detail", "Enter"),
    Action("resend", "r", "Resend", changes=True),
    Action("filter", "slash", "Filter", "/"),
    Action("view", "v", "View"),
    Action("follow", "f", "Follow"),
    Action("sort", "s", "Sort", in_bar=False),
    Action("cancel", "c", "Cancel…", in_bar=False, changes=True),
    Action("all", "a", "All in this filter…", in_bar=False, changes=True),
    Action("edit", "e", "Edit its webhook", in_bar=False, changes=True),
    Action("switch", "x", "Disable or enable its webhook", in_bar=False, changes=True),
    Action("copy", "y", "Copy…", in_bar=False),
    Action("open_body", "o", "Open body in pager", in_bar=False),
    Action("write_body", "w", "Write body to a file", in_bar=False),
    Action("older", "left,h", "Older attempt, where the detail is beside", "←", in_bar=False),
    Action("newer", "right,l", "Newer attempt", "→", in_bar=False),
    Action("unmask", "i", "Masked values, where the detail is beside", in_bar=False),
    Action("", "", "Into the detail, then its session", "Tab", in_bar=False),
    Action("menu", "space", "All actions", "Space", in_bar=False),
    Action("clear", "escape", "Stop the search, clear the filter", "Esc", in_bar=False),
)
FILTER = (
    Action("", "", "Apply", "Enter"),
    Action("", "", "Complete", "Tab"),
    Action("", "", "History", "↑↓"),
    Action("", "", "Leave it as it was", "Esc"),
)
"""Monitor while the filter line is open."""
DETAIL = _of(
    "delivery",
    Action("back", "escape,q", "Back", "Esc"),
    Action("resend", "r", "Resend", changes=True),
    Action("copy", "y", "Copy"),
    Action("next", "n", "Next delivery", pair=("n p", "Next, previous")),
    Action("previous", "p", "Previous delivery", in_bar=False),
    Action("older", "left,h", "Older attempt", pair=("←→", "Attempt")),
    Action("newer", "right,l", "Newer attempt", "→", in_bar=False),
    Action("", "", "Another event of its session, Enter opens it", "Tab", in_bar=False),
    Action("unmask", "i", "Masked values", in_bar=False),
    Action("cancel", "c", "Cancel…", in_bar=False, changes=True),
    Action("edit", "e", "Edit its webhook", in_bar=False, changes=True),
    Action("switch", "x", "Disable or enable its webhook", in_bar=False, changes=True),
    Action("open_body", "o", "Open body in pager", in_bar=False),
    Action("write_body", "w", "Write body to a file", in_bar=False),
    Action("scroll_down", "j,down", "Down", in_bar=False),
    Action("scroll_up", "k,up", "Up", in_bar=False),
)
Place = tuple[str, tuple[Action, ...]]
PLACES: tuple[Place, ...] = (
    ("Everywhere", EVERYWHERE),
    ("Webhooks", WEBHOOKS),
    ("Settings", SETTINGS),
    ("Settings, in a field", SETTINGS_FIELD),
    ("Monitor", MONITOR),
    ("Monitor, in the filter line", FILTER),
    ("Delivery", DETAIL),
    ("Notices", NOTICES),
    ("History", HISTORY),
)


def places_from(here: tuple[Action, ...]) -> list[Place]:
    """Return all places, beginning with the screen that has these actions and with the parts of that screen."""
    title = next(title for title, actions in PLACES if actions == here)
    return sorted(PLACES, key=lambda place: not place[0].startswith(title))


def bindings(actions: tuple[Action, ...]) -> list[BindingType]:
    """Return the Textual bindings for these actions. Keys with ctrl also work in text fields."""
    return [
        Binding(key, _called(action), action.words, show=False, priority=key.startswith("ctrl+"))
        for action in actions
        for key in action.keys.split(",")
        if key
    ]


def _called(action: Action) -> str:
    if action.place == "everywhere":
        return f"app.{action.name}"
    return f"screen.perform('{action.name}')" if action.changes else action.name


def action(identity: str) -> Action:
    """Return the action with this id."""
    return ACTIONS[identity]


def rebind(keymap: dict[str, str]) -> None:
    """Give actions other keys, by id. Call it before the screens are imported, because importing binds the keys."""
    _rebound.clear()
    _rebound.update(keymap)


ACTIONS = {action.id: action for _, actions in PLACES for action in actions if action.id}
