"""A delivery's page in a real terminal: hostile bytes, the pager, and the countdown line."""

import os
import re
import signal
import stat
import statistics
import sys
from pathlib import Path

import pytest

from core.catalog import Body
from core.clock import now_ms
from core.models import AttemptResult, DeliveryState, Outcome, WebhookOptions
from core.store import Store, config, open_store, queue
from tests.support.terminal import Terminal

pytestmark = pytest.mark.usefixtures("no_dispatcher_left")
HOSTILE = "\x1b[2J\x1b]52;c;aGk=\x07 [/x] [bold] \x9b2J \u202e\u2066 🚀 \x1bc"
_LEFT = re.compile(r"in \d+ min \d+ s")
URL = "https://a.example/"
LATER = 4_000_000_000_000
"""A due time in ms since 1970, so late that the delivery waits throughout the test."""


async def _waiting_delivery(database: Path, body: bytes, due_at: int = LATER) -> None:
    """Store a delivery that failed once, at an endpoint that answered with terminal control sequences."""
    async with open_store(database) as store:
        await config.add_webhook(store, "session-failed", WebhookOptions(url=URL), actor="ana")
        await queue.emit(store, "session-failed", Body(body, HOSTILE, HOSTILE, None))
        await _fail(store, due_at)


async def _fail(store: Store, due_at: int) -> None:
    epoch = await queue.next_epoch(store)
    (claim,) = await queue.claim(store, epoch, [queue.Slots(1, 1, 1, 1)])
    result = AttemptResult(
        Outcome.HTTP_STATUS, f"answered 503 {HOSTILE}", URL + HOSTILE, now_ms(), 5, 503, 0, 1, 2,
        ((HOSTILE, HOSTILE), ("set-cookie", "hush")), HOSTILE.encode() + b"\xff" + b"y" * 100, True,
    )  # fmt: skip
    await queue.record(store, epoch, claim, result, queue.Verdict(DeliveryState.PENDING, 1, due_at))


async def _open(terminal: Terminal) -> None:
    await terminal.shows("delivering")
    terminal.keys("3")
    await terminal.shows("1/10")
    terminal.keys("j\r")
    await terminal.shows("Attempts ─")


async def _leave(terminal: Terminal) -> None:
    os.kill(terminal.pid, signal.SIGTERM)
    assert await terminal.exit_code() == 0


async def test_hostile_text_leaves_the_terminal_whole(database: Path) -> None:
    """No control sequence from the data reaches the terminal, on the page or below it. A line of 1 MB is cut."""
    body = b'{"a": "' + HOSTILE.encode() + b'", "b": "' + b"x" * 1_000_000 + b'"}'
    await _waiting_delivery(database, body)
    terminal = Terminal()
    await _open(terminal)
    await terminal.shows("␛[2J␛]52;c;aGk=␇ [/x] [bold]")
    for _ in range(8):
        terminal.keys("jjjjjjjjjjjjjjjjjjjj")
    await terminal.shows("o opens all of it")
    assert "hush" not in terminal.text()
    written = bytes(terminal.raw)
    for forbidden in (b"\x1b[2J", b"\x1b]52", b"\x1bc", b"=\x07", "\x9b".encode(), "\u202e".encode()):
        assert forbidden not in written
    await _leave(terminal)


async def test_one_line_ticks(database: Path) -> None:
    """While the delivery waits, each second redraws only the remaining time."""
    await _waiting_delivery(database, b"{}", now_ms() + 3_000_000)
    terminal = Terminal()
    await _open(terminal)
    left = await _next_tick(terminal, await _next_tick(terminal, ""))
    costs = []
    for _ in range(5):
        before = terminal.written
        left = await _next_tick(terminal, left)
        costs.append(terminal.written - before)
    # Occasionally the top bar is redrawn as well.
    assert statistics.median(costs) < 300, costs
    await _leave(terminal)


async def _next_tick(terminal: Terminal, before: str) -> str:
    """Wait until the remaining time changes, and return it."""
    await terminal.shows("Next: ")
    if before:
        await terminal.hides(before)
    left = _LEFT.search(terminal.text())
    assert left is not None
    return left[0]


