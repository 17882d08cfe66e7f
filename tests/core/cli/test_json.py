"""`--json` as programs use it: errors as objects, and at least what the table shows."""

import asyncio
import json
import sqlite3
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.catalog import accept
from core.cli.words import failure_of
from core.errors import HookkeeperError
from core.models import AttemptResult, DeliveryState, NoticeKind, Outcome, WebhookOptions
from core.store import config, notices, open_store, queue
from tests.core.cli.conftest import Shell

_ADD = ("webhooks", "add", "--type", "session-failed", "--url")


def _failure(shell: Shell, *words: str) -> dict[str, object]:
    """The one object on stderr of a command that fails."""
    shell(*words)
    found = json.loads(shell.err)
    assert list(found) == ["error", "field", "hint"]
    assert shell.err.count("\n") == 1
    assert isinstance(found, dict)
    return found


@pytest.fixture
def some_settings(shell: Shell) -> None:
    """A database that is there."""
    assert shell("settings", "set", "--deadline", "9") == 0


@pytest.mark.usefixtures("some_settings")
@pytest.mark.parametrize(
    ("words", "status", "error", "field"),
    [
        ("deliveries show nope", 1, "There is no delivery nope.", None),
        ("webhooks show nope", 1, "There is no webhook nope.", None),
        ("events show nope", 1, "There is no event nope.", None),
        ("jobs show nope", 1, "There is no job nope.", None),
        ("notices ack nope", 1, "There is no notice nope.", None),
        ("deliveries resend dlv_a dlv_b", 1, "There is no delivery dlv_a. ", None),
        ("deliveries show", 2, "Missing argument 'ID'.", "delivery_id"),
        ("deliveries list --nope", 2, "No such option: --nope", "nope"),
        ("deliveries list --limit x", 2, "Invalid value for '--limit'", "limit"),
        ("deliveries list --limit 0", 2, "Invalid value for '--limit'", "limit"),
        ("deliveries list --since soon", 2, '--since: "soon" is not a time such as', "since"),
        ("deliveries list --code 9", 2, "--code: Enter at least 100.", "status_code"),
        ("deliveries list code:x", 2, '"x" is not a status code', None),
        ("deliveries list --type nope", 2, 'There is no event type "nope".', "type"),
        ("deliveries cancel --all --state x --yes", 2, "Invalid value for '--state'", "state"),
        ("webhooks delete nope", 2, "Deleting a webhook cancels what waits for it.", "yes"),
        ("webhooks add", 2, "Missing option '--type'.", "type"),
        ("webhooks add --type nope --url https://a.example/", 2, 'There is no event type "nope".', "type"),
        ("webhooks add --type session-failed --url ftp://a", 2, "--url: Start with https:// or http://", "url"),
        ("webhooks add --type session-failed --url http://127.0.0.1/", 2, "--url: 127.0.0.1 is an", "url"),
        (
            "webhooks add --type session-failed --url https://a.example/ --schedule soon --deadline 0",
            2,
            "--schedule: 'soon' is not a wait.",
            "retry_schedule",
        ),
        ("webhooks nope", 2, "No such command 'nope'.", None),
        ("webhook list", 2, 'There is no command "webhook".', None),
        ("settings set", 2, "Name an option to change: ", None),
        ("settings set --auth-url x", 2, "--auth-url: ", "authentication_url"),
        ("settings set --auth-url http://10.0.0.1/ --client-id a --secret-key-file /etc/hostname", 2, "--auth-url: 10.0.0.1 is an", "authentication_url"),
        ("settings set --ca-file /nothing.pem", 2, "--ca-file: /nothing.pem cannot be used", "ca_file"),
        ("webhooks add --type proof-of-payment --url https://a.example/ --in-order", 2, "--in-order: A proof", "in_order"),
        ("settings set --header x", 2, "--header: Write a header as Name: value.", "header"),
        ("settings set --secret-key-file /nothing", 2, "--secret-key-file: /nothing cannot be", "secret_key_file"),
        ("settings test-auth", 1, "Nobody delivers, so nobody can test it.", None),
        ("emit session-failed --data []", 1, "The session-failed body was refused: it must be an object", None),
        ("emit session-failed --data @/nothing", 2, "--data: /nothing cannot be read", "data"),
        ("emit session-failed", 2, "Write hookkeeper emit TYPE", None),
        ("emit --batch /nothing", 2, "--batch: /nothing cannot be read", "batch"),
        ("status", 1, "Nobody delivers.", None),
        ("serve", 2, "No such option: --json", "json"),
        ("--read-only webhooks list", 2, "--read-only is for the screens", "read_only"),
        ("--read-only", 2, "No such option: --json", "json"),
    ],
)  # fmt: skip
def test_every_failure_is_one_object(
    shell: Shell, words: str, status: int, error: str, field: str | None
) -> None:
    """`deliveries show nope --json` and its like: `error`, `field`, `hint`, and the exit status as without --json."""
    found = _failure(shell, *words.split(), "--json")
    assert str(found["error"]).startswith(error)
    assert found["field"] == field
    assert found["hint"] is None or str(found["hint"])[0].isprintable()
    if status == 2:
        assert found["hint"]
    assert shell(*words.split(), "--json") == status


