"""The keymap file, which rebinds keys by ID and explains each invalid entry, and the help that lists all keys."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.pilot import Pilot
from textual.widgets import Static

from tests.support.settled import press
from tests.tui.conftest import Screens
from tui import actions, keys_page
from tui.keymap import read_keymap
from tui.widgets.lines import KeyBar

ROOT = Path(__file__).parents[2]


def _read(folder: Path, text: str) -> tuple[dict[str, str], list[str]]:
    file = folder / "keymap.toml"
    file.write_text(text)
    return read_keymap(file)


@pytest.mark.parametrize(
    ("text", "keymap"),
    [
        ("", {}),
        ('"monitor.resend" = "R"', {"monitor.resend": "R"}),
        ('monitor.resend = "R, f5"', {"monitor.resend": "R,f5"}),
        ('[monitor]\nresend = "ctrl+r"', {"monitor.resend": "ctrl+r"}),
        ('[monitor]\nresend = "c"\ncancel = "r"', {"monitor.resend": "c", "monitor.cancel": "r"}),
        (
            '"everywhere.show_help" = "question_mark,ctrl+g,-"',
            {"everywhere.show_help": "question_mark,ctrl+g,-"},
        ),
    ],
)
def test_keys_that_can_be_had(tmp_path: Path, text: str, keymap: dict[str, str]) -> None:
    """Several, with modifiers, and two that are exchanged."""
    assert _read(tmp_path, text) == (keymap, [])


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('"monitor.resed" = "R"', "monitor.resed is no action. Did you mean monitor.resend?"),
        ('"zzz" = "R"', "zzz is no action. docs/keys.md lists all ids."),
        ("[monitor]\nresend = 5", 'monitor.resend: write its keys as text, such as "r" or "r,f5".'),
        ('"monitor.resend" = "ctl+r"', 'monitor.resend: "ctl+r" is no key. Write r, R, f5, ctrl+r or enter.'),
        ('"monitor.resend" = ""', 'monitor.resend: "" is no key. Write r, R, f5, ctrl+r or enter.'),
        ('"monitor.resend" = "j"', "monitor.resend: j moves in lists and forms. Choose another key."),
        ('"monitor.resend" = "c"', "monitor.resend: c is the key of monitor.cancel. It keeps its own."),
        (
            '"monitor.resend" = "?"',
            "monitor.resend: question_mark is the key of everywhere.show_help. It keeps its own.",
        ),
        (
            '"everywhere.show_notices" = "e"',
            "everywhere.show_notices: e is the key of webhooks.edit. It keeps its own.",
        ),
    ],
)  # fmt: skip
def test_keys_that_cannot_be_had(tmp_path: Path, text: str, problem: str) -> None:
    """The action keeps its own, and the sentence names file, action and way out."""
    keymap, problems = _read(tmp_path, text)
    assert keymap == {}
    assert len(problems) == 1
    assert problems[0].startswith(f"keymap.toml: {problem}")


def test_what_is_wrong_takes_nothing_else_along(tmp_path: Path) -> None:
    """The other entries hold."""
    keymap, problems = _read(tmp_path, '"zzz" = "R"\n"monitor.resend" = "R"')
    assert keymap == {"monitor.resend": "R"}
    assert len(problems) == 1


def test_a_key_that_is_not_given_up_after_all(tmp_path: Path) -> None:
    """Cancel cannot have v, keeps c, and so resend cannot have it."""
    keymap, problems = _read(tmp_path, '[monitor]\nresend = "c"\ncancel = "v"')
    assert keymap == {}
    assert len(problems) == 2


def test_a_file_that_is_no_toml(tmp_path: Path) -> None:
    """Is told in one sentence; a file that is not there is nothing to tell."""
    keymap, (problem,) = _read(tmp_path, "resend:")
    assert keymap == {}
    assert problem.startswith(f"{tmp_path / 'keymap.toml'} is not TOML: ")
    assert read_keymap(tmp_path / "none") == ({}, [])
    assert read_keymap(tmp_path)[1] == [f"{tmp_path} cannot be read: Is a directory."]
    assert _read(tmp_path, "x = 1\n" * 5_000)[1] == [
        f"{tmp_path / 'keymap.toml'} is longer than 16,384 bytes: that is no keymap."
    ]


def test_a_file_that_an_editor_saved_in_another_encoding(tmp_path: Path) -> None:
    """UTF-16 is named; the mark of UTF-8 is no part of the text."""
    file = tmp_path / "keymap.toml"
    file.write_text('monitor.resend = "f9"\n', encoding="utf-16")
    assert read_keymap(file) == ({}, [f"{file} is UTF-16. Save it as UTF-8."])
    file.write_text('monitor.resend = "f9"\n', encoding="utf-8-sig")
    assert read_keymap(file) == ({"monitor.resend": "f9"}, [])


@given(st.dictionaries(st.sampled_from(sorted(actions.ACTIONS)), st.text(max_size=12)))
def test_whatever_stands_there_no_two_actions_share_a_key(entries: dict[str, str]) -> None:
    """On no screen, and nothing is raised."""
    import json
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        lines = [f"{json.dumps(name)} = {json.dumps(keys)}" for name, keys in entries.items()]
        keymap, problems = _read(Path(folder), "\n".join(lines))
    assert len(keymap) + len(problems) == len(entries) or len(problems) == 1
    for place in {action.place for action in actions.ACTIONS.values()}:
        given_keys = [
            key
            for action in actions.ACTIONS.values()
            if action.place == place
            for key in keymap.get(action.id, action.default_keys).split(",")
        ]
        assert len(given_keys) == len(set(given_keys))


def test_the_key_bar_names_the_key_that_help_has() -> None:
    """The keymap's, where it gives another one."""
    two = (actions.action("delivery.next"),)
    actions.rebind({"everywhere.show_help": "f1,ctrl+g", "delivery.next": "f5"})
    try:
        assert KeyBar(two).content_for(30).plain == " F5 Next delivery     ^g Help "
    finally:
        actions.rebind({})
    assert KeyBar(two).content_for(30).plain == " n p Next, previous    ? Help "


async def test_help_begins_where_one_is(screens: Screens) -> None:
    """With the keys of the dialog and of the screen; what holds everywhere follows, then the other screens."""
    async with screens() as pilot:
        await press(pilot, "2", "question_mark")
        heads = _heads(pilot)
        assert heads[:4] == ["Settings", "Settings, in a field", "Everywhere", "Webhooks"]
        assert len(heads) == len(actions.PLACES)
        await press(pilot, "q", "1", "n", "f1")
        assert _heads(pilot)[:3] == ["Generate new", "Webhooks", "Everywhere"]


def _heads(pilot: Pilot[None]) -> list[str]:
    lines = str(pilot.app.screen.query_one("#help Static", Static).content).splitlines()
    return [line for line in lines if line and not line.startswith(" ")]


def test_the_page_of_keys_is_current() -> None:
    """`make keys` makes it anew."""
    assert (ROOT / "docs" / "keys.md").read_text() == keys_page.page()


def test_each_action_has_one_id_and_one_meaning() -> None:
    """Ids are what people write into their files: they stay."""
    named = [action for _, place in actions.PLACES for action in place if action.id]
    assert {(action.id, action.default_keys) for action in named} == {
        (action.id, action.default_keys) for action in actions.ACTIONS.values()
    }
    assert "`monitor.resend`" in keys_page.page()
