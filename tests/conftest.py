"""What holds for every test of the suite."""

import gc
import os
import signal
import sys

from hypothesis import settings

from tests.support.extent import extent

# The colours are decided when the screens are imported.
os.environ["TERM"] = "xterm-256color"
os.environ.pop("NO_COLOR", None)

# The suite starts some hundred processes: none compiles everything anew, whatever the surroundings ask for.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# A shell starts its background commands with SIGINT ignored, and every process that a test starts would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)

# The same examples in every run, all of them in CI, and none fails because a machine was slow.
settings.register_profile("ci", derandomize=True, deadline=None, max_examples=extent(full=100, otherwise=30))
settings.load_profile("ci")

# An app in each test: to look through all of them time and again took a fifth of the suite.
gc.set_threshold(50_000, 20, 100)
