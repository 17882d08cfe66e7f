"""Every option that takes a URL refuses what cannot be delivered to, and says so with its name."""

import pytest

from tests.core.cli.conftest import Shell

_COMMANDS = [
    ("webhooks", "add", "--type", "session-failed", "--url"),
    ("settings", "set", "--client-id", "me", "--secret-key-file", "/dev/null", "--auth-url"),
    ("settings", "set", "--notice-url"),
]


@pytest.mark.parametrize("command", _COMMANDS, ids=lambda command: command[-1])
@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://127.0.0.1:80:80/", "A URL has one port"),
        ("https://a.example/,https://b.example/", 'One URL only: another one begins after ",".'),
        ("https://a.example/\nhttps://b.example/", "One URL only: leave out spaces and control characters."),
        ("https://a..example/", "it has an empty part before, between or after dots."),
        ("https://" + "a" * 64 + ".example/", "a part between dots has more than 63 characters."),
    ],
)
def test_a_url_that_cannot_be_delivered_to(
    shell: Shell, command: tuple[str, ...], url: str, words: str
) -> None:
    """Refused where it is entered, with exit status 2 and before a database is made."""
    assert shell(*command, url) == 2
    assert f"{command[-1]}: " in shell.err
    assert words in shell.err
    assert shell("webhooks", "list") == 1
    assert "There is no database" in shell.err


@pytest.mark.parametrize("address", ["192.0.0.192", "168.63.129.16", "192.88.99.1", "[fec0::1]", "[5f00::1]"])
@pytest.mark.parametrize("command", [_COMMANDS[0], _COMMANDS[2]], ids=lambda command: command[-1])
def test_an_address_that_is_never_reached(shell: Shell, command: tuple[str, ...], address: str) -> None:
    """Metadata, platform and deprecated addresses are refused where they are entered, with the reason."""
    assert shell(*command, f"http://{address}/") == 2
    assert f"{command[-1]}: {address.strip('[]')} is never delivered to: " in shell.err
