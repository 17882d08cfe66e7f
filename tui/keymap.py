"""The keymap file, which gives actions other keys by the ids listed in docs/keys.md."""

import tomllib
import unicodedata
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path

from platformdirs import user_config_path
from textual.binding import Binding
from textual.keys import Keys

from core.encoding import NotUtf8, require_utf8
from core.text import one_line
from tui.actions import ACTIONS, Action

MOVES = {
    *("j", "k", "g", "G", "up", "down", "home", "end", "pageup", "pagedown"),
    *("ctrl+d", "ctrl+u", "tab", "shift+tab"),
}
"""Keys that move the cursor in every list and form. They cannot be given to actions."""
_LONGEST = 16_384
"""Size limit of the file in bytes: enough for all actions, and small enough to check quickly at start."""
_NAMES = {key.value for key in Keys}
_MODIFIERS = {"ctrl", "shift", "alt", "super", "meta", "hyper"}


def keymap_file() -> Path:
    """Return the path of the keymap file, which need not exist."""
    return user_config_path("hookkeeper") / "keymap.toml"


def read_keymap(path: Path) -> tuple[dict[str, str], list[str]]:
    """Return the usable keys by action id, and a message for each entry that cannot be used."""
    try:
        with path.open("rb") as file:
            content = file.read(_LONGEST + 1)
        if len(content) > _LONGEST:
            return {}, [f"{path} is longer than {_LONGEST:,} bytes: that is no keymap."]
        entries = dict(_flat(tomllib.loads(require_utf8(content, str(path)).decode())))
    except FileNotFoundError:
        return {}, []
    except OSError as error:
        return {}, [f"{path} cannot be read: {error.strerror}."]
    except NotUtf8 as error:
        return {}, [str(error)]
    except (tomllib.TOMLDecodeError, UnicodeError, RecursionError) as error:
        return {}, [f"{path} is not TOML: {one_line(str(error))}."]
    wrong = {identity: _problem(identity, keys) for identity, keys in entries.items()}
    keymap = {
        identity: _normal(keys)
        for identity, keys in entries.items()
        if isinstance(keys, str) and not wrong[identity]
    }
    problems = [words for words in wrong.values() if words] + _without_clashes(keymap)
    return keymap, [f"{path.name}: {words}" for words in problems]


def _flat(table: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, object]]:
    """Yield ids and values. `monitor.resend`, the same in quotation marks, and `resend` under [monitor] are one id."""
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value


def _normal(keys: str) -> str:
    return ",".join(key.strip() for key in keys.split(","))


def _problem(identity: str, keys: object) -> str:
    if identity not in ACTIONS:
        (*near,) = get_close_matches(identity, ACTIONS, n=1)
        hint = f"Did you mean {near[0]}?" if near else "docs/keys.md lists all ids."
        return f"{one_line(identity)} is no action. {hint}"
    if not isinstance(keys, str):
        return f'{identity}: write its keys as text, such as "r" or "r,f5".'
    for key in _normal(keys).split(","):
        if key in MOVES:
            return f"{identity}: {key} moves in lists and forms. Choose another key."
        if not _is_key(key):
            return f'{identity}: "{one_line(key)}" is no key. Write r, R, f5, ctrl+r or enter.'
    return ""


def _is_key(key: str) -> bool:
    *modifiers, last = key.split("+") if len(key) > 1 else [key]
    if not set(modifiers) <= _MODIFIERS or not last:
        return False
    return (len(last) == 1 and last.isprintable() and last != " ") or last in _NAMES or _is_character(last)


def _is_character(name: str) -> bool:
    """Whether this is the name of a character, such as `question_mark`."""
    try:
        return bool(unicodedata.lookup(name.replace("_", " ")))
    except KeyError:
        return False


def _without_clashes(keymap: dict[str, str]) -> list[str]:
    """Remove entries that give two actions of one screen the same key. Return a message for each."""
    problems: list[str] = []
    while True:
        clashes = ((identity, _clash(ACTIONS[identity], keymap)) for identity in keymap)
        identity, clash = next(((each, found) for each, found in clashes if found), ("", None))
        if clash is None:
            return problems
        key, taken = clash
        problems.append(f"{identity}: {key} is the key of {taken}. It keeps its own.")
        del keymap[identity]


def _clash(action: Action, keymap: Mapping[str, str]) -> tuple[str, str] | None:
    for other in ACTIONS.values():
        if other.id == action.id or not (
            other.place == action.place or "everywhere" in (other.place, action.place)
        ):
            continue
        meant = _single(action.default_keys) & _single(other.default_keys)
        both = _single(keymap[action.id]) & _single(keymap.get(other.id, other.default_keys))
        if both - meant:
            return min(both - meant), other.id
    return None


def _single(keys: str) -> set[str]:
    """Return the keys as a set of Textual's names, which are the same for `?` and question_mark."""
    return {binding.key for binding in Binding.make_bindings([Binding(keys, "")])}
