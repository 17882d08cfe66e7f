"""The `hookkeeper` command: opens the screens if no subcommand is given, otherwise runs the command line."""

import os

from core.place import Place


def main() -> None:
    """Run the program."""
    from core.cli.main import run

    run(open_screens)


def open_screens(database: Place, *, reads_only: bool = False) -> int:
    """Open the screens on this terminal and return the exit code. Raises HookkeeperError if there is no terminal."""
    from core.cli.terminal import require_terminal

    require_terminal()
    # Textual reads these when it is imported. The delay keeps an arrow key that arrives in pieces from becoming Esc.
    os.environ.setdefault("ESCDELAY", "300" if "SSH_CONNECTION" in os.environ else "100")
    os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")
    from tui.actions import rebind
    from tui.keymap import keymap_file, read_keymap

    keymap, problems = read_keymap(keymap_file())
    rebind(keymap)
    from tui.run import run_screens

    return run_screens(database, reads_only=reads_only, problems=problems)


if __name__ == "__main__":
    main()
