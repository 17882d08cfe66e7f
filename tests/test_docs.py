"""The documents: their links lead somewhere, and what they name is there."""

import re
import shlex
from pathlib import Path

import pytest
import typer
from typer.core import TyperGroup

from core import schedule
from core.models import GeneralSettings, Outcome
from tests.support.command_tree import command_tree, silence

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted(
    str(page.relative_to(ROOT))
    for page in (*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), ROOT / "tests" / "benchmarks" / "README.md")
)
# Written by hand, about what is now: the changelog and the benchmarks tell of other times, too.
TEXTS = [
    page
    for page in PAGES
    if page not in ("CHANGELOG.md", "docs/cli.md", "docs/keys.md", "tests/benchmarks/README.md")
]
OF_OTHERS = {"--user", "--quick", "--snapshot-update", "--strict"}
"""Options of systemctl, our benchmarks, pytest and mypy."""


def _read(page: str) -> str:
    return (ROOT / page).read_text()


def _without_code(text: str) -> str:
    return re.sub(r"(?ms)^```.*?^```$|`[^`\n]*`", "", text)


def _blocks(text: str) -> str:
    """The lines of all blocks of code."""
    return "\n".join(re.findall(r"(?ms)^```\w*\n(.*?)^```$", text))


def _spans(text: str) -> list[str]:
    """What stands between backquotes in a line."""
    return re.findall(r"`([^`\n]+)`", re.sub(r"(?ms)^```.*?^```$", "", text))


def _anchors(page: Path) -> set[str]:
    """What GitHub makes of the headings."""
    headings = re.findall(r"(?m)^#+ (.*)$", re.sub(r"(?ms)^```.*?^```$", "", page.read_text()))
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_readme_is_a_start_not_a_manual() -> None:
    """It has less than 150 lines, and leads to every page of docs/."""
    readme = _read("README.md")
    assert len(readme.splitlines()) < 150
    for page in ("architecture", "delivering", "operating", "security", "glossary", "cli", "keys"):
        assert f"](docs/{page}.md)" in readme


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    """Each file is there, and so is the heading after a #."""
    for target in re.findall(r"\]\(([^)\s]+)\)", _without_code(_read(page))):
        if "://" in target:
            continue
        name, _, anchor = target.partition("#")
        file = (ROOT / page).parent / name if name else ROOT / page
        assert file.exists(), target
        if anchor:
            assert anchor in _anchors(file), target


@pytest.fixture
def tree() -> TyperGroup:
    """All commands; none of them does anything."""
    found = command_tree()
    silence(found, [])
    return found


@pytest.mark.parametrize("page", TEXTS)
def test_command_lines_are_taken(page: str, tree: TyperGroup) -> None:
    """Those in blocks and in the text parse, as if they were pasted."""
    text = _read(page)
    lines = re.findall(r"(?m)^hookkeeper\b.*$", _blocks(text))
    lines += [span for span in _spans(text) if re.match(r"hookkeeper( |$)", span)]
    for line in lines:
        words = shlex.split(line, comments=True)[1:]
        if len(words) == 1 and isinstance(tree.commands.get(words[0]), TyperGroup):
            continue  # speaks of the group
        try:
            tree.main(words, standalone_mode=False)
        except typer.TyperException as error:
            pytest.fail(f"{line}: {error.format_message()}")


@pytest.mark.parametrize("page", TEXTS)
def test_options_exist(page: str, tree: TyperGroup) -> None:
    """Each option that the text names is one of some command."""
    known = OF_OTHERS | set(re.findall(r"--[a-z][a-z-]*", _read("docs/cli.md"))) | {"--help"}
    named = {option for span in _spans(_read(page)) for option in re.findall(r"(?<!\S)--[a-z][a-z-]*", span)}
    assert {option for option in named if not option.endswith("-")} <= known


def test_the_rows_of_what_happens_when_are_tests() -> None:
    """Each row names a test that is there."""
    section = _read("docs/delivering.md").partition("\n## What happens when\n")[2]
    rows = [line for line in section.splitlines() if line.startswith("|")][2:]
    assert len(rows) >= 20
    for row in rows:
        test = re.search(r"`(tests/[\w/]+\.py)(?:::(\w+))?` \|$", row)
        assert test is not None, row
        file, name = test.groups()
        assert (ROOT / file).exists(), row
        assert name is None or re.search(rf"(?m)^(async )?def {name}\(", _read(file)), row


def test_every_outcome_is_described() -> None:
    """In the order of the code or another, each class has its row."""
    section = _read("docs/delivering.md").partition("\n## Outcomes\n")[2].partition("\n## ")[0]
    table = re.findall(r"(?m)^\| `(\w+)` \| ", section)
    assert sorted(table) == sorted(Outcome)


def test_the_standard_waits_are_those_of_the_code() -> None:
    """A schedule in the table reads as it does in the program."""
    text = _read("docs/delivering.md")
    for name in (schedule.STANDARD, schedule.INCODE):
        (waits,) = re.findall(rf"(?m)^\| `{name}`[^|]*\| ([^:|]*): ", text)
        assert (
            schedule.parse(waits.replace(" s", "s").replace(" min", "min").replace(" h", "h"))
            == (schedule.PRESETS[name])
        )


def test_the_days_of_retention_are_the_defaults() -> None:
    """Each `keep_...` of the settings stands in the table with its days."""
    table = re.findall(r"(?m)\| (\d+) \| `--keep-(\w+)` \|$", _read("docs/operating.md"))
    defaults = GeneralSettings()
    assert {f"keep_{name}": int(days) for days, name in table} == {
        name: getattr(defaults, name) for name in GeneralSettings.model_fields if name.startswith("keep_")
    }


def test_every_variable_is_described() -> None:
    """What people may set; HOOKKEEPER_STARTED_BY is between two of our own processes."""
    code = "\n".join(file.read_text() for room in ("core", "tui") for file in (ROOT / room).rglob("*.py"))
    variables = set(re.findall(r"HOOKKEEPER_[A-Z_]+", code)) - {"HOOKKEEPER_STARTED_BY"}
    assert {"HOOKKEEPER_DB", "HOOKKEEPER_KEYS"} <= variables
    described = set(re.findall(r"`(HOOKKEEPER_[A-Z_]+)`", _read("docs/operating.md")))
    assert described == variables


@pytest.mark.parametrize("page", TEXTS)
def test_targets_of_make_exist(page: str) -> None:
    """Each `make …` that is named is a target."""
    targets = set(re.findall(r"(?m)^([a-z]+):", _read("Makefile")))
    text = _read(page)
    named = re.findall(r"(?m)^make (\w+)", _blocks(text))
    named += [
        name
        for span in _spans(text)
        for name in re.findall(r"^(?:\w+=\w+ )?make (\w+)(?: [A-Z]+=\S+)?$", span)
    ]
    assert set(named) <= targets
