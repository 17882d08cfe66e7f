"""`python -m core.cli`: the commands without the screens."""

import sys

from core.cli.main import run
from core.place import Place


def _no_screens(database: Place, *, reads_only: bool = False) -> int:
    print("The screens are opened by hookkeeper.", file=sys.stderr)
    return 2


run(_no_screens)
