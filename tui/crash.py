"""What is written down when the program stops with an error of its own."""

import traceback
from pathlib import Path

from core.ours import make_folder, open_new
from core.service.child import log_file


def report(error: BaseException) -> Path:
    """The trace without its values, in a file. Raises OSError."""
    report = log_file().with_name("crash.txt")
    make_folder(report.parent)
    with open(open_new(report), "w") as file:
        file.writelines(traceback.format_tb(error.__traceback__))
        file.write(type(error).__name__ + "\n")
    return report
