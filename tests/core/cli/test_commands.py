"""The command line: data on stdout, words on stderr, exit codes 0, 1, 2."""

import asyncio
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from core.clock import now_ms
from core.store.sqlite.lock import DispatcherLock
from core.store.standing import Holder
from tests.core.cli.conftest import Shell
from tests.support.terminal import Terminal


def test_without_a_command_the_screens_open(shell: Shell) -> None:
    """What the screens answer is the exit code."""
    assert shell() == 7
    assert shell("--version") == 0
    assert shell.out == "0.1.0\n"


def test_webhooks(shell: Shell) -> None:
    """Add, show, edit, disable, enable, delete: each has its answer."""
    assert shell("webhooks", "list") == 1
    assert "There is no database" in shell.err
    assert shell("webhooks", "add", "--type", "session-failed", "--url", "https://hooks.example/a") == 0
    identity = shell.out.strip()
    assert shell("webhooks", "edit", identity[-4:], "--schedule", "5s 5m", "--success", "incode") == 0
    (webhook,) = shell.json("webhooks", "list")
    assert webhook["id"] == identity
    assert (webhook["retry_schedule"], webhook["accepted_answer"], webhook["version"]) == (
        "5s 5m",
        "incode",
        2,
    )
    assert shell("webhooks", "edit", identity, "--schedule", "") == 0
    assert shell.json("webhooks", "show", identity)[0]["retry_schedule"] is None
    assert shell("webhooks", "show", identity, "--reveal-secret") == 0
    assert "whsec_" in shell.out
    assert shell("webhooks", "disable", identity) == 0
    assert shell("webhooks", "test", identity) == 1
    assert "is disabled" in shell.err
    assert shell("webhooks", "enable", identity, "--held", "cancel") == 0
    assert shell("webhooks", "test", identity) == 0
    assert shell.out.startswith("dlv_")
    assert shell("webhooks", "list") == 0
    assert "https://hooks.example/a" in shell.out
    assert shell("webhooks", "delete", identity) == 2
    assert shell("webhooks", "delete", identity, "--yes") == 0
    assert "1 deliveries cancelled" in shell.err
    assert shell("webhooks", "show", identity) == 1
    (deleted,) = shell.json("webhooks", "list", "--deleted")
    assert (deleted["id"], deleted["cancelled"]) == (identity, 1)
    assert shell("webhooks", "list", "--deleted") == 0
    assert identity in shell.out
    assert shell("webhooks", "undelete", identity[-5:]) == 0
    assert shell("webhooks", "undelete", identity[-5:]) == 1
    assert shell.json("webhooks", "list")[0]["held"] == 1


def test_rotating_twice_within_a_day_and_now(shell: Shell) -> None:
    """`webhooks show` counts the older secrets that still sign; --now ends them and says what that means."""
    assert shell("webhooks", "add", "--type", "session-failed", "--url", "https://hooks.example/a") == 0
    identity = shell.out.strip()
    assert shell.json("webhooks", "show", identity)[0]["older_secrets_end_at"] == []
    for _ in range(2):
        assert shell("webhooks", "rotate-secret", identity) == 0
    ends = shell.json("webhooks", "show", identity)[0]["older_secrets_end_at"]
    assert isinstance(ends, list)
    assert len(ends) == 2
    assert shell("webhooks", "show", identity) == 0
    assert "Older secrets         2 sign, too, until " in shell.out
    (rotated,) = shell.json("webhooks", "rotate-secret", identity, "--now")
    words = "The secrets before this one have ended: a receiver refuses requests until it has the new one."
    assert json.loads(shell.err) == {"note": words}
    assert shell("webhooks", "show", identity, "--reveal-secret") == 0
    assert str(rotated["signing_secret"]) in shell.out
    assert "Older secrets         none" in shell.out


def test_options_are_listed(shell: Shell) -> None:
    """Order, rate and wanted statuses stand in the table, where somebody looks for why an event did not go out."""
    options = ("--in-order", "--rate", "0.5", "--status-filter", "EXPIRED,ONBOARDING_FINISHED")
    add = ("webhooks", "add", "--type", "onboarding-status", "--url", "https://hooks.example/a")
    assert shell(*add, *options) == 0
    assert shell("webhooks", "list") == 0
    assert "in order, 0.5/s, EXPIRED, ONBOARDING_FINISHED" in shell.out


