"""The crash report, written when the program stops with an unexpected error."""

import traceback
from pathlib import Path

from core.ours import make_folder, open_new
from core.service.child import log_file


def report(error: BaseException) -> Path:
    """Write the traceback, without the values in it, to a file and return its path. Raises OSError."""
    report = log_file().with_name("crash.txt")
    make_folder(report.parent)
    with open(open_new(report), "w") as file:
        file.writelines(traceback.format_tb(error.__traceback__))
        file.write(type(error).__name__ + "\n")
    return report
