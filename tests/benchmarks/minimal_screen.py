"""A minimal Textual program. Our first paint is compared with the first paint of this one."""

from textual.app import App, ComposeResult
from textual.widgets import Static


class Minimal(App[None]):
    """An app that shows one line."""

    def compose(self) -> ComposeResult:
        yield Static("Nothing else.")


if __name__ == "__main__":
    Minimal().run()
