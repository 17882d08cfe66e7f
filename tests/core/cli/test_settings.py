"""The commands of the settings and of the keys that their secrets are encrypted with."""

from pathlib import Path

import pytest

from tests.core.cli.conftest import Shell


def test_settings(shell: Shell, tmp_path: Path) -> None:
    """Settings are changed together or not at all; secrets are never printed."""
    secret = tmp_path / "secret"
    secret.write_text("s:%+&=/ x\n")
    oidc = ("--auth-url", "https://auth.example/token", "--client-id", "me", "--secret-key-file", str(secret))
    assert (
        shell(
            "settings",
            "set",
            *oidc,
            "--scopes",
            "a  b",
            "--header",
            "X-Tenant: mx",
            "--header",
            "x-secret: hush",
        )
        == 0
    )
    (settings,) = shell.json("settings", "show")
    assert settings["scopes"] == "a b"
    assert settings["secret_key"] == "stored"
    assert "hush" not in shell.out
    assert "%+&" not in shell.out
    assert shell("settings", "set", "--header", "x-tenant: other", "--remove-header", "X-Secret") == 0
    (settings,) = shell.json("settings", "show")
    assert settings["custom_headers"] == [{"name": "x-tenant", "value": "other"}]
    assert shell("settings", "set", "--auth-url", "") == 0
    assert shell.json("settings", "show")[0]["client_id"] is None
    assert shell("settings", "test-auth") == 1
    assert "Nobody delivers" in shell.err


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("--auth-url", "https://a.example/"), "Client ID and Secret Key are missing"),
        (("--header", "Content-Type: x"), "Content-Type is set by Hookkeeper."),
        (("--header", "webhook-id: x"), "webhook-id is set by Hookkeeper."),
        (("--header", "x tenant: y"), '"x tenant" is not a header name: no spaces.'),
        (("--header", "nothing"), "Write a header as Name: value."),
        (("--remove-header", "x"), "There is no header x."),
        (("--scopes", 'a"b'), "is not a scope"),
        (("--allow-network", "10.0.0.1/8"), "is not a network"),
        (
            ("--allow-network", "169.254.0.0/16"),
            "169.254.0.0/16 is never delivered to, whatever is allowed: link-",
        ),
        (
            ("--allow-network", "fd00:ec2::254"),
            "fd00:ec2::254/128 is never delivered to, whatever is allowed: the",
        ),
        (("--allow-network", "8.8.8.0/24"), "8.8.8.0/24 is not a private network: it needs no setting."),
        (("--forbid-network", "10.0.0.1"), "10.0.0.1/32 is not among the allowed networks."),
        (("--client-auth", "digest"), "Choose one of"),
        (("--mask", "a*b"), "--mask: Write a * only at the end"),
        (("--unmask", "CURP"), "CURP is always masked."),
        (("--unmask", "ssn"), "ssn is not among the masked fields."),
        (("--keep-evidence", "0"), "--keep-evidence: Enter at least 1."),
        (("--secret-key-file", "/nothing/here"), "cannot be read"),
    ],
)
def test_wrong_settings(shell: Shell, words: tuple[str, ...], expected: str) -> None:
    """A wrong setting is refused with its reason."""
    assert shell("settings", "set", *words) == 2
    assert expected in shell.err


def test_keys(shell: Shell) -> None:
    """A rotation says what it did and what it left, and shows no key."""
    assert shell("webhooks", "add", "--type", "session-failed", "--url", "https://hooks.example/a") == 0
    identity = shell.out.strip()
    assert shell("keys", "rotate") == 0
    assert "1 secrets are encrypted with the new key key_" in shell.err
    assert "Its older keys stay" in shell.err
    (done,) = shell.json("keys", "rotate", "--remove-old")
    assert (done["secrets"], done["removed"]) == (1, 2)
    assert shell("webhooks", "show", identity, "--reveal-secret") == 0
    assert shell("keys", "rotate", "--help") == 0
    assert "another database may share it" in " ".join(shell.out.split())


def test_masking_and_retention(shell: Shell) -> None:
    """Fields are masked beside those that always are; how long things are kept is a setting."""
    assert shell("emit", "session-failed", "--data", '{"ssn": "hush", "phone": "loud", "curp": "hush"}') == 0
    event = shell.out.strip()
    words = ("--mask", "SSN", "--mask", "phone*", "--keep-delivered", "3", "--keep-keys", "2")
    assert shell("settings", "set", *words) == 0
    assert shell("events", "show", event) == 0
    assert "hush" not in shell.out
    assert "loud" not in shell.out
    assert shell("settings", "set", "--unmask", "Phone*", "--mask", "ssn") == 0
    (settings,) = shell.json("settings", "show")
    assert settings["masked_fields"] == ["token", "interviewToken", "apiKey", "curp", "rfc*", "ssn"]
    assert settings["always_masked_fields"] == ["token", "interviewToken", "apiKey", "curp", "rfc*"]
    assert (settings["keep_delivered"], settings["keep_keys"]) == (3, 2)
    assert shell("events", "show", event) == 0
    assert "loud" in shell.out
    assert shell("settings", "show") == 0
    assert "Masked fields             token, interviewToken, apiKey, curp, rfc*, ssn\n" in shell.out
    assert "Keep delivered            3 days" in shell.out
