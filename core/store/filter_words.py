"""The syntax of the filter line and of `hookkeeper deliveries list`: `state:failed !code:404 since:12h 66e1`."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import get_args

from core.catalog import EVENT_TYPES, event_type
from core.errors import HookkeeperError
from core.models import Outcome, Webhook
from core.moment import moment_of
from core.store.config import find_webhook
from core.store.database import Database
from core.store.errors import NotFound
from core.store.filter import DeliveryFilter, State
from core.store.store import Store

_STATES: tuple[str, ...] = get_args(State)
_WORD = re.compile(r"\S+")
_FIELD = re.compile(r"([a-z]+):(.*)", re.DOTALL)
_QUOTED = re.compile(r'"(.+)"')
_CODE = re.compile(r"[1-9]([0-9]{2}|xx)")
_LONGEST = 200
_MOST = 20


class InvalidFilter(HookkeeperError):
    """The filter contains a word that is not valid. The word begins at `position` in the text."""

    def __init__(self, words: str, position: int) -> None:
        self.position = position
        super().__init__(words)


async def parse_filter(store: Store, text: str) -> DeliveryFilter:
    """Parse a line of words into a filter. A delivery must match all words.

    `!` negates a word. A word in quotes is searched as text, even if it looks like a field. Raises InvalidFilter,
    StoreError.
    """
    now = datetime.now().astimezone()
    wanted: dict[str, object] = {}
    without: list[DeliveryFilter] = []
    free: list[str] = []
    said: set[str] = set()
    for number, match in enumerate(_WORD.finditer(text)):
        word, position = match[0], match.start()
        if number == _MOST:
            raise InvalidFilter(f"Write at most {_MOST} words.", position)
        name, value = await _meaning(store, word.removeprefix("!"), position, now)
        alone = DeliveryFilter.model_validate({name: value})
        field = word.partition(":")[0]
        if word.startswith("!"):
            without.append(alone)
        elif name == "text":
            free.append(str(value))
        elif field in said:
            raise InvalidFilter(f"{field}: stands there twice, and a delivery has one.", position)
        else:
            said.add(field)
            wanted[name] = value
    return DeliveryFilter.model_validate(wanted | {"text": " ".join(free) or None, "without": tuple(without)})


async def _meaning(store: Store, word: str, position: int, now: datetime) -> tuple[str, object]:
    """Return the name of the filter's field that a word sets, and the value."""
    if not word:
        raise InvalidFilter("Write a word after !, such as !code:404.", position)
    if len(word) > _LONGEST:
        raise InvalidFilter(f"Write at most {_LONGEST} characters in a word.", position)
    if quoted := _QUOTED.fullmatch(word):
        return "text", _storable(quoted[1])
    field = _FIELD.fullmatch(word)
    if field is None:
        return "text", _storable(word)
    name, value = field[1], _storable(field[2])
    if name not in _FIELDS:
        names = " ".join(f"{each}:" for each in _FIELDS)
        raise InvalidFilter(
            f"There is no field {name}. To find it as text, put it in quotes. The fields are {names}",
            position,
        )
    if not value:
        raise InvalidFilter(
            f"Write what to look for after {name}: such as {name}:{_EXAMPLES[name]}.", position
        )
    if name == "webhook":
        return name, await _webhook(store, value, position)
    try:
        return _FIELDS[name](value, now)
    except HookkeeperError as error:
        raise InvalidFilter(str(error), position) from None


def _storable(text: str) -> str:
    """Replace lone surrogates, which stand for bytes that are not UTF-8: no database stores them."""
    return text.encode("utf-8", "replace").decode()


async def _webhook(store: Store, value: str, position: int) -> str:
    """Return the whole ID of a webhook. Deleted webhooks are found, too, because their deliveries stay."""

    def find(database: Database) -> str:
        try:
            return find_webhook(database, value)[1].id
        except NotFound as existing:
            try:
                return find_webhook(database, value, deleted=True)[1].id
            except NotFound:
                raise existing from None

    try:
        return await store.read(find)
    except NotFound as error:
        raise InvalidFilter(str(error), position) from None


def _state(value: str, now: datetime) -> tuple[str, object]:
    return "state", _one_of(value, _STATES, "state")


def _type(value: str, now: datetime) -> tuple[str, object]:
    return "event_type", event_type(value).name


def _code(value: str, now: datetime) -> tuple[str, object]:
    if _CODE.fullmatch(value) is None:
        raise HookkeeperError(f'"{value[:40]}" is not a status code such as 404, or 5xx for all from 500 on.')
    return ("status_class", int(value[0])) if value.endswith("xx") else ("status_code", int(value))


def _class(value: str, now: datetime) -> tuple[str, object]:
    return "outcome", _one_of(value, tuple(Outcome), "class")


def _since(value: str, now: datetime) -> tuple[str, object]:
    return "since", moment_of(value, now)


def _until(value: str, now: datetime) -> tuple[str, object]:
    return "until", moment_of(value, now)


def _session(value: str, now: datetime) -> tuple[str, object]:
    return "session", value


def _one_of(value: str, known: Sequence[str], noun: str) -> str:
    if value not in known:
        raise HookkeeperError(f'"{value[:40]}" is no {noun}. Choose from {", ".join(known)}.')
    return value


_FIELDS: dict[str, Callable[[str, datetime], tuple[str, object]]] = {
    "state": _state,
    "type": _type,
    "webhook": lambda value, now: ("webhook", value),
    "code": _code,
    "class": _class,
    "since": _since,
    "until": _until,
    "session": _session,
}
_EXAMPLES = {
    "state": "failed",
    "type": "session-failed",
    "webhook": "6n2c",
    "code": "404",
    "class": "timeout",
    "since": "12h",
    "until": "14:05",
    "session": "66e1a2d4480b",
}
_VALUES: dict[str, tuple[str, ...]] = {
    "state": _STATES,
    "type": tuple(EVENT_TYPES),
    "code": ("2xx", "3xx", "4xx", "5xx"),
    "class": tuple(Outcome),
    "since": ("30m", "1h", "12h", "1d"),
    "until": ("30m", "1h", "12h", "1d"),
}


def completions(text: str, webhooks: Sequence[Webhook]) -> list[str]:
    """Return the completions of the last word, each as the whole text of the line, most likely first."""
    kept, begun = _split(text)
    negation = "!" if begun.startswith("!") else ""
    name, colon, value = begun.removeprefix("!").partition(":")
    if not colon:
        words = [f"{field}:" for field in _FIELDS if field.startswith(name)]
    else:
        known = _tails(webhooks) if name == "webhook" else _VALUES.get(name, ())
        words = [f"{name}:{each}" for each in known if each.startswith(value) and each != value]
    return [f"{kept}{negation}{word}" for word in words]


def _split(text: str) -> tuple[str, str]:
    """Split the text into the part before its last word and the last word."""
    begun = re.search(r"\S*\Z", text)
    start = begun.start() if begun else len(text)
    return text[:start], text[start:]


def _tails(webhooks: Sequence[Webhook]) -> list[str]:
    """Return the tail of each ID: at least 4 characters, and as many as make them unique."""
    length = 4
    bare = [each.id.partition("_")[2] for each in webhooks]
    while length < max(map(len, bare), default=0) and len({each[-length:] for each in bare}) < len(bare):
        length += 1
    return [each[-length:] for each in bare]
