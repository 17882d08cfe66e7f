"""`notices`, what is told of a webhook that Hookkeeper disabled, and the settings for notices and TLS."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
import trustme

from core.models import NoticeKind
from core.store import notices, open_store
from core.store.database import Database
from core.store.queue import webhook_health
from tests.core.cli.conftest import Shell


def _write(database: Path, *work: Callable[[Database], object]) -> None:
    async def write() -> None:
        async with open_store(database) as store:
            for each in work:
                await store.write(each)

    asyncio.run(write())


def _add(about: str) -> Callable[[Database], object]:
    return lambda database: notices.add(database, about, NoticeKind.AUTHORIZATION, f"About {about}.")


def test_list_and_acknowledge(shell: Shell, database: Path) -> None:
    """Open ones are listed until somebody acknowledges them; --all has them all, with who did."""
    _write(database, _add("a"), _add("b"))
    newest, oldest = shell.json("notices")
    assert (newest["message"], oldest["message"]) == ("About b.", "About a.")
    assert set(newest) == {"id", "kind", "webhook", "message", "at", "acknowledged_at", "acknowledged_by"}
    assert shell("notices") == 0
    assert shell.out.splitlines()[0].split() == ["ID", "At", "Kind", "Message"]
    assert "About b." in shell.out
    assert shell("notices", "ack") == 2
    assert shell("notices", "ack", "--all", str(oldest["id"])) == 2
    assert shell("notices", "ack", "ntc_none") == 1
    assert "There is no notice ntc_none" in shell.err
    assert shell("notices", "ack", str(oldest["id"])) == 0
    assert shell.err == "1 notices acknowledged.\n"
    assert [notice["id"] for notice in shell.json("notices")] == [newest["id"]]
    assert shell("notices", "ack", "--all") == 0
    assert shell("notices") == 0
    assert shell.err == "There are no notices. --all lists those as well that were acknowledged.\n"
    assert shell("notices", "--all") == 0
    assert "Acknowledged by" in shell.out
    assert len(shell.json("notices", "--all")) == 2


def test_why_a_webhook_is_disabled(shell: Shell, database: Path) -> None:
    """Hookkeeper's own reason stands in list and detail until somebody enables the webhook."""
    shell("webhooks", "add", "--type", "session-failed", "--url", "https://hooks.example/a")
    identity = shell.out.strip()
    _write(database, lambda connection: webhook_health.disable_gone(connection, 1))
    for words in (("webhooks", "list"), ("webhooks", "show", identity)):
        assert shell(*words) == 0
        assert "disabled: answered 410 Gone" in shell.out
    assert shell.json("webhooks", "show", identity)[0]["disabled_reason"] == "gone"
    assert shell("webhooks", "enable", identity) == 0
    assert shell("webhooks", "disable", identity) == 0
    assert shell("webhooks", "show", identity) == 0
    assert "410" not in shell.out


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("--notice-url", "ops.example"), "--notice-url: Start with https:// or http://"),
        (("--notice-url", "https://10.1.2.3/"), "--allow-network 10.1.0.0/16"),
        (("--notice-url", "https://169.254.169.254/"), "--notice-url: 169.254.169.254 is never delivered to"),
        (("--ca-file", "ca.pem"), "--ca-file: Enter the whole path of the file, from / on."),
        (
            ("--ca-file", "/nothing.pem"),
            "--ca-file: /nothing.pem cannot be used as CA file: no such file or directory.",
        ),
        (("--client-certificate", "/dev/null"), "--client-certificate: /dev/null cannot be used as"),
    ],
)
def test_wrong_settings(shell: Shell, words: tuple[str, ...], expected: str) -> None:
    """What cannot be used is refused where it is entered, and nothing is stored."""
    assert shell("settings", "set", *words) == 2
    assert expected in shell.err


def test_settings(shell: Shell, tmp_path: Path) -> None:
    """They are stored, shown and cleared; a file that broke since does not stop other changes."""
    authority, mine = tmp_path / "ca.pem", tmp_path / "client.pem"
    ca = trustme.CA()
    authority.write_bytes(ca.cert_pem.bytes())
    mine.write_bytes(ca.issue_cert("me").private_key_and_cert_chain_pem.bytes())
    given = {
        "notice_url": "https://ops.example/a",
        "ca_file": str(authority),
        "client_certificate": str(mine),
    }
    options = [word for name, value in given.items() for word in (f"--{name.replace('_', '-')}", value)]
    assert shell("settings", "set", *options) == 0
    (shown,) = shell.json("settings", "show")
    assert {name: shown[name] for name in given} == given
    assert shell("settings", "show") == 0
    assert all(value in shell.out for value in given.values())
    authority.unlink()
    assert shell("settings", "set", "--deadline", "9") == 0
    assert shell("settings", "set", "--notice-url", "", "--ca-file", "", "--client-certificate", "") == 0
    (shown,) = shell.json("settings", "show")
    assert [shown[name] for name in given] == [None, None, None]
