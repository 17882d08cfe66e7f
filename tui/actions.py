"""The one registry of actions: keys, words, where. It feeds bindings, key bar and help."""

from dataclasses import dataclass

from textual.binding import Binding, BindingType


@dataclass(frozen=True, slots=True)
class Action:
    """`name` is the method `action_<name>` of its screen; `label` is the key as the key bar shows it."""

    name: str
    keys: str
    words: str
    label: str = ""
    in_bar: bool = True

    @property
    def key(self) -> str:
        """The key as it is shown."""
        return self.label or self.keys.partition(",")[0]


EVERYWHERE = (
    Action("show_webhooks", "1", "Webhooks"),
    Action("show_settings", "2", "Settings"),
    Action("show_monitor", "3", "Monitor"),
    Action("show_notices", "exclamation_mark", "Notices", "!"),
    Action("command_palette", "ctrl+p", "Commands", "^p"),
    Action("redraw", "ctrl+l", "Redraw the screen", "^l"),
    Action("suspend_process", "ctrl+z", "Suspend, fg comes back", "^z"),
    Action("show_help", "f1,question_mark", "Help", "F1 ?"),
    Action("leave", "q,ctrl+q", "Quit", "q ^q"),
)
WEBHOOKS = (
    Action("generate", "n", "Generate new"),
    Action("edit", "e", "Edit", in_bar=False),
    Action("delete", "d", "Delete", in_bar=False),
    Action("test", "t", "Test", in_bar=False),
    Action("switch", "x", "Disable, Enable", in_bar=False),
    Action("menu", "space", "All actions", "Enter", in_bar=False),
    Action("undo", "u", "Undo delete"),
    Action("copy_id", "y", "Copy ID", in_bar=False),
)
HISTORY = (
    Action("back", "escape,q", "Back", "Esc"),
    Action("scroll_down", "j,down", "Down", in_bar=False),
    Action("scroll_up", "k,up", "Up", in_bar=False),
)
NOTICES = (
    Action("back", "escape,q", "Back", "Esc"),
    Action("acknowledge", "a", "Acknowledge"),
    Action("acknowledge_all", "c", "All…"),
)
SETTINGS = (
    Action("into_form", "tab,enter", "Into the form", "Tab"),
    Action("add_header", "a", "Add"),
    Action("history", "h", "History", in_bar=False),
    Action("", "", "Scroll", "j k"),
    Action("save", "ctrl+s", "Update settings", "^s"),
    Action("test", "ctrl+t", "Test", "^t"),
)
SETTINGS_FIELD = (
    Action("into_form", "tab", "Next", "Tab"),
    Action("save", "ctrl+s", "Update settings", "^s"),
    Action("test", "ctrl+t", "Test", "^t"),
    Action("leave_field", "escape", "Leave field", "Esc"),
)
"""The same screen while a field has the focus."""
SETTINGS_BUTTON = (
    Action("into_form", "tab", "Next", "Tab"),
    Action("", "", "Press the marked button", "Enter"),
    Action("leave_field", "escape", "Leave it", "Esc"),
)
"""The same screen while a button has the focus."""
MONITOR = (
    Action("detail", "enter", "Detail", "Enter"),
    Action("resend", "r", "Resend"),
    Action("cancel", "c", "Cancel…"),
    Action("view", "v", "View"),
    Action("follow", "f", "Follow"),
    Action("copy_id", "y", "Copy ID", in_bar=False),
)
DETAIL = (
    Action("back", "escape,q", "List", "Esc"),
    Action("resend", "r", "Resend"),
    Action("copy", "y", "Copy"),
    Action("next", "n", "Next, previous", "n p"),
    Action("previous", "p", "Previous", in_bar=False),
    Action("older", "left,h", "Attempt", "←→"),
    Action("newer", "right,l", "Newer attempt", "→", in_bar=False),
    Action("unmask", "i", "Masked values", in_bar=False),
    Action("cancel", "c", "Cancel…", in_bar=False),
    Action("edit", "e", "Edit its webhook", in_bar=False),
    Action("switch", "x", "Disable or enable its webhook", in_bar=False),
    Action("open_body", "o", "Open body in pager", in_bar=False),
    Action("write_body", "w", "Write body to a file", in_bar=False),
    Action("scroll_down", "j,down", "Down", in_bar=False),
    Action("scroll_up", "k,up", "Up", in_bar=False),
)
PLACES = (
    ("Everywhere", EVERYWHERE),
    ("Webhooks", WEBHOOKS),
    ("Settings", SETTINGS),
    ("Settings, in a field", SETTINGS_FIELD),
    ("Monitor", MONITOR),
    ("Delivery", DETAIL),
    ("Notices", NOTICES),
)


def bindings(actions: tuple[Action, ...]) -> list[BindingType]:
    """What Textual needs of them. Keys with ctrl work in text fields, too."""
    prefix = "app." if actions is EVERYWHERE else ""
    return [
        Binding(key, prefix + action.name, action.words, show=False, priority=key.startswith("ctrl+"))
        for action in actions
        for key in action.keys.split(",")
        if key
    ]
