"""`make keys`: docs/keys.md, from the registry of actions."""

from collections.abc import Iterator

from tui.actions import PLACES

_HEAD = """# Keys

Made from the registry of actions by `make keys`. `?` shows the same in the program, with the keys that hold there.

In every list: `j` `k` `↓` `↑` by one, `PgDn` `PgUp` by a page, `g` `G` `Home` `End` to either end. In dialogs: `Tab` to the next field or
button, `Enter` presses it, in forms `ctrl+s` is the main button, `Esc` cancels. `ctrl+c` is `Esc` without its delay.

## Other keys

The file `~/.config/hookkeeper/keymap.toml` (on macOS `~/Library/Application Support/hookkeeper/keymap.toml`) gives actions other keys by
their ids, several with commas between them:

```toml
"monitor.resend" = "R"
"everywhere.show_help" = "f1,ctrl+g"
```

A key is a character, a name (`f5`, `enter`, `space`, `escape`, `left`, `question_mark`) or either after `ctrl+`, `shift+` or `alt+`. What
cannot be is told on the message line at start, and its action keeps its own keys. `ctrl+q` always quits.
"""


def page() -> str:
    """The page, in Markdown."""
    return "\n".join([_HEAD, *_tables()])


def _tables() -> Iterator[str]:
    for title, actions in PLACES:
        yield f"## {title}\n\n| keys | action | id |\n|---|---|---|"
        for action in actions:
            keys = " ".join(f"`{key}`" for key in action.all_keys.split())
            yield f"| {keys} | {action.words} | {f'`{action.id}`' if action.id else ''} |"
        yield ""


if __name__ == "__main__":
    print(page(), end="")
