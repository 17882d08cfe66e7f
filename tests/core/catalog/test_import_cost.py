"""The import cost of the catalogue, which every command imports."""

import subprocess
import sys


def test_the_catalogue_imports_nothing_heavy() -> None:
    """Importing core.catalog loads neither pydantic nor an event loop nor an HTTP client."""
    code = (
        "import sys, core.catalog;"
        "print(*sorted({'pydantic', 'asyncio', 'httpx', 'httptools', 'difflib'} & sys.modules.keys()))"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == ""
