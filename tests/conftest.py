"""What holds for every test of the suite."""

import os

from hypothesis import settings

# The colours are decided when the screens are imported.
os.environ["TERM"] = "xterm-256color"
os.environ.pop("NO_COLOR", None)

# The same examples in every run, and none fails because a machine was slow.
settings.register_profile("ci", derandomize=True, deadline=None)
settings.load_profile("ci")
