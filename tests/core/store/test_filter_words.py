"""The words of the filter line: what they mean, what is said of wrong ones, and how they are completed."""

import asyncio
import string
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.catalog import EVENT_TYPES
from core.models import Outcome, WebhookOptions
from core.store import Store, config, open_store
from core.store.filter import DeliveryFilter
from core.store.filter_sql import condition
from core.store.filter_words import InvalidFilter, completions, parse_filter


@pytest.fixture
async def webhook(store: Store) -> str:
    """The ID of a webhook whose tail is 6n2c."""
    options = WebhookOptions(url="https://a.example/")
    await config.add_webhook(store, "session-failed", options, actor="ana")
    await store.write(lambda db: db.execute("UPDATE webhooks SET id = 'wh_01jd2h0p5vw36n2c'").rowcount)
    return "wh_01jd2h0p5vw36n2c"


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("", {}),
        ("   ", {}),
        ("66e1", {"text": "66e1"}),
        ("dlv_…n6k9  66e1", {"text": "dlv_…n6k9 66e1"}),
        ("state:failed", {"state": "failed"}),
        ("state:held type:session-failed", {"state": "held", "event_type": "session-failed"}),
        ("webhook:6n2c", {"webhook": "wh_01jd2h0p5vw36n2c"}),
        ("webhook:wh_…6n2c", {"webhook": "wh_01jd2h0p5vw36n2c"}),
        ("code:404", {"status_code": 404}),
        ("code:5xx", {"status_class": 5}),
        ("class:dns", {"outcome": "dns"}),
        ("session:a:b", {"session": "a:b"}),
        ("a" * 200, {"text": "a" * 200}),
        ('"urn:x" "a', {"text": 'urn:x "a'}),
        ('!"state:x"', {"without": [{"text": "state:x"}]}),
        ("!code:404 !66e1", {"without": [{"status_code": 404}, {"text": "66e1"}]}),
        ("state:failed !state:held", {"state": "failed", "without": [{"state": "held"}]}),
        ("since:2026-11-24", {"since": datetime(2026, 11, 24).astimezone()}),
        ("until:2026-11-24T14:05", {"until": datetime(2026, 11, 24, 14, 5).astimezone()}),
    ],
)
async def test_meanings(store: Store, webhook: str, text: str, values: dict[str, object]) -> None:
    """Each word is a condition, and all of them hold."""
    assert await parse_filter(store, text) == DeliveryFilter.model_validate(values)


async def test_times_ago(store: Store) -> None:
    """Counted back from now; a clock time is today's."""
    now = datetime.now().astimezone()
    since = (await parse_filter(store, "since:12h")).since
    assert since is not None
    assert abs(since - now + timedelta(hours=12)) < timedelta(minutes=1)
    today = (await parse_filter(store, "since:00:00")).since
    assert today is not None
    assert f"{today:%H:%M:%S}" == "00:00:00"


async def test_a_deleted_webhook_is_found(store: Store, webhook: str) -> None:
    """Its deliveries are in the books still."""
    await config.delete_webhook(store, webhook, actor="ana")
    assert (await parse_filter(store, "webhook:6n2c")).webhook == webhook


@pytest.mark.parametrize(
    ("text", "position", "words"),
    [
        ("66e1 !", 5, "Write a word after !, such as !code:404."),
        ("state:", 0, "Write what to look for after state: such as state:failed."),
        (
            "  colour:red",
            2,
            "There is no field colour. To find it as text, put it in quotes. The fields are state: type: webhook: code:"
            " class: since: until: session:",
        ),
        (
            "state:fialed",
            0,
            '"fialed" is no state. Choose from pending, sending, delivered, failed, cancelled, held, attention, undelivered.',
        ),
        (
            "a type:session-faild",
            2,
            'There is no event type "session-faild". Did you mean session-failed? `hookkeeper types` lists them all.',
        ),
        ("webhook:zzzz", 0, "There is no webhook zzzz. hookkeeper webhooks list shows them all."),
        ("code:40", 0, '"40" is not a status code such as 404, or 5xx for all from 500 on.'),
        ("since:soon", 0, '"soon" is not a time such as 30m, 2h, 3d, 14:05 or 2024-11-23T14:05.'),
        ("since:999999d", 0, '"999999d" is not a time such as 30m, 2h, 3d, 14:05 or 2024-11-23T14:05.'),
        ("code:404 code:5xx x code:500", 9, "code: stands there twice, and a delivery has one."),
        ("session:a:b session:c:d", 12, "session: stands there twice, and a delivery has one."),
        (
            "code:" + "9" * 50,
            0,
            f'"{"9" * 40}" is not a status code such as 404, or 5xx for all from 500 on.',
        ),
        (
            "state:" + "x" * 50,
            0,
            f'"{"x" * 40}" is no state. Choose from pending, sending, delivered, failed, cancelled, held, attention, undelivered.',
        ),
        ("class:lost", 0, f'"lost" is no class. Choose from {", ".join(Outcome)}.'),
        ("a" * 201, 0, "Write at most 200 characters in a word."),
        (" ".join("abcdefghijklmnopqrstu"), 40, "Write at most 20 words."),
    ],
)
async def test_wrong_words(store: Store, webhook: str, text: str, position: int, words: str) -> None:
    """A sentence, and where the word begins."""
    with pytest.raises(InvalidFilter) as error:
        await parse_filter(store, text)
    assert (str(error.value), error.value.position) == (words, position)


