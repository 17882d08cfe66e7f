"""The least that a Textual program can be: what its first paint takes, ours is compared with."""

from textual.app import App, ComposeResult
from textual.widgets import Static


class Minimal(App[None]):
    """One line."""

    def compose(self) -> ComposeResult:
        yield Static("Nothing else.")


if __name__ == "__main__":
    Minimal().run()