async def test_the_body_in_a_pager(database: Path, tmp_path: Path) -> None:
    """$PAGER gets the whole terminal and a private file. Afterwards the page is back and the file is deleted."""
    await _waiting_delivery(database, b'{"token": "hush", "a": [1]}')
    pager = tmp_path / "pager with spaces"
    pager.write_text(
        "#!/bin/sh\n"
        'cp -p "$2" "$0.seen"; echo "$2" > "$0.name"; mv "$2" "$2~"\n'
        'printf "PAGER %s\\n" "$1"; cat "$2~"; printf "END "; read answer\n'
    )
    pager.chmod(0o755)
    terminal = Terminal(environment={"PAGER": f"'{pager}' -R"})
    await _open(terminal)
    terminal.keys("o")
    await terminal.shows("END")
    assert "PAGER -R" in terminal.text()
    assert '"token": "••••"' in terminal.text()
    terminal.keys("\r")
    await terminal.hides("END")
    await terminal.shows("Attempts ─")
    seen = Path(f"{pager}.seen")
    assert seen.read_text() == '{\n  "token": "••••",\n  "a": [\n    1\n  ]\n}\n'
    assert stat.S_IMODE(seen.stat().st_mode) == 0o600
    assert not Path(Path(f"{pager}.name").read_text().strip()).parent.exists(), (
        "nor what an editor leaves there"
    )
    terminal.keys("i")
    await terminal.shows("nothing masked")
    terminal.keys("o")
    await terminal.shows("END")
    assert '"token": "hush"' in terminal.text()
    terminal.keys("\r")
    await terminal.hides("END")
    await _leave(terminal)


async def test_an_interrupt_is_the_pagers(database: Path, tmp_path: Path) -> None:
    """ctrl+c ends the pager, not Hookkeeper."""
    await _waiting_delivery(database, b"{}")
    terminal = Terminal(environment={"PAGER": "sh -c 'echo PAGING; exec sleep 50'"})
    await _open(terminal)
    terminal.keys("o")
    await terminal.shows("PAGING")
    terminal.keys("\x03")
    await terminal.shows("Attempts ─")
    terminal.keys("\x1b")
    await terminal.hides("Attempts ─")
    await _leave(terminal)


async def test_a_pager_in_the_current_folder_is_not_run(database: Path, tmp_path: Path) -> None:
    """This holds even if PATH contains `.`. A name with a slash is used as given."""
    await _waiting_delivery(database, b"{}")
    pager = tmp_path / "foreign-pager"
    pager.write_text('#!/bin/sh\necho FOREIGN; touch "$0.ran"; read answer\n')
    pager.chmod(0o755)
    hookkeeper = str(Path(sys.executable).with_name("hookkeeper"))
    there = ("/bin/sh", "-c", 'cd "$1" && exec "$2"', "sh", str(tmp_path), hookkeeper)
    path = f".::{os.environ['PATH']}"
    terminal = Terminal(command=there, environment={"PAGER": pager.name, "PATH": path})
    await _open(terminal)
    terminal.keys("o")
    await terminal.shows("✗ foreign-pager was not found.")
    assert not Path(f"{pager}.ran").exists()
    await _leave(terminal)
    terminal = Terminal(command=there, environment={"PAGER": f"./{pager.name}", "PATH": path})
    await _open(terminal)
    terminal.keys("o")
    await terminal.shows("FOREIGN")
    terminal.keys("\r")
    await terminal.shows("Attempts ─")
    await _leave(terminal)


@pytest.mark.parametrize(
    ("pager", "words"),
    [
        ("no-such-pager", "✗ no-such-pager was not found."),
        ("sh -c 'exit 3'", "✗ sh ended with exit status 3."),
    ],
)
async def test_a_pager_that_shows_nothing(database: Path, pager: str, words: str) -> None:
    """A message names the pager, and the page keeps working."""
    await _waiting_delivery(database, b"{}")
    terminal = Terminal(environment={"PAGER": pager})
    await _open(terminal)
    terminal.keys("o")
    await terminal.shows(words)
    terminal.keys("\x1b")
    await terminal.hides("Attempts ─")
    await _leave(terminal)
