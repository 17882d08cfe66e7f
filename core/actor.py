"""Who is at work."""

import getpass
import os


def actor() -> str:
    """The name that the books show for what is changed here."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user without a name, as in some containers
        return f"uid {os.getuid()}"
