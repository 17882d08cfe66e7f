"""What holds for every test of the suite."""

from hypothesis import settings

# The same examples in every run, and none fails because a machine was slow.
settings.register_profile("ci", derandomize=True, deadline=None)
settings.load_profile("ci")
