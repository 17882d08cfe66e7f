"""The set-up: what is pinned, what is shipped, and what `make` says where Python will not do."""

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hatchling.builders.wheel import WheelBuilder
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from core.version import VERSION

ROOT = Path(__file__).resolve().parent.parent
LOCK = (ROOT / "requirements.lock").read_text()
PYPROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())  # Any: whatever TOML holds

# One entry is a name with its exact version, then its hashes, each on a line of its own.
ENTRIES = [
    line for line in LOCK.replace("\\\n", " ").splitlines() if line and not line.lstrip().startswith("#")
]
PINNED = {canonicalize_name(name): version for name, version in re.findall(r"(?m)^([\w.-]+)==(\S+) ", LOCK)}


def test_every_entry_of_the_lock_has_a_version_and_a_hash() -> None:
    """pip's hash mode accepts each line of the lock."""
    assert len(PINNED) == len(ENTRIES) > 40
    for entry in ENTRIES:
        assert re.fullmatch(r"[\w.-]+==\S+( +--hash=sha256:[0-9a-f]{64})+", entry.rstrip())


def test_the_lock_names_no_registry() -> None:
    """Where packages come from is left to each machine."""
    assert "://" not in LOCK
    assert not re.search(r"(?m)^\s*--(?!hash=)", LOCK)


def test_everything_asked_for_is_in_the_lock() -> None:
    """No install fetches anything that is not pinned, the build backend included."""
    project = PYPROJECT["project"]
    asked = [
        *project["dependencies"],
        *project["optional-dependencies"]["dev"],
        *PYPROJECT["build-system"]["requires"],
    ]
    for requirement in map(Requirement, asked):
        assert PINNED[canonicalize_name(requirement.name)] in requirement.specifier, str(requirement)


def test_the_wheel_holds_core_and_tui_whole_and_nothing_else(tmp_path: Path) -> None:
    """An installed hookkeeper has its migrations and styles, and brings along no tests."""
    [wheel] = WheelBuilder(str(ROOT)).build(directory=str(tmp_path))
    with zipfile.ZipFile(wheel) as archive:
        shipped = {name for name in archive.namelist() if ".dist-info/" not in name}
        entry_points = archive.read(f"hookkeeper-{VERSION}.dist-info/entry_points.txt").decode()
    files = [path for package in ("core", "tui") for path in (ROOT / package).rglob("*") if path.is_file()]
    assert shipped == {str(path.relative_to(ROOT)) for path in files if "__pycache__" not in path.parts}
    assert "core/store/sqlite/migrations/0001_first.sql" in shipped
    assert "hookkeeper = tui.__main__:main" in entry_points


def test_hooks_run_what_make_check_runs() -> None:
    """No more and no less, with the tools of .venv; nothing is downloaded."""
    recipe = re.search(r"(?m)^check:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text())
    assert recipe is not None
    hooks = (ROOT / ".pre-commit-config.yaml").read_text()
    entries = re.findall(r"(?m)^ +entry: (.*)$", hooks)
    assert entries == [line.strip().replace("$(BIN)", ".venv/bin") for line in recipe[1].splitlines()]
    assert re.findall(r"(?m)^ *-? *repo: (.*)$", hooks) == ["local"]
    assert hooks.count("language: system") == len(entries)


def test_core_imports_nothing_of_the_screens() -> None:
    """Every module of core works where Textual is not even looked at."""
    code = (
        "import importlib, pkgutil, sys, core\n"
        "names = [module.name for module in pkgutil.walk_packages(core.__path__, 'core.')]\n"
        "for name in names:\n"
        "    name.endswith('__main__') or importlib.import_module(name)\n"
        "assert len(names) > 20\n"
        "print(sorted({'textual', 'tui'} & set(sys.modules)))\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (ran.stdout, ran.stderr) == ("[]\n", "")


def test_a_frame_needs_neither_store_nor_models() -> None:
    """What is imported before the screens first draw."""
    code = "import sys, tui.run\nprint(sorted({'pydantic', 'aiosqlite', 'core.store', 'core.models'} & set(sys.modules)))"
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (ran.stdout, ran.stderr) == ("[]\n", "")


@pytest.mark.parametrize(
    ("behaviour", "words"),
    [
        ("exit 1", "Python 3.11 or newer was not found"),
        ('case "$2" in *ensurepip*) exit 1 ;; *print*) echo 3.12 ;; esac', "apt install python3.12-venv"),
    ],
    ids=["too old", "without venv"],
)
def test_make_names_the_package_that_is_missing(tmp_path: Path, behaviour: str, words: str) -> None:
    """Where Python is too old or lacks venv, make says what to install, and makes nothing."""
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\n{behaviour}\n")
    python.chmod(0o755)
    venv = tmp_path / "venv"
    ran = subprocess.run(
        ["make", "run", f"PYTHON={python}", f"VENV={venv}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode != 0
    assert words in ran.stderr
    assert "Traceback" not in ran.stderr
    assert not venv.exists()
