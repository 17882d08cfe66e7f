"""What is written down when the program stops with an error of its own."""

import os
import traceback
from pathlib import Path

from core.service.child import log_file


def report(error: BaseException) -> Path:
    """The trace without its values, in a file. Raises OSError."""
    report = log_file().with_name("crash.txt")
    report.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with open(os.open(report, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.writelines(traceback.format_tb(error.__traceback__))
        file.write(type(error).__name__ + "\n")
    return report
