"""Settings of the core's tests."""

from hypothesis import settings

# No deadline: the first example may compile a kernel. The same examples each time, and none kept on disk.
settings.register_profile("core", deadline=None, derandomize=True, database=None)
settings.load_profile("core")
