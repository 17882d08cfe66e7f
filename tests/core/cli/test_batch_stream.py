"""`emit --batch -` as a program uses it: a stream whose lines are answered as they arrive."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.core.cli.command import HOOKKEEPER

_COMMAND = [*HOOKKEEPER, "emit", "--batch", "-"]
_LINE = b'{"type": "session-failed", "data": {"n": 1.10}}\n'


@pytest.fixture(autouse=True)
def _own_database(database: Path) -> Path:
    return database


@contextmanager
def _stream() -> Iterator["subprocess.Popen[bytes]"]:
    with subprocess.Popen(
        _COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def _answers(data: bytes) -> list[dict[str, object]]:
    done = subprocess.run(_COMMAND, input=data, capture_output=True, check=False)
    assert b"Traceback" not in done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_slow_producer_is_answered_line_by_line() -> None:
    """The answer comes while the input is still open, not once a window or a buffer is full."""
    with _stream() as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for number in (1, 2):
            process.stdin.write(_LINE)
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["line"] == number
        process.stdin.close()
        assert process.wait() == 0


def test_ctrl_c_ends_a_stream_that_waits_for_input() -> None:
    """The exit status is 130, and nothing more is printed."""
    with _stream() as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdin.write(_LINE)
        process.stdin.flush()
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait() == 130
        assert process.stderr.read().decode() == f"The database {os.environ['HOOKKEEPER_DB']} is new.\n"


def test_a_reader_that_goes_away_stops_nothing() -> None:
    """As in `… | head -1`, all lines are stored, and the last message says how many answers were not read."""
    with _stream() as process:
        assert process.stdout is not None
        process.stdout.close()
        _, words = process.communicate(_LINE * 3)
        assert process.returncode == 0
        sentence = (
            b"Nobody could read the answers from line 1 on: of these lines 3 are stored and 0 were refused.\n"
        )
        assert sentence in words


def test_lines_are_counted_as_in_the_file() -> None:
    """Blank lines get no answer, but are counted in line numbers."""
    answers = _answers(b"\n\nnot json\n\n" + _LINE.strip())
    assert [answer["line"] for answer in answers] == [3, 5]
    assert "error" in answers[0]


def test_the_byte_order_mark_of_utf_8_is_accepted() -> None:
    """Some programs write one at the beginning of a file, and there are several in files that were put together."""
    answers = _answers(b"\xef\xbb\xbf" + _LINE * 2 + b"\xef\xbb\xbf" + _LINE)
    assert ["error" in answer for answer in answers] == [False] * 3


@pytest.mark.parametrize(
    "bad",
    [
        b'{"type": "session-failed", "data": ' + b"[" * 40_000 + b"]" * 40_000 + b"}",
        b'{"type": "session-failed", "data": {"a": "' + b"x" * 400_000 + b'"}}',
        b" " * 400_000 + _LINE.strip(),
        b'{"type": "session-failed", "data": {}, "Key": "misspelt, and then not idempotent"}',
        b'{"type": "session-failed", "data": {}, "key": ""}',
        b'{"type": "session-failed"}',
        b'{"type": "\xff", "data": {}}',
    ],
    ids=["deep", "long", "long blank", "unknown field", "empty key", "no data", "no UTF-8"],
)
def test_a_bad_line_stops_no_other(bad: bytes) -> None:
    """The lines before and after it are stored."""
    answers = _answers(_LINE + bad + b"\n" + _LINE)
    assert [(answer["line"], "error" in answer) for answer in answers] == [
        (1, False),
        (2, True),
        (3, False),
    ]


def test_a_key_holds_inside_one_batch() -> None:
    """The same bytes give the same ID, other bytes an error."""
    line = b'{"type": "session-failed", "data": %s, "key": "k"}\n'
    first, same, other = _answers(line % b'{"n":1.10}' + line % b'{"n":1.10}' + line % b'{"n":1.1}')
    assert same["id"] == first["id"]
    assert same["repeated"] is True
    assert "error" in other


def test_memory_does_not_grow_with_the_number_of_lines(tmp_path: Path) -> None:
    """20,000 lines of 1 KiB, 20 MB in all, need hardly more memory than 300 do."""
    line = b'{"type": "session-failed", "data": {"a": "%s"}}\n' % (b"x" * 1024)

    def most_memory(number: int) -> int:
        script = (
            "import resource, sys\nfrom core.cli.main import run\ntry: run(lambda database: 0)\n"
            "finally: print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)"
        )
        file = tmp_path / f"{number}.jsonl"
        file.write_bytes(line * number)
        command = [sys.executable, "-c", script, "emit", "--batch", str(file)]
        done = subprocess.run(command, capture_output=True, check=True, env=os.environ)
        assert len(done.stdout.splitlines()) == number
        return int(done.stderr.split()[-1])

    assert most_memory(20_000) - most_memory(300) < 12 * 1024  # KiB


def test_half_a_surrogate_pair_is_taken_as_by_data(database: Path) -> None:
    """What a single emit accepts, a batch accepts, and stores byte for byte; in a key whole pairs are taken alone."""
    body = b'{"interviewId": "a",  "x": "\\ud800", "y": "\\ud83d\\ude00 \\\\ud800"}'
    line = b'{"key": "\\ud83d\\ude00", "data": ' + body + b', "type": "session-started"}\n'
    wrong = b'{"key": "\\ud800", "data": {"interviewId": "a"}, "type": "session-started"}\n'
    stored, refused = _answers(line + wrong)
    assert refused["error"] == "Half a surrogate pair is taken in a body only."
    show = [*HOOKKEEPER, "events", "show", str(stored["id"]), "--body"]
    assert subprocess.run(show, capture_output=True, check=True).stdout == body