def test_secrets_and_the_audit(shell: Shell) -> None:
    """The new secret alone is printed; the audit says who saw and who rotated it, without telling it."""
    assert shell("webhooks", "add", "--type", "session-failed", "--url", "https://hooks.example/a") == 0
    identity = shell.out.strip()
    assert shell("webhooks", "show", identity) == 0
    assert "whsec_" not in shell.out
    assert shell("webhooks", "rotate-secret", identity[-4:]) == 0
    secret = shell.out.strip()
    assert secret.startswith("whsec_")
    assert "24 hours" in shell.err
    assert shell.json("webhooks", "show", identity, "--reveal-secret")[0]["signing_secret"] == secret
    (rotated,) = shell.json("webhooks", "rotate-secret", identity)
    assert rotated["signing_secret"] != secret
    entries = shell.json("audit", "--subject", identity)
    assert [entry["action"] for entry in entries] == [
        "secret rotated",
        "secret shown",
        "secret rotated",
        "generated",
    ]
    assert set(entries[0]) == {"at", "actor", "action", "subject", "details"}
    assert shell("audit", "--limit", "1") == 0
    assert "secret rotated" in shell.out
    assert "whsec_" not in shell.out + shell.err
    assert shell.json("audit", "--subject", "settings") == []


def test_rate_order_and_status_filter(shell: Shell) -> None:
    """They are set, shown and set back; a status that may be a slip is stored with a warning."""
    options = ("--in-order", "--rate", "2.5", "--status-filter", "EXPIRED, manual_review_aproved,")
    url = ("--url", "https://hooks.example/a")
    assert shell("webhooks", "add", "--type", "onboarding-status", *url, *options) == 0
    identity = shell.out.strip()
    assert "manual_review_aproved is not among the statuses" in shell.err
    assert "Did you mean MANUAL_REVIEW_APPROVED?" in shell.err
    (webhook,) = shell.json("webhooks", "list")
    assert (webhook["in_order"], webhook["rate"]) == (True, 2.5)
    assert webhook["status_filter"] == ["EXPIRED", "manual_review_aproved"]
    assert shell("webhooks", "edit", identity, "--concurrency", "3") == 0
    assert "Did you mean" not in shell.err
    assert shell("webhooks", "show", identity) == 0
    shown = [line.split(maxsplit=1) for line in shell.out.splitlines()]
    assert ["Rate", "2.5 a second"] in shown
    assert ["In", "order per session  yes"] in shown
    assert ["Status", "filter         EXPIRED, manual_review_aproved"] in shown
    assert shell("webhooks", "edit", identity, "--no-in-order", "--rate", "", "--status-filter", "") == 0
    (webhook,) = shell.json("webhooks", "show", identity)
    assert (webhook["in_order"], webhook["rate"], webhook["status_filter"]) == (False, None, [])
    assert webhook["concurrency"] == 3


def test_unwanted_events_name_their_reasons(shell: Shell) -> None:
    """Each webhook that filtered an event out says so, in the list and beside the event."""
    url = ("--url", "https://hooks.example/a")
    assert shell("webhooks", "add", "--type", "onboarding-status", *url, "--status-filter", "EXPIRED") == 0
    webhook = shell.out.strip()
    body = '{"interviewId": "1", "onboardingStatus": "UNKNOWN"}'
    assert shell("emit", "onboarding-status", "--data", body) == 0
    event = shell.out.strip()
    reason = f"{webhook}: status UNKNOWN is not in its filter"
    for words in (("list", "--unwanted"), ("show", event)):
        assert shell("events", *words) == 0
        assert "no webhook wants status UNKNOWN" in shell.out
        assert reason in shell.out
    (listed,) = shell.json("events", "list", "--unwanted")
    assert listed["skipped"] == [{"webhook_id": webhook, "reason": "status UNKNOWN is not in its filter"}]
    assert shell("events", "deliver", event, "--webhook", webhook) == 0
    assert shell.json("events", "list", "--unwanted") == []


