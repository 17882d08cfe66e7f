"""Pipes whose reader goes away, closed and full outputs, and terminals that lack our symbols."""

import asyncio
import json
import os
import socket
import subprocess
from pathlib import Path

import pytest

from core.catalog import accept
from core.models import WebhookOptions
from core.store import config, open_store, queue
from tests.core.cli.command import HOOKKEEPER, hookkeeper, in_shell
from tests.core.cli.conftest import Shell

_LINE = b'{"type": "session-failed", "data": {"n": 1}}\n'


@pytest.fixture(autouse=True)
def _own_database(database: Path) -> Path:
    return database


@pytest.fixture
def much(database: Path) -> None:
    """3,000 events and deliveries: their lists fill a pipe several times over."""

    async def write() -> None:
        body = accept("session-failed", b"{}")
        async with open_store(database) as store:
            options = WebhookOptions(url="https://hooks.example/a")
            await config.add_webhook(store, "session-failed", options, actor="ana")
            await queue.emit_many(store, [queue.Arrival("session-failed", body, None)] * 3000)

    asyncio.run(write())


@pytest.mark.usefixtures("much")
@pytest.mark.parametrize(
    "line",
    [
        "hookkeeper deliveries list --limit 3000 | head -1",
        "hookkeeper events list --limit 3000 --json | head -1",
        "hookkeeper --help | true",
        "hookkeeper types --json | sed q",
        "hookkeeper settings show 2>&1 | true",
    ],
)
def test_a_list_into_head_ends_quietly_with_0(line: str) -> None:
    """This holds under pipefail too, however much the reader reads."""
    done = in_shell(line)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.usefixtures("much")
def test_the_exit_status_stays_that_of_the_command() -> None:
    """A reader that goes away does not change the exit status."""
    assert in_shell("hookkeeper status | true").returncode == 1
    assert in_shell("hookkeeper types --no-such 2>&1 | true").returncode == 2


def test_a_change_goes_on_when_its_reader_has_gone(shell: Shell) -> None:
    """`deliveries cancel A B C | true` cancels all three."""
    assert shell("webhooks", "add", "--type", "session-failed", "--url", "https://hooks.example/a") == 0
    for _ in range(3):
        assert shell("emit", "session-failed", "--data", "{}") == 0
    ids = " ".join(str(each["id"]) for each in shell.json("deliveries", "list"))
    assert in_shell(f"hookkeeper deliveries cancel {ids} | true").returncode == 0
    assert [each["state"] for each in shell.json("deliveries", "list")] == ["cancelled"] * 3


def test_a_batch_whose_answers_nobody_reads_is_stored_and_says_so(shell: Shell) -> None:
    """All events are stored, and one sentence says how many answers were not read."""
    done = in_shell("hookkeeper emit --batch - | true", data=_LINE * 2000)
    assert done.returncode == 0
    assert b" 0 were refused.\n" in done.stderr
    assert b"Nobody could read the answers from line " in done.stderr
    assert len(shell.json("events", "list", "--limit", "9999")) == 2000


def test_a_batch_whose_answers_fill_the_disk_is_stored_and_says_so(shell: Shell) -> None:
    """The command fails because answers are missing, and says how many events are stored."""
    done = in_shell("hookkeeper emit --batch - > /dev/full", data=_LINE * 300 + b"no JSON\n")
    assert done.returncode == 1
    words = (
        b"Nobody could read the answers from line 1 on: of these lines 300 are stored and 1 were refused.\n"
    )
    assert words in done.stderr
    assert len(shell.json("events", "list")) == 100
    assert len(shell.json("events", "list", "--limit", "9999")) == 300


@pytest.mark.parametrize("words", ["types", "--help", "settings set --deadline 9 --json"])
def test_a_full_disk_behind_the_output_is_a_sentence(words: str) -> None:
    """The exit status is 1, but the requested change is done."""
    done = in_shell(f"hookkeeper {words} > /dev/full")
    assert done.returncode == 1
    assert b"Standard output: No space left on device." in done.stderr
    assert b"Any change that was asked for is made." in done.stderr


