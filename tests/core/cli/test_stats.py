"""`stats`, and the words that say which deliveries are meant."""

import asyncio
from pathlib import Path

import pytest

from core.catalog import accept
from core.models import AttemptResult, DeliveryState, Outcome, WebhookOptions
from core.store import config, open_store, paces, queue
from core.store.paces import PaceState, PaceWord
from tests.core.cli.conftest import Shell


@pytest.fixture
def webhook(database: Path) -> str:
    """A webhook with a rate, spared by its breaker; one delivery was answered 404, one waits."""

    async def write() -> str:
        async with open_store(database) as store:
            options = WebhookOptions(url="https://a.example/", rate=2)
            webhook = await config.add_webhook(store, "session-failed", options, actor="ana")
            for session in (b"s1", b"s2"):
                body = accept("session-failed", b'{"interviewId": "%s"}' % session)
                await queue.emit(store, "session-failed", body)
            epoch = await queue.next_epoch(store)
            (claim,) = await queue.claim(store, epoch, [queue.Slots(1, 1, 1, 1)])
            bad = AttemptResult(
                Outcome.HTTP_STATUS, "answered 404 Not Found", "https://a.example/", 1, 5, 404
            )
            await queue.record(store, epoch, claim, bad, queue.Verdict(DeliveryState.FAILED, 10))
            state = PaceState(PaceWord.HALF_OPEN, 1, 2, "endpoint down")
            await paces.set_pace(store, 1, state)
            return webhook.id

    return asyncio.run(write())


def test_stats(shell: Shell, webhook: str) -> None:
    """The head of the Monitor, then each webhook; as JSON one line."""
    assert shell("stats") == 0
    lines = dict(line.split("  ", 1) for line in shell.out.splitlines() if "  " in line)
    assert lines["Dispatcher"].strip() == "Nobody delivers. Start hookkeeper serve."
    assert lines["Undelivered"].strip() == "2"
    assert lines["Open breakers"].strip() == "1"
    (row,) = [line for line in shell.out.splitlines() if line.startswith(webhook)]
    assert "  2  " in row
    assert "breaker half-open since 1 Jan: endpoint down" in row
    (figures,) = shell.json("stats")
    assert (figures["undelivered"], figures["success"], figures["token_reason"]) == (2, None, None)
    assert figures["delivered_by_minute"] == [0] * 15
    assert figures["webhooks"] == [
        {
            "id": webhook,
            "type": "session-failed",
            "undelivered": 2,
            "held": 0,
            "rate": 2.0,
            "pace": "breaker half-open since 1 Jan: endpoint down",
        }
    ]


@pytest.mark.parametrize(
    ("words", "sessions"),
    [
        ((), ["s2", "s1"]),
        (("state:failed",), ["s1"]),
        (("!code:404",), ["s2"]),
        (("s1", "class:http_status"), ["s1"]),
        (("s1 code:4xx", "--type", "session-failed"), ["s1"]),
        (("--code", "404", "!s2"), ["s1"]),
    ],
)
def test_words(shell: Shell, webhook: str, words: tuple[str, ...], sessions: list[str]) -> None:
    """The same language as in the Monitor's filter line, beside the options."""
    assert [each["session"] for each in shell.json("deliveries", "list", *words)] == sessions


def test_jobs_take_words(shell: Shell, webhook: str) -> None:
    """Negations, too, which no option says."""
    assert shell("deliveries", "resend", "--all-failed", "--filter", "!code:404", "--dry-run") == 0
    assert shell.out == "0\n"
    assert shell("deliveries", "cancel", "--all", "--filter", "!code:404 s2", "--dry-run") == 0
    assert shell.out == "1\n"
    assert shell("deliveries", "resend", "--filter", "s2", "--dry-run") == 0
    assert shell.out == "1\n"
    (job,) = shell.json(
        "deliveries", "resend", "--all-failed", "--filter", f"webhook:{webhook[-4:]} !code:5xx"
    )
    assert job["words"] == f"failed, wh_…{webhook[-4:]}, not 5xx"
    assert job["filter"] == {"state": "failed", "webhook": webhook, "without": [{"status_class": 5}]}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("list", "code:x"), '"x" is not a status code such as 404, or 5xx for all from 500 on.'),
        (
            ("list", "code:404", "--code", "500"),
            "--code and the word code: both choose by code. Leave one of them out.",
        ),
        (
            ("resend", "--all-failed", "--filter", "state:pending"),
            "--all-failed and the word state: both choose by state. Leave one of them out.",
        ),
        (("resend", "dlv_1", "--filter", "code:404"), "Write the IDs of deliveries, or --all-failed"),
    ],
)
def test_wrong_words(shell: Shell, webhook: str, words: tuple[str, ...], said: str) -> None:
    """Wrong usage, in a sentence."""
    assert shell("deliveries", *words) == 2
    assert shell.err.startswith(said)