@pytest.mark.usefixtures("some_settings")
def test_a_failure_without_json_stays_a_sentence(shell: Shell) -> None:
    """Also where --json is not an option, but text that comes after the options."""
    assert shell("deliveries", "show", "nope") == 1
    assert shell.err == "There is no delivery nope. hookkeeper deliveries list shows the newest.\n"
    assert shell("deliveries", "show", "nope", "--", "--json") == 2
    assert shell.err.startswith("Usage: ")
    assert shell("deliveries", "list", "--since") == 2
    assert shell.err.startswith("Usage: hookkeeper deliveries list")


@pytest.mark.usefixtures("some_settings")
def test_an_option_without_its_value_is_named(shell: Shell) -> None:
    """It is the last word, so that nothing is there to be its value."""
    assert _failure(shell, "deliveries", "list", "--json", "--since") == {
        "error": "Option '--since' requires an argument.",
        "field": "since",
        "hint": "hookkeeper deliveries list --help shows what it takes.",
    }


def test_an_exit_status_of_1_comes_with_an_object(shell: Shell) -> None:
    """Also where the data themselves say what is wrong, as with a database that is not there."""
    found = _failure(shell, "doctor", "--json")
    assert found["error"] == "Not all is well: the data on stdout says what is not."
    assert any(json.loads(line)["wrong"] for line in shell.out.splitlines())


