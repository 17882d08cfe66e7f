"""Bulk changes on the command line: a dry run that counts, then a job that can be followed and stopped."""

import asyncio
from pathlib import Path

import pytest

from core.catalog import accept
from core.models import AttemptResult, DeliveryState, Outcome, WebhookOptions
from core.store import Store, config, jobs, open_store, queue
from tests.core.cli.conftest import Shell

BODY = accept("session-failed", b'{"interviewId": "66e1"}')
BAD = AttemptResult(Outcome.HTTP_STATUS, "answered 503 Service Unavailable", "https://a.example/", 1, 5, 503)
OK = AttemptResult(Outcome.OK, "answered 204 No Content", "https://a.example/", 1, 5, 204)


def _books(database: Path, *, failed: int, delivered: int = 0) -> str:
    """Add a webhook with this many deliveries per state, and return its ID."""

    async def write() -> str:
        async with open_store(database) as store:
            options = WebhookOptions(url="https://a.example/")
            webhook = await config.add_webhook(store, "session-failed", options, actor="ana")
            for result, state, number in (
                (BAD, DeliveryState.FAILED, failed),
                (OK, DeliveryState.DELIVERED, delivered),
            ):
                await _deliver(store, result, state, number)
            return webhook.id

    return asyncio.run(write())


async def _deliver(store: Store, result: AttemptResult, state: DeliveryState, number: int) -> None:
    for _ in range(number):
        await queue.emit(store, "session-failed", BODY)
    epoch = await queue.next_epoch(store)
    for claim in await queue.claim(store, epoch, [queue.Slots(1, 1, number + 1, number + 1)]):
        await queue.record(store, epoch, claim, result, queue.Verdict(state, 10))


def _work(database: Path, job: str) -> None:
    """Run a job to its end, as the dispatcher does."""

    async def go_on() -> None:
        async with open_store(database) as store:
            while (await jobs.step(store, job)).state == "running":
                pass

    asyncio.run(go_on())


def test_resending_many(database: Path, shell: Shell) -> None:
    """The dry run counts; the job's ID goes to stdout, the words beside it; the list shows how far it is."""
    webhook = _books(database, failed=3, delivered=1)
    options = ("--all-failed", "--webhook", webhook[-4:], "--type", "session-failed", "--class", "http_status",
               "--code", "503", "--session", "66e1", "--since", "1h")  # fmt: skip
    words = f"failed, Session Failed, wh_…{webhook[-4:]}, http status, 503, session 66e1, since "
    assert shell("deliveries", "resend", *options, "--dry-run") == 0
    assert shell.out == "3\n"
    assert shell.err.startswith(f"3 deliveries would be resent: {words}")
    (counted,) = shell.json("deliveries", "resend", *options, "--dry-run")
    assert counted["count"] == 3
    assert shell.json("jobs") == []
    assert shell("deliveries", "resend", *options) == 0
    job = shell.out.strip()
    assert job.startswith("job_")
    assert f"3 deliveries will be resent: {words}" in shell.err
    assert "Stored. Nobody delivers now" in shell.err
    _work(database, job)
    (shown,) = shell.json("jobs", "list")
    assert [shown[name] for name in ("id", "state", "total", "done", "skipped")] == [job, "done", 3, 3, 0]
    assert shell("jobs") == 0
    assert job in shell.out
    assert len(shell.json("deliveries", "list", "--state", "pending")) == 3
    assert shell("deliveries", "resend", "--all-failed") == 0
    assert (shell.out, shell.err) == ("", "0 deliveries would be resent: failed.\n")


def test_cancelling_many_needs_yes(database: Path, shell: Shell) -> None:
    """Without it nothing is stored; a job can be paused, resumed and ended by its tail."""
    _books(database, failed=2, delivered=1)
    assert shell("deliveries", "cancel", "--all") == 2
    assert shell.json("jobs") == []
    assert shell("deliveries", "cancel", "--all", "--dry-run") == 0
    assert shell.out == "2\n"
    (job,) = shell.json("deliveries", "cancel", "--all", "--yes")
    assert (job["kind"], job["state"], job["total"]) == ("cancel", "running", 2)
    assert job["filter"] == {"state": "undelivered"}
    identity = str(job["id"])
    assert shell("jobs", "pause", identity[-4:]) == 0
    assert shell.err == f"{identity} is paused: 0 of 2 done.\n"
    assert shell("jobs", "pause", identity) == 1
    assert shell.json("jobs", "resume", identity[-4:])[0]["state"] == "running"
    _work(database, identity)
    assert shell("jobs", "show", identity[-4:]) == 0
    assert "2 of 2" in shell.out
    assert shell.json("jobs", "show", identity)[0]["state"] == "done"
    assert shell("jobs", "cancel", identity) == 1
    assert "is done already" in shell.err
    assert shell("jobs", "show", "job_nothing") == 1


@pytest.mark.parametrize(
    "words",
    [
        ("resend",),
        ("resend", "--since", "1h"),
        ("resend", "dlv_aaaa", "--all-failed"),
        ("resend", "dlv_aaaa", "--dry-run"),
        ("resend", "--all-failed", "--code", "99"),
        ("resend", "--all-failed", "--class", "bad"),
        ("resend", "--all-failed", "--until", "soon"),
        ("cancel", "dlv_aaaa", "--state", "held"),
        ("cancel", "--all", "--state", "delivered", "--yes"),
        ("list", "--until", "0001-01-01T00:00+14:00"),
    ],
)
def test_wrong_words(shell: Shell, database: Path, words: tuple[str, ...]) -> None:
    """Invalid filters are refused before anything is done."""
    assert shell("deliveries", *words) == 2
    assert not database.exists()


def test_a_resend_says_that_it_had_arrived(database: Path, shell: Shell) -> None:
    """Beside the data, so that nobody sends twice without knowing."""
    _books(database, failed=1, delivered=1)
    delivered, failed = (str(each["id"]) for each in shell.json("deliveries", "list"))
    assert shell("deliveries", "resend", delivered, failed) == 0
    assert shell.err.splitlines()[0] == f"{delivered} was delivered before; it is sent once more."
    assert failed not in shell.err


def test_delivering_what_nobody_wanted(database: Path, shell: Shell) -> None:
    """One event by ID, or all of them; the dry run counts."""
    for _ in range(3):
        assert shell("emit", "session-failed", "--data", "{}") == 0
    assert shell("webhooks", "add", "--type", "session-failed", "--url", "https://a.example/") == 0
    to_it = ("events", "deliver", "--webhook", shell.out.strip())
    for wrong in ((), ("evt_a", "--unwanted"), ("evt_a", "--since", "1h"), ("evt_a", "--dry-run")):
        assert shell(*to_it, *wrong) == 2
    assert shell(*to_it, "--unwanted", "--dry-run") == 0
    assert shell.out == "3\n"
    assert shell.json(*to_it, "--unwanted", "--since", "1h") == [{"count": 3}]
    assert shell(*to_it, "--unwanted") == 0
    assert (shell.out, shell.err) == ("0\n", "")
