"""Generates docs/keys.md from the registry of actions (`make docs`)."""

from collections.abc import Iterator

from tui.actions import PLACES

_HEAD = """# Keys

`make docs` writes this page from the registry of actions. `?` shows the same in the program, beginning with the keys of the screen
that is open. `ctrl+p` finds every action by its name, and the themes *ink* (dark), *paper* (light), *high contrast* and *ANSI* (the
terminal's own colours).

In every list, `j` `k` `↓` `↑` move by one line, `PgDn` `PgUp` by a page, and `g` `G` `Home` `End` to either end. In dialogs, `Tab` moves to
the next field or button, `Enter` presses a button, `ctrl+s` presses the main button of a form, and `Esc` cancels. `ctrl+c` does the same
as `Esc`, without its delay.

## Other keys

The file `~/.config/hookkeeper/keymap.toml` (on macOS `~/Library/Application Support/hookkeeper/keymap.toml`) gives actions other keys. Each
line has the id of an action and its keys, with commas between several:

```toml
"monitor.resend" = "R"
"everywhere.show_help" = "f1,ctrl+g"
```

A key is a character or a name (`f5`, `enter`, `space`, `escape`, `left`, `question_mark`), alone or after `ctrl+`, `shift+` or `alt+`. If a
line of the file cannot be used, the message line says so at start, and the action keeps its own keys. `ctrl+q` always quits.
"""


def page() -> str:
    """Return the page in Markdown."""
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