def test_a_database_that_cannot_be_used_is_one_object(
    shell: Shell, database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Missing, busy, without its key, no database, read-only."""
    assert _failure(shell, "webhooks", "list", "--json")["error"] == f"There is no database {database}."
    assert shell(*_ADD, "https://a.example/") == 0
    monkeypatch.setattr("core.store.sqlite.connection.BUSY_TIMEOUT", 0.05)
    holder = sqlite3.connect(database)
    holder.execute("BEGIN IMMEDIATE")
    busy = _failure(shell, *_ADD, "https://b.example/", "--json")
    assert (busy["error"], busy["hint"]) == (
        f"The database {database} is busy: another program holds it.",
        "Try again.",
    )
    holder.close()
    keys = tmp_path / "config" / "keys"
    keys.rename(tmp_path / "elsewhere")
    missing = _failure(shell, "webhooks", "list", "--json")
    assert str(missing["error"]).endswith(f"of this database is not in {keys}.")
    assert str(missing["hint"]).startswith("Put the key file back from your copy;")
    foreign = tmp_path / "text.db"
    foreign.write_text("no database" * 100)
    found = _failure(shell, "--db", str(foreign), "webhooks", "list", "--json")
    assert found["error"] == f"{foreign} is not a SQLite database."
    assert _failure(shell, "--db", str(tmp_path), "webhooks", "list", "--json")["field"] == "db"


def test_words_beside_the_data_are_objects_as_well(shell: Shell) -> None:
    """What a person is told becomes a `note` each; a program that reads stderr as JSON lines reads all of it."""
    assert shell("emit", "session-failed", "--data", "{}", "--json") == 0
    new, nobody = map(json.loads, shell.err.splitlines())
    assert str(new["note"]).endswith("hookkeeper.db is new.")
    assert nobody["note"].startswith("No webhook took it: hookkeeper events show evt_")
    assert shell("webhooks", "list", "--json") == 0
    assert shell.err == ""


def test_some_of_many_that_failed_are_one_object(shell: Shell) -> None:
    """The others are changed, and on standard output."""
    assert shell(*_ADD, "https://a.example/") == 0
    assert shell("emit", "session-failed", "--data", "{}") == 0
    (delivery,) = shell.json("deliveries", "list")
    found = _failure(shell, "deliveries", "cancel", "dlv_a", str(delivery["id"]), "dlv_b", "--json")
    assert json.loads(shell.out)["state"] == "cancelled"
    assert "There is no delivery dlv_a." in str(found["error"])
    assert "There is no delivery dlv_b." in str(found["error"])


def test_lines_that_were_refused_are_one_object(shell: Shell, tmp_path: Path) -> None:
    """Their answers are on standard output as always."""
    lines = tmp_path / "lines"
    lines.write_text('{"type": "session-failed", "data": {}}\nno JSON\n')
    found = _failure(shell, "emit", "--batch", str(lines), "--json")
    assert found == {"error": "1 of 2 lines was refused.", "field": None, "hint": "Their answers say why."}
    assert len(shell.out.splitlines()) == 2


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_no_word_of_an_error_is_lost(words: str) -> None:
    """However it is taken apart into what happened and what to do."""
    failure = failure_of(HookkeeperError(words))
    assert words == failure.error + (f" {failure.hint}" if failure.hint is not None else "")


@pytest.mark.parametrize(
    ("words", "error", "hint"),
    [
        ("It is full. Free some space.", "It is full.", "Free some space."),
        ('--since: "St. Louis" is not a time.', '--since: "St. Louis" is not a time.', None),
        ("There is no event x. hookkeeper events list shows all.", "There is no event x.", "hookkeeper events list shows all."),
        ("--a: Enter 1.\n--b: Enter 2.", "--a: Enter 1.\n--b: Enter 2.", None),
        ("It took 1. 5 s", "It took 1. 5 s", None),
    ],
)  # fmt: skip
def test_the_second_sentence_is_the_hint(words: str, error: str, hint: str | None) -> None:
    """As our errors are written: what happened, then what to do."""
    assert failure_of(HookkeeperError(words))[::2] == (error, hint)


@pytest.fixture
def books(database: Path) -> Mapping[str, str]:
    """A webhook with two deliveries: one failed after an attempt, one waits. IDs by name."""

    async def write() -> dict[str, str]:
        async with open_store(database) as store:
            options = WebhookOptions(url="https://a.example/", rate=2, in_order=True)
            webhook = await config.add_webhook(store, "session-failed", options, actor="ana")
            body = accept("session-failed", b'{"interviewId": "s1",  "token": "hush"}')
            event = await queue.emit(store, "session-failed", body, key="k1")
            await queue.emit(store, "session-failed", body)
            epoch = await queue.next_epoch(store)
            (claim,) = await queue.claim(store, epoch, [queue.Slots(1, 1, 1, 1)])
            headers = (("content-type", "application/json"), ("set-cookie", "hush"))
            result = AttemptResult(
                Outcome.HTTP_STATUS, "answered 404 Not Found", "https://a.example/", 1, 45, 404,
                11, 12, 13, headers, b'{"why": "gone", "token": "hush"}', True,
            )  # fmt: skip
            await queue.record(store, epoch, claim, result, queue.Verdict(DeliveryState.FAILED, 10))
            await store.write(lambda database: notices.add(database, "a", NoticeKind.JOB, "About a."))
            return {"webhook": webhook.id, "event": event.id}

    return asyncio.run(write())


def _leaves(value: object) -> set[str]:
    if isinstance(value, dict):
        return set().union(*map(_leaves, value.values())) if value else set()
    if isinstance(value, list):
        return set().union(*map(_leaves, value)) if value else set()
    return {f"{value:g}" if isinstance(value, float) else str(value)}


_WORDED = {"yes", "no", "–", "no limit", "every status", "stored", "none", "as the general settings say"}
"""What stands for true, false and null in tables."""


@pytest.mark.parametrize(
    "words",
    [
        "webhooks list",
        "webhooks show {webhook}",
        "events list",
        "deliveries list",
        "notices list --all",
        "audit list",
        "keys list",
        "jobs list",
        "types list",
    ],
)
def test_json_has_what_the_table_shows(shell: Shell, books: Mapping[str, str], words: str) -> None:
    """Each cell of a table is found among the values of the JSON."""
    if words.startswith("jobs"):
        assert shell("deliveries", "resend", "--all-failed") == 0
    command = words.format(**books).split()
    leaves = set().union(*(_leaves(line) for line in shell.json(*command)))
    assert shell(*command) == 0
    lines = shell.out.splitlines()
    if "show" in command:
        cells = [line.split("  ")[-1].strip() for line in lines]
    else:
        cells = [cell.strip() for line in lines[1:] for cell in line.split("  ") if cell.strip()]
    assert cells
    for cell in cells:
        is_time = cell[:4].isdigit() and cell[10:11] == " "
        worded = cell in _WORDED or is_time or cell in ("in order, 2/s", "2 a second", "404")
        assert worded or cell in leaves, cell


def test_the_settings_as_json_have_what_the_table_shows(shell: Shell) -> None:
    """All fields that are masked, those that always are as well, and the waits of the schedule."""
    assert shell("settings", "set", "--mask", "ssn", "--schedule", "5s 5m", "--header", "x-key: hush") == 0
    (shown,) = shell.json("settings", "show")
    assert shown["masked_fields"] == ["token", "interviewToken", "apiKey", "curp", "rfc*", "ssn"]
    assert shown["retry_waits"] == [5, 300]
    assert shown["custom_headers"] == [{"name": "x-key", "value": "•••••••••••••"}]
    assert shell("settings", "show") == 0
    assert ", ".join(["token", "interviewToken", "apiKey", "curp", "rfc*", "ssn"]) in shell.out
    assert shell("settings", "set", "--unmask", "ssn") == 0
    assert (
        shell.json("settings", "show")[0]["masked_fields"]
        == shell.json("settings", "show")[0]["always_masked_fields"]
    )


def _objects(value: object) -> list[dict[str, object]]:
    assert isinstance(value, list)
    return value


@pytest.mark.usefixtures("books")
def test_a_delivery_has_body_timings_and_headers_of_each_attempt(shell: Shell) -> None:
    """As JSON all of them as they are; for a person the bodies are masked."""
    _, failed = shell.json("deliveries", "list")
    (shown,) = shell.json("deliveries", "show", str(failed["id"]))
    assert shown["body"] == '{"interviewId": "s1",  "token": "hush"}'
    (attempt,) = _objects(shown["attempt_list"])
    assert attempt["response_body"] == '{"why": "gone", "token": "hush"}'
    assert attempt["response_headers"] == [["content-type", "application/json"], ["set-cookie", "hush"]]
    sent = attempt["request_headers"]
    assert isinstance(sent, list)
    assert ["webhook-id", failed["id"]] in sent
    assert ["hookkeeper-attempt", "1"] in sent
    assert ["webhook-signature", None] in sent
    times = ("token_ms", "connect_ms", "first_byte_ms", "total_ms")
    assert [attempt[name] for name in times] == [11, 12, 13, 45]
    assert shell("deliveries", "show", str(failed["id"])) == 0
    assert "hush" not in shell.out
    for shown_words in (
        '"interviewId": "s1"',
        '"why": "gone"',
        "set-cookie    ••••",
        "  11        12          13             45",
    ):
        assert shown_words in shell.out
    assert "Answer to attempt 1\n" in shell.out
    assert "External ID   " in shell.out
