"""`python -m core.cli`: the commands without the screens."""

import sys
from pathlib import Path

from core.cli.main import run


def _no_screens(database: Path, *, reads_only: bool = False) -> int:
    print("The screens are opened by hookkeeper.", file=sys.stderr)
    return 2


run(_no_screens)