def test_a_delivery_says_what_it_waits_for(shell: Shell) -> None:
    """Behind another of its session it names the one that goes first."""
    assert (
        shell("webhooks", "add", "--type", "session-failed", "--url", "https://a.example/", "--in-order") == 0
    )
    for _ in range(2):
        assert shell("emit", "session-failed", "--data", '{"interviewId": "1"}') == 0
    second, first = shell.json("deliveries", "list")
    assert (second["waits_for"], second["head_id"], first["waits_for"]) == ("order", first["id"], "now")
    assert shell("deliveries", "show", str(second["id"])) == 0
    assert f"order, after {first['id']}" in shell.out


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("--type", "session-faild", "--url", "https://a.example/"), "Did you mean session-failed?"),
        (("--type", "ine-scraping", "--url", "https://a.example/"), "add --deprecated"),
        (("--type", "session-failed", "--url", "hooks.example"), "Start with https:// or http://"),
        (("--type", "session-failed", "--url", "https://u:p@a.example/"), "Leave user and password"),
        (("--type", "session-failed", "--url", "http://10.20.4.7/"), "--allow-network 10.20.0.0/16"),
        (("--type", "session-failed", "--url", "http://169.254.169.254/"), "is never delivered to"),
        (("--type", "session-failed", "--url", "https://a.example/", "--deadline", "0"), "Enter at least 1."),
        (
            ("--type", "session-failed", "--url", "https://a.example/", "--concurrency", "x"),
            "Enter a number.",
        ),
        (("--type", "session-failed", "--url", "https://a.example/", "--schedule", "soon"), "is not a wait"),
        (("--type", "session-failed", "--url", "https://a.example/", "--success", "maybe"), "Choose one of"),
        (
            ("--type", "session-failed", "--url", "https://a.example/", "--status-filter", "A"),
            "--status-filter: A session-failed body has no status to filter by.",
        ),
        (
            ("--type", "onboarding-status", "--url", "https://a.example/", "--status-filter", "A" * 101),
            "--status-filter: At most 100 characters.",
        ),
        (
            ("--type", "proof-of-payment", "--url", "https://a.example/", "--in-order"),
            "--in-order: A proof-of-payment body names no session",
        ),
        (("--type", "session-failed", "--url", "https://a.example/", "--rate", "0"), "Enter at least 0.01."),
    ],
)
def test_wrong_webhooks(shell: Shell, words: tuple[str, ...], expected: str) -> None:
    """A wrong value is refused with its reason, and nothing is stored."""
    assert shell("webhooks", "add", *words) == 2
    assert expected in shell.err
    assert shell.out == ""