@pytest.fixture(scope="module")
def parse(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[Parse]":
    """Parses on an empty store that stays open."""
    folder = tmp_path_factory.mktemp("words")
    with pytest.MonkeyPatch.context() as environment, asyncio.Runner() as runner:
        environment.setenv("HOOKKEEPER_KEY_FILE", str(folder / "keys"))
        opened = open_store(folder / "hookkeeper.db")
        store = runner.run(opened.__aenter__())
        yield Parse(store, runner)
        runner.run(opened.__aexit__(None, None, None))


class Parse:
    """What hypothesis calls: it knows no async."""

    def __init__(self, store: Store, runner: asyncio.Runner) -> None:
        self._store = store
        self._runner = runner

    def __call__(self, text: str) -> DeliveryFilter:
        return self._runner.run(parse_filter(self._store, text))

    def count(self, chosen: DeliveryFilter) -> int:
        """Has SQLite take the condition."""
        where, values = condition(chosen)
        sql = (
            "SELECT count(*) FROM deliveries d JOIN events e ON e.seq = d.event"
            f" JOIN webhooks w ON w.seq = d.webhook WHERE {where}"
        )
        return self._runner.run(self._store.read(lambda db: int(db.execute(sql, values).fetchone()[0])))


FIELDS = ("state:", "type:", "webhook:", "code:", "class:", "since:", "until:", "session:")


@given(st.lists(st.text() | st.sampled_from(["!", " ", "!!", "é", "\ud800", "5xx", "\x00", *FIELDS])))
def test_anything_may_be_typed(parse: Parse, parts: list[str]) -> None:
    """It means something that the store can look for, or a sentence at a place in the text."""
    text = "".join(parts)
    try:
        chosen = parse(text)
    except InvalidFilter as error:
        assert 0 <= error.position < len(text)
        assert not text[error.position].isspace()
        assert str(error)[-1] in ".:"
    else:
        assert parse.count(chosen) == 0
        assert DeliveryFilter.model_validate_json(chosen.model_dump_json(exclude_defaults=True)) == chosen
        assert chosen.words()


_PLAIN = st.text(string.ascii_letters + string.digits + "_-.…é", min_size=1, max_size=20)
_CONDITIONS = st.one_of(
    st.sampled_from(["pending", "failed", "held"]).map(lambda state: ("state", "state", state)),
    st.sampled_from(list(EVENT_TYPES)).map(lambda kind: ("type", "event_type", kind)),
    st.sampled_from(list(Outcome)).map(lambda outcome: ("class", "outcome", outcome)),
    st.integers(100, 999).map(lambda code: ("code", "status_code", code)),
    _PLAIN.map(lambda session: ("session", "session", session)),
)


@given(
    st.lists(_CONDITIONS, unique_by=lambda condition: condition[0]),
    st.lists(_CONDITIONS),
    st.lists(_PLAIN, max_size=3),
)
def test_words_mean_what_they_say(
    parse: Parse,
    wanted: list[tuple[str, str, object]],
    unwanted: list[tuple[str, str, object]],
    free: list[str],
) -> None:
    """Whatever is written down is read back."""
    words = [f"{field}:{value}" for field, _, value in wanted]
    words += [f"!{field}:{value}" for field, _, value in unwanted] + free
    expected = {name: value for _, name, value in wanted} | {
        "without": [{name: value} for _, name, value in unwanted],
        "text": " ".join(free) or None,
    }
    if len(words) <= 20:
        assert parse(" ".join(words)) == DeliveryFilter.model_validate(expected)


async def test_completions(store: Store, webhook: str) -> None:
    """Whole texts: the last word is completed, what stands before it stays."""
    webhooks = [summary.webhook for summary in await config.list_webhooks(store)]
    assert completions("", webhooks) == list(FIELDS)
    assert completions("66e1 !st", webhooks) == ["66e1 !state:"]
    assert completions("s", webhooks) == ["state:", "since:", "session:"]
    assert completions("state:fa", webhooks) == ["state:failed"]
    assert completions("state:failed", webhooks) == []
    assert completions("type:session-s", webhooks) == ["type:session-started", "type:session-succeeded"]
    assert completions("!class:an", webhooks) == ["!class:answer_not_accepted", "!class:answer_too_large"]
    assert completions("code:", webhooks) == ["code:2xx", "code:3xx", "code:4xx", "code:5xx"]
    assert completions("webhook:", webhooks) == ["webhook:6n2c"]
    assert completions("66e1", webhooks) == []
    assert completions("webhook:", []) == []


async def test_tails_tell_webhooks_apart(store: Store) -> None:
    """A tail has as many characters as it takes to be unique."""
    for _ in range(2):
        options = WebhookOptions(url="https://a.example/")
        await config.add_webhook(store, "session-failed", options, actor="ana")
    await store.write(lambda db: db.execute("UPDATE webhooks SET id = 'wh_01' || seq || '6n2c'").rowcount)
    webhooks = [summary.webhook for summary in await config.list_webhooks(store)]
    assert completions("webhook:", webhooks) == ["webhook:16n2c", "webhook:26n2c"]


@given(st.text())
def test_any_text_can_be_completed(text: str) -> None:
    """What comes out begins with what was typed."""
    assert all(each.startswith(text) for each in completions(text, []))