@pytest.mark.parametrize("end", [">&-", "2>/dev/full", ">&- 2>&- <&-"])
def test_closed_streams_change_nothing(shell: Shell, end: str) -> None:
    """The requested change is done, and the exit status reports success."""
    assert in_shell(f"hookkeeper emit session-failed --data '{{}}' {end}").returncode == 0
    assert in_shell(f"hookkeeper emit nothing --data '{{}}' {end}").returncode == 2
    assert len(shell.json("events", "list")) == 1


@pytest.mark.usefixtures("much")
def test_a_pipe_that_another_program_made_non_blocking_is_waited_for() -> None:
    """Node.js makes its pipes non-blocking. The whole list arrives, and nothing fails."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    with subprocess.Popen(
        [*HOOKKEEPER, "events", "list", "--limit", "3000"], stdout=writing, stderr=subprocess.PIPE
    ) as process:
        os.close(writing)
        with open(reading, "rb") as file:
            assert len(file.read().splitlines()) == 3001
        assert process.wait() == 0


@pytest.mark.usefixtures("much")
def test_a_socket_that_is_reset_is_a_reader_that_has_gone() -> None:
    """Standard output may be a socket, as under inetd."""
    ours, theirs = socket.socketpair()
    with (
        ours,
        theirs,
        subprocess.Popen(
            [*HOOKKEEPER, "events", "list", "--limit", "3000"],
            stdout=theirs.fileno(),
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        ) as process,
    ):
        theirs.close()
        ours.recv(100)
        ours.close()
        assert process.stderr is not None
        assert (process.wait(), process.stderr.read()) == (0, b"")


_ENVIRONMENTS = [
    {"PYTHONIOENCODING": "ascii"},
    {"PYTHONIOENCODING": "latin-1"},
    {"LC_ALL": "C"},
]


@pytest.mark.parametrize("environment", _ENVIRONMENTS, ids=str)
def test_marks_fall_back_to_ascii(shell: Shell, environment: dict[str, str]) -> None:
    """The stand-ins of `LC_ALL=C`, never a question mark."""
    assert shell("webhooks", "add", "--type", "session-failed", "--url", "https://hooks.example/a") == 0
    assert shell("settings", "set", "--header", "x-secret: hush") == 0
    listed = hookkeeper("webhooks", "list", environment=environment).stdout
    assert listed.isascii()
    assert b"?" not in listed
    assert b"  yes      -            0            0     -     -        https://" in listed
    shown = hookkeeper("settings", "show", environment=environment).stdout
    assert b"Header x-secret           *************\n" in shown


def test_marks_stay_where_the_encoding_has_them(shell: Shell) -> None:
    """cp1252 has a dash and dots; UTF-8 has all."""
    assert shell("settings", "set", "--deadline", "9") == 0
    for encoding in ("cp1252", "utf-8"):
        shown = hookkeeper("settings", "show", environment={"PYTHONIOENCODING": encoding}).stdout
        assert "Client ID                 –" in shown.decode(encoding)


def test_letters_that_the_encoding_lacks_are_escaped_as_json_does(shell: Shell) -> None:
    """A body stays readable JSON."""
    assert shell("emit", "session-failed", "--data", '{"name": "Núñez 🚀"}') == 0
    shown = hookkeeper("events", "show", shell.out.strip(), environment={"LC_ALL": "C"}).stdout
    assert json.loads(shown[shown.index(b"{") :]) == {"name": "Núñez 🚀"}


def test_each_stream_has_the_marks_that_it_can_show(shell: Shell) -> None:
    """PYTHONIOENCODING applies to both streams. Text from elsewhere on stderr has no question marks either."""
    done = hookkeeper("emit", "session-fàiled\x07", "--data", "{}", environment={"PYTHONIOENCODING": "ascii"})
    assert done.returncode == 2
    assert done.stderr.isascii()
    assert shell("settings", "set", "--deadline", "9") == 0
    missing = hookkeeper("events", "show", "a\x1bü", environment={"PYTHONIOENCODING": "ascii"})
    assert b"There is no event a^\\u00fc." in missing.stderr