def test_help_says_whole_sentences(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the lists of commands, too, at 80 columns."""
    monkeypatch.setenv("COLUMNS", "80")
    for group in ("", "events", "webhooks", "settings", "deliveries", "notices", "keys", "jobs"):
        assert shell(*group.split(), "--help") == 0
        assert [line for line in shell.out.splitlines() if line.endswith("...") and "Usage" not in line] == []


def test_prune(shell: Shell) -> None:
    """What would be removed is counted, then removed; a new database has nothing of it."""
    assert shell("emit", "session-failed", "--data", "{}") == 0
    assert shell("prune", "--dry-run") == 0
    assert "Nothing was removed." in shell.err
    assert "Unwanted events            0" in shell.out
    (pruned,) = shell.json("prune")
    assert pruned == {
        "delivered": 0, "failed": 0, "evidence": 0, "unwanted": 0, "events": 0, "keys": 0, "overdue": 0,
        "dry_run": False,
    }  # fmt: skip


def test_events_and_deliveries(shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is handed over is listed, shown, delivered later, cancelled and sent again."""
    body = '{"interviewId": "1",  "token":"hush", "n":1.10}'
    assert shell("emit", "session-failed", "--data", body) == 0
    event = shell.out.strip()
    assert "No webhook took it" in shell.err
    for command in (
        "deliveries list",
        "deliveries list code:404",
        "jobs",
        "webhooks list",
        "webhooks list --deleted",
    ):
        assert shell(*command.split()) == 0
        assert shell.out.startswith("ID")
        assert shell.err.startswith("No ")
    assert "Nobody delivers" not in shell.err
    assert shell("events", "show", event, "--body") == 0
    assert shell.out == body
    assert shell("events", "show", event) == 0
    assert "hush" not in shell.out
    assert "1.10" in shell.out
    assert shell.json("events", "list", "--unwanted")[0]["id"] == event
    assert shell("webhooks", "add", "--type", "session-failed", "--url", "http://hooks.example/a") == 0
    webhook = shell.out.strip()
    assert "anyone on the way" in shell.err
    assert shell("events", "deliver", event, "--webhook", webhook) == 0
    delivery = shell.out.strip()
    assert shell("deliveries", "list", "--state", "pending", "--webhook", webhook, "--since", "1h") == 0
    assert delivery in shell.out
    assert shell.json("deliveries", "show", delivery)[0]["attempt_list"] == []
    assert shell("deliveries", "show", delivery) == 0
    assert shell("deliveries", "cancel", delivery) == 0
    assert shell("deliveries", "resend", delivery) == 0
    assert shell.json("deliveries", "list", "--type", "session-failed")[0]["state"] == "pending"
    for wrong in (("--state", "x"), ("--type", "x"), ("--since", "x")):
        assert shell("deliveries", "list", *wrong) == 2
    assert shell("deliveries", "show", delivery, "--curl") == 0
    assert shlex.split(shell.out)[-2:] == ["--data-raw", shell.json("events", "show", event)[0]["body"]]
    assert shell("deliveries", "show", delivery, "--curl", "--json") == 2
    assert shell("deliveries", "show", "dlv_x") == 1
    file = tmp_path / "body.json"
    file.write_text(body)
    assert shell("emit", "session-failed", "--data", f"@{file}", "--key", "k") == 0
    first = shell.out
    assert "Nobody delivers now" in shell.err
    assert shell("emit", "session-failed", "--data", f"@{file}", "--key", "k") == 0
    assert shell.out == first
    assert "Stored." not in shell.err
    assert shell("deliveries", "resend", "dlv_none") == 1
    assert "Stored." not in shell.err
    assert shell("emit", "session-failed", "--data", "{}", "--key", "k") == 1
    assert shell("emit", "session-failed", "--data", "[]") == 1
    assert shell("emit", "session-failed", "--data", "@/nothing") == 2
    assert shell("emit", "session-failed") == 2
    assert shell("emit", "sesion-failed", "--data", "{}") == 2


def test_batch(shell: Shell, tmp_path: Path) -> None:
    """One answer a line, in order; a bad line names itself and stops nothing else."""
    lines = [b'{"type": "session-failed", "data": {"n": 1.10}}'] * 700
    lines[3] = b"not json"
    lines[5] = b'{"type": "nothing", "data": {}}'
    lines[7] = b'{"type": "session-failed", "data": {"a": "\xff"}}'
    file = tmp_path / "lines"
    file.write_bytes(b"\n".join(lines))
    assert shell("emit", "--batch", str(file)) == 1
    answers = [json.loads(line) for line in shell.out.splitlines()]
    assert [answer["line"] for answer in answers] == list(range(1, 701))
    assert [answer["line"] for answer in answers if "error" in answer] == [4, 6, 8]
    assert shell("emit", "--batch", "/nothing") == 2


def test_status_and_stop(shell: Shell) -> None:
    """Without a dispatcher both say so; without a database, that, and none is made of a slip in its name."""
    for command in ("status", "stop", "deliveries list"):
        assert shell(*command.split()) == 1
        assert "There is no database" in shell.err
    assert shell("settings", "set", "--deadline", "9") == 0
    assert "hookkeeper.db is new." in shell.err
    assert shell("status") == 1
    assert shell.out == "Nobody delivers. Start hookkeeper serve.\n"
    assert shell("stop") == 0
    with DispatcherLock.of(Path(os.environ["HOOKKEEPER_DB"])) as lock:
        lock.take()
        lock.say(Holder(os.getpid(), 1, "serve", now_ms(), "eve\x1b[2J"))
        assert shell("status") == 0
        assert "started by eve␛[2J (serve)" in shell.out


def test_a_command_imports_no_other_command_no_screen_and_no_http(shell: Shell) -> None:
    """Each of them would be paid for by every start."""
    assert shell("webhooks", "add", "--type", "session-failed", "--url", "https://x.example") == 0
    script = (
        "import sys; sys.argv = ['hookkeeper', 'deliveries', 'list']\nfrom core.cli.main import run\n"
        "try: run(lambda path: 0)\nexcept SystemExit: pass\n"
        "print(*sorted({'textual', 'httpx', 'httptools', 'core.cli.webhooks'} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert done.stdout.startswith(b"ID")
    assert done.stderr.splitlines()[1:] == [b""]


def test_a_narrow_terminal_gets_no_broken_table(shell: Shell) -> None:
    """What does not fit goes on below; what has no room at all stands as fields. A program gets one line a row."""
    assert shell("webhooks", "add", "--type", "session-failed", "--url", "https://x.example/hooks") == 0
    (webhook,) = shell.json("webhooks", "list")

    async def shown(last: str, *words: str, columns: int = 80) -> str:
        terminal = Terminal(command=(sys.executable, "-m", "core.cli"), words=words, columns=columns)
        await terminal.shows(last)
        await terminal.exit_code()
        return terminal.text()

    assert f"ID           {webhook['id']}" in asyncio.run(shown("x.example/hooks", "webhooks", "list"))
    assert asyncio.run(shown("x.example/hooks", "webhooks", "list", columns=130)).startswith("ID  ")
    assert "\n                   " in asyncio.run(shown("no files", "doctor"))
    assert shell("webhooks", "list") == 0
    assert len(shell.out.splitlines()) == 2


def test_a_closed_pipe_is_quiet(database: Path) -> None:
    """`hookkeeper types | head -1` complains about nothing; nor does it import the screens or HTTP."""
    script = (
        "import sys; sys.argv = ['hookkeeper', 'types']\nfrom core.cli.main import run\n"
        "try: run(lambda path: 0)\nexcept SystemExit: pass\n"
        "sys.exit(3 if {'textual', 'httpx', 'httptools'} & set(sys.modules) else 0)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
