"""The name of the person who makes changes."""

import getpass
import os


def actor() -> str:
    """Return the user name that is recorded for changes made by this process."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user without a name, as in some containers
        return f"uid {os.getuid()}"
