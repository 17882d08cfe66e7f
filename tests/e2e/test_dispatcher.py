"""The dispatcher as a process: kills, standby, draining, and a token endpoint that is down."""

import asyncio
import json
import re
import signal
import sys
import time
from collections import Counter
from contextlib import aclosing
from pathlib import Path

import pytest
from pydantic import SecretStr

from core.catalog import accept
from core.models import GeneralSettings, Outcome, WebhookOptions
from core.store import Store, config, history, nodes, open_store, queue, requests
from core.store.filter import DeliveryFilter, State
from tests.e2e.conftest import ROOT, Serve, line_with
from tests.support.extent import extent
from tests.support.receiver import Receiver
from tests.support.token_endpoint import Decoding, TokenEndpoint

LOOPBACK = ("127.0.0.0/8",)
BODY = accept("session-failed", b'{"interviewId":"66e1"}')
# Requests come after 0, 1, 3, 7, 15, 31 and 61 s. CI lets six fail, so that there is no token for a minute.
FAILED_TOKEN_REQUESTS = extent(full=6, otherwise=3)


async def _until_none_is(store: Store, *states: State) -> None:
    """Wait until no delivery is in one of these states."""
    filters = [DeliveryFilter(state=state) for state in states]
    async with asyncio.timeout(50), aclosing(store.changes(0.05)) as changes:
        async for _ in changes:
            if not any([await history.list_deliveries(store, each, limit=1) for each in filters]):
                return


async def _until_all_is_delivered(store: Store) -> None:
    await _until_none_is(store, "pending", "sending", "failed")


@pytest.mark.timeout(240)
async def test_token_endpoint_down(database: Path, receiver: Receiver, serve: Serve) -> None:
    """Without a token nothing fails and no step is used. Later everything arrives with a token."""
    async with TokenEndpoint(client_id="a:b %+&=/", secret="s e:c%r+e&t=/") as endpoint:
        endpoint.status = 503
        async with open_store(database) as store:
            settings = _authorized_by(endpoint, retry_schedule="incode")
            await config.save_settings(store, settings, actor="ana")
            await config.add_webhook(store, "session-failed", WebhookOptions(url=receiver.url), actor="ana")
            for _ in range(20):
                await queue.emit(store, "session-failed", BODY)
            began = time.monotonic()
            await serve()
            for failed in range(3, FAILED_TOKEN_REQUESTS + 1):
                await endpoint.wait_for(failed)
                await _until_none_is(store, "sending")
                rows = [row.delivery for row in await history.list_deliveries(store)]
                assert Counter(row.state for row in rows) == {"pending": 20}
                assert {row.tries for row in rows} == {0}
                assert {row.waits_for for row in rows} == {"token"}
                assert (await history.totals(store)).token_reason == "the token endpoint answered 503"
            # Only attempts that were waiting when the first request failed, because there were no later ones.
            tried = [row for row in rows if row.attempts]
            assert 0 < len(tried) <= 10
            for row in tried:
                (attempt,) = await history.list_attempts(store, row.id)
                assert attempt.outcome == Outcome.TOKEN_ERROR
                assert attempt.reason == "the token endpoint answered 503; the endpoint was not asked"
            assert receiver.received == []
            endpoint.status = None
            await _until_all_is_delivered(store)
            assert time.monotonic() - began >= 2**FAILED_TOKEN_REQUESTS - 1
            assert endpoint.count == FAILED_TOKEN_REQUESTS + 1
            rows = [row.delivery for row in await history.list_deliveries(store)]
            assert {row.tries for row in rows} == {1}
            assert sum(row.attempts for row in rows) == 20 + len(tried)
            assert (await history.totals(store)).token_waits_until is None
        assert endpoint.most_in_flight == 1
        assert len(receiver.received) == 20
        assert {seen.headers["Authorization"] for seen in receiver.received} == {"Bearer tok-1"}


async def test_fifty_401s_cause_one_fetch(database: Path, receiver: Receiver, serve: Serve) -> None:
    """Fifty requests in flight are answered 401. One new token is fetched, and all arrive without using a step."""
    receiver.gate.clear()
    receiver.statuses = [401] * 50
    async with open_store(database) as store, TokenEndpoint() as endpoint:
        await config.save_settings(store, _authorized_by(endpoint), actor="ana")
        # One more slot, because one is reserved for retries.
        options = WebhookOptions(url=receiver.url, concurrency=51)
        await config.add_webhook(store, "session-failed", options, actor="ana")
        await asyncio.gather(*(queue.emit(store, "session-failed", BODY) for _ in range(50)))
        await serve()
        await receiver.wait_for(50)
        assert endpoint.issued == ["tok-1"]
        endpoint.revoke()
        receiver.gate.set()
        await _until_all_is_delivered(store)
        rows = [row.delivery for row in await history.list_deliveries(store)]
        assert Counter((row.state, row.attempts) for row in rows) == {("delivered", 1): 50}
        assert endpoint.count == 2
    sent = Counter(seen.headers["Authorization"] for seen in receiver.received)
    assert sent == {"Bearer tok-1": 50, "Bearer tok-2": 50}


def _authorized_by(endpoint: TokenEndpoint, **changes: str) -> GeneralSettings:
    return GeneralSettings.model_validate(
        {
            "authentication_url": endpoint.url,
            "client_id": endpoint.client_id,
            "secret_key": SecretStr(endpoint.secret),
            "allowed_networks": LOOPBACK,
            **changes,
        }
    )


