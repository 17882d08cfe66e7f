"""Wrong input, and output that cannot be printed, give one sentence and never a traceback."""

import json
import os
import sys
from pathlib import Path

import pytest

from tests.core.cli.command import hookkeeper, in_shell
from tests.support.terminal import Terminal


@pytest.fixture(autouse=True)
def _own_database(database: Path) -> Path:
    return database


def _add_webhook() -> str:
    url = "https://hooks.example/a"
    done = hookkeeper("webhooks", "add", "--type", "session-failed", "--url", url)
    return done.stdout.decode().strip()


def test_each_wrong_option_is_named() -> None:
    """Two wrong values give two lines, each with its option."""
    done = hookkeeper(
        "webhooks", "add", "--type", "session-failed", "--url", "https://a.example/",
        "--deadline", "0", "--concurrency", "x",
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.decode().splitlines() == [
        "--concurrency: Enter a number.",
        "--deadline: Enter at least 1.",
    ]


def test_a_private_token_endpoint_is_refused_until_its_network_is_allowed() -> None:
    """The Authentication URL is guarded as a webhook's URL is; both options may come together."""
    oidc = ("--auth-url", "https://10.1.2.3/token", "--client-id", "a", "--secret-key-file", "-")
    done = hookkeeper("settings", "set", *oidc, data=b"secret")
    assert done.returncode == 2
    assert b"--allow-network 10.1.0.0/16" in done.stderr
    allowed = hookkeeper("settings", "set", *oidc, "--allow-network", "10.1.0.0/16", data=b"secret")
    assert allowed.returncode == 0


def test_a_wrong_header_value_is_named_by_its_header_and_not_shown() -> None:
    """Header values may be secrets: the message has the name alone."""
    done = hookkeeper("settings", "set", "--header", "X-Secret: hush ")
    assert done.returncode == 2
    assert done.stderr == b"--header X-Secret: A header value has no space at its ends.\n"


@pytest.mark.parametrize(
    "words",
    [
        ("settings", "set", "--deadline", "soon"),
        ("webhooks", "add", "--type", "session-failed", "--url", "http://127.0.0.1/"),
    ],
)
def test_what_is_refused_makes_no_database(words: tuple[str, ...]) -> None:
    """Neither the file nor its folder is created, so that a typo leaves nothing to clean up."""
    assert hookkeeper(*words).returncode == 2
    assert not list(Path(os.environ["HOOKKEEPER_DB"]).parent.glob("*"))


def test_a_slip_in_a_command_is_told_with_the_nearest() -> None:
    """The message suggests the nearest command, not all that share some letters."""
    done = hookkeeper("event", "list")
    words = b'There is no command "event". Did you mean events? hookkeeper --help lists them all.\n'
    assert (done.returncode, done.stderr) == (2, words)


@pytest.mark.parametrize("words", [("deliveries", "--\u202e"), ("stats", "\u202e"), ("--\u202e",)])
def test_a_wrong_option_is_told_without_its_marks(words: tuple[str, ...]) -> None:
    """Bidirectional marks, which come from a paste, are replaced. The usage is printed above the message."""
    done = hookkeeper(*words)
    assert (done.returncode, b"Usage: " in done.stderr) == (2, True)
    assert "�" in done.stderr.decode()
    assert "\u202e" not in done.stderr.decode()


def test_a_command_that_is_not_whole_shows_its_help() -> None:
    """The output is that of --help, but the exit status is that of wrong usage."""
    done = hookkeeper("deliveries")
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr == hookkeeper("deliveries", "--help").stdout


def test_a_key_that_no_database_takes_is_refused() -> None:
    """Bytes that are no text come from a shell in another encoding."""
    done = hookkeeper("emit", "session-failed", "--data", "{}", "--key", b"\xff")
    assert done.returncode == 2


def test_a_test_event_takes_its_body_from_standard_input() -> None:
    """`--data -` and the body limit of the settings hold for test events as well."""
    webhook = _add_webhook()
    assert hookkeeper("webhooks", "test", webhook, "--data", "-", data=b'{"a": 1}').returncode == 0
    assert hookkeeper("settings", "set", "--body-limit", "1024").returncode == 0
    large = json.dumps({"a": "x" * 2000}).encode()
    assert hookkeeper("webhooks", "test", webhook, "--data", "-", data=large).returncode == 1


def test_one_delivery_that_is_not_there_stops_no_other() -> None:
    """`resend` does what it can, and its exit status says that it was not all."""
    webhook = _add_webhook()
    delivery = hookkeeper("webhooks", "test", webhook).stdout.decode().strip()
    done = hookkeeper("deliveries", "resend", "dlv_none", delivery)
    assert done.returncode == 1
    assert delivery in done.stdout.decode()
    assert b"There is no delivery dlv_none" in done.stderr


def test_deleting_what_is_gone_says_who_deleted_it() -> None:
    """The message comes from the audit in the books."""
    webhook = _add_webhook()
    assert hookkeeper("webhooks", "delete", webhook, "--yes").returncode == 0
    again = hookkeeper("webhooks", "delete", webhook, "--yes")
    assert again.returncode == 1
    assert f"{webhook} was deleted by".encode() in again.stderr


def test_json_leaves_the_terminal_whole() -> None:
    """C1 controls and right-to-left marks in a body are escaped, and the body's text is exact."""
    body = '{"a":"\u009b31m\u202e",  "n":1.10}'
    event = hookkeeper("emit", "session-failed", "--data", body).stdout.decode().strip()
    shown = hookkeeper("events", "show", event, "--json")
    assert shown.stdout.isascii()
    assert json.loads(shown.stdout)["body"] == body


def test_a_lock_file_that_cannot_be_written_is_told_with_its_name(database: Path) -> None:
    """The dispatcher cannot write the lock file, here because no file may grow. The message names the file."""
    _add_webhook()
    lock = database.with_name(f"{database.name}.dispatcher")
    lock.write_text('{"pid":1}')  # what a killed one left
    # Coverage is turned off, because it could not write its data either.
    done = in_shell("unset COVERAGE_PROCESS_START COVERAGE_PROCESS_CONFIG; ulimit -f 0; hookkeeper serve")
    assert (done.returncode, done.stderr.decode()) == (1, f"{lock}: File too large.\n")


async def test_a_prompt_that_is_ended_is_a_sentence() -> None:
    """ctrl+d at the prompt for the Secret Key gives one sentence."""
    words = ("settings", "set", "--secret-key-file", "-")
    terminal = Terminal(command=(sys.executable, "-m", "core.cli"), words=words)
    await terminal.shows("Secret Key: ")
    terminal.keys("\x04")
    await terminal.shows("The input ended before anything was typed.")
    assert await terminal.exit_code() == 1
    assert "Traceback" not in terminal.text()