async def test_second_one_stands_by_and_takes_over(database: Path, serve: Serve) -> None:
    """A second `serve` waits until the first one ends, then delivers with the next epoch."""
    first = await serve()
    await line_with(first, "delivering")
    assert nodes.standing_at(database).pid == first.pid
    assert not nodes.standing_at(database).awaited
    second = await serve()
    await line_with(second, "standing by")
    assert nodes.standing_at(database).awaited
    first.send_signal(signal.SIGTERM)
    assert await first.wait() == 0
    assert "epoch=2" in await line_with(second, "delivering")
    assert not nodes.standing_at(database).awaited
    second.send_signal(signal.SIGHUP)
    assert await second.wait() == 0
    assert not nodes.standing_at(database).running


async def test_a_drain_waits_for_what_is_in_flight(database: Path, receiver: Receiver, serve: Serve) -> None:
    """After SIGTERM the dispatcher waits for requests in flight and records their outcomes."""
    receiver.gate.clear()
    async with open_store(database) as store:
        settings = GeneralSettings(allowed_networks=LOOPBACK, deadline=1.0)
        await config.save_settings(store, settings, actor="ana")
        await config.add_webhook(
            store, "session-failed", WebhookOptions(url=receiver.url, deadline=300), actor="ana"
        )
        options = WebhookOptions(url=receiver.url, deadline=60)
        await config.add_webhook(store, "session-started", options, actor="ana")
        process = await serve()
        await line_with(process, "delivering")
        await queue.emit(store, "session-started", BODY)
        await receiver.wait_for(1)
        process.send_signal(signal.SIGTERM)
        await line_with(process, "draining")
        receiver.gate.set()
        assert await process.wait() == 0
        assert Counter(row.delivery.state for row in await history.list_deliveries(store)) == {"delivered": 1}


async def test_it_follows_changes_and_answers_requests(
    database: Path, receiver: Receiver, serve: Serve
) -> None:
    """Changes of settings and webhooks take effect at once. "Test authorization" is answered with a message."""
    async with open_store(database) as store, TokenEndpoint() as endpoint:
        await line_with(await serve(), "delivering")
        blocked = WebhookOptions(url=receiver.url, retry_schedule="1s 1s 1s")
        webhook = await config.add_webhook(store, "session-failed", blocked, actor="ana")
        await queue.emit_test(store, webhook.id, BODY)
        async with aclosing(store.changes(0.05)) as changes:
            async for _ in changes:
                (row,) = await history.list_deliveries(store)
                if row.delivery.outcome is not None:
                    break
        assert row.delivery.outcome == "address_blocked"
        form = _authorized_by(endpoint)
        await config.save_settings(store, form, actor="ana")
        await _until_all_is_delivered(store)
        assert receiver.received[0].headers["hookkeeper-test"] == "1"
        answers: list[tuple[str, Decoding, str]] = [
            (endpoint.secret, "form", r"token received in .* \(Basic, percent-encoded\)"),
            (endpoint.secret, "nothing", r"token received in .* \(Basic, plain\)"),
            ("wrong", "form", r"401 invalid_client: the token .*"),
        ]
        for secret, decodes, words in answers:
            endpoint.decodes = decodes
            asked = form.model_copy(update={"secret_key": SecretStr(secret)})
            number = await requests.ask_authorization(store, asked)
            async with aclosing(store.changes(0.05)) as changes:
                async for _ in changes:
                    answer = await requests.authorization_answer(store, number)
                    if answer is not None:
                        break
            assert answer is not None
            assert re.fullmatch(words, answer.words)


async def test_the_command_says_which_form_of_basic_worked(database: Path, serve: Serve) -> None:
    """The dispatcher answers `settings test-auth` for an endpoint that does not decode the Basic header."""
    async with open_store(database) as store, TokenEndpoint(secret="p@ss/word+1") as endpoint:
        endpoint.decodes = "nothing"
        await config.save_settings(store, _authorized_by(endpoint), actor="ana")
        await line_with(await serve(), "delivering")
        command = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "core.cli", "--db", str(database), "settings", "test-auth", "--json",
            stdout=asyncio.subprocess.PIPE, cwd=ROOT,
        )  # fmt: skip
        printed, _ = await command.communicate()
    assert command.returncode == 0
    answer = json.loads(printed)
    assert answer["ok"] is True
    assert re.fullmatch(r"token received in .* s, expires in 3,600 s \(Basic, plain\)", answer["words"])


async def test_nobody_reads_its_log(database: Path, receiver: Receiver, serve: Serve) -> None:
    """A full log pipe stops no delivery."""
    events = 1500  # the log of their failures is several times larger than a pipe's buffer
    receiver.statuses = [404] * events
    async with open_store(database) as store:
        settings = GeneralSettings(allowed_networks=LOOPBACK, retry_schedule="0.1s " * 20)
        await config.save_settings(store, settings, actor="ana")
        await config.add_webhook(store, "session-failed", WebhookOptions(url=receiver.url), actor="ana")
        await asyncio.gather(*(queue.emit(store, "session-failed", BODY) for _ in range(events)))
        process = await serve()
        assert process.stderr is not None
        process.stderr._transport.pause_reading()  # type: ignore[attr-defined]  # nobody reads the pipe
        await _until_all_is_delivered(store)
        process.stderr._transport.resume_reading()  # type: ignore[attr-defined]
    assert len(receiver.received) == 2 * events
