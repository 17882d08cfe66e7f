"""The settings form: its errors, its keys, and concurrent changes by others."""

from datetime import datetime
from functools import partial
from pathlib import Path

import trustme
from pydantic import SecretStr
from textual.pilot import Pilot
from textual.widgets import Input, Static

from core.models import CustomHeader, GeneralSettings
from core.store import Store, config
from tests.support.settled import press, settled, text, until, write
from tests.tui.conftest import Screens, button_label, dialog_lines, field_error
from tui.widgets.lines import MessageLine


def _last_line(pilot: Pilot[None]) -> str:
    return text(pilot).splitlines()[-1].strip()


async def test_settings_that_somebody_else_changed(screens: Screens, store: Store) -> None:
    """Secrets are named without their values; Keep mine keeps mine, and theirs where nothing was changed here."""
    before = GeneralSettings(
        authentication_url="https://auth.example/",
        client_id="me",
        secret_key=SecretStr("first"),
        custom_headers=(CustomHeader(name="x-token", value=SecretStr("t-first")),),
    )
    before = await config.save_settings(store, before, actor="ana")
    async with screens() as pilot:
        await press(pilot, "2", "enter", "tab", "tab")
        await write(pilot, "mine-secret")
        theirs = before.model_copy(
            update={
                "secret_key": SecretStr("theirs-secret"),
                "retry_schedule": "incode",
                "custom_headers": (
                    CustomHeader(name="x-token", value=SecretStr("t-theirs")),
                    CustomHeader(name="x-tenant", value=SecretStr("mx")),
                ),
            }
        )
        await config.save_settings(store, theirs, actor="bob")
        now = f"{datetime.now():%H:%M}"
        await press(pilot, "ctrl+s")
        lines = dialog_lines(pilot)
        assert lines[0] == f"bob changed the settings at {now}."
        assert lines[2:] == ["Secret Key: both were replaced"]
        assert button_label(pilot) == "Cancel"
        await press(pilot, "tab", "tab", "enter")
    stored = await config.load_settings(store)
    assert stored.secret_key is not None
    assert stored.secret_key.get_secret_value() == "mine-secret"
    assert [entry.name for entry in stored.custom_headers] == ["x-token", "x-tenant"]


async def test_errors_of_the_settings(screens: Screens) -> None:
    """On leaving, a header's key included; never by Esc."""
    async with screens() as pilot:
        await press(pilot, "2", "a")
        screen = pilot.app.screen
        await write(pilot, "x y")
        await press(pilot, "tab")
        error = screen.query_one(".header .error", Static)
        assert str(error.content) == '✗ "x y" is not a header name: no spaces.'
        screen.query_one("#deadline").focus()
        await write(pilot, "soon")
        await press(pilot, "escape")
        assert field_error(pilot, "deadline") == ""
        await press(pilot, "enter", "tab")
        assert field_error(pilot, "deadline") == "✗ Enter a number."


async def test_a_private_authentication_url(screens: Screens, store: Store) -> None:
    """It is stored once its network is allowed, right under it."""
    async with screens() as pilot:
        await press(pilot, "2", "enter")
        screen = pilot.app.screen
        await write(pilot, "http://10.20.4.7/token")
        await press(pilot, "tab")
        assert str(screen.query_one("#field-authentication_url .warn", Static).content) == (
            "! http: anyone on the way can read this."
        )
        assert str(screen.query_one("#field-authentication_url .note", Static).content) == (
            "10.20.4.7 is a private address."
        )
        screen.query_one("#client_id", Input).value = "me"
        screen.query_one("#secret_key", Input).value = "hush"
        await settled(pilot)
        await press(pilot, "ctrl+s")
        assert field_error(pilot, "authentication_url") == "✗ Allow its network, or enter another address."
        assert screen.focused is screen.query_one("#allow")
        await press(pilot, "space", "ctrl+s")
        assert screen.query_one("#allowed_networks", Input).value == "10.20.0.0/16"
    stored = await config.load_settings(store)
    assert (stored.authentication_url, stored.allowed_networks) == (
        "http://10.20.4.7/token",
        ("10.20.0.0/16",),
    )


async def test_the_key_bar_of_the_settings_is_never_untrue(screens: Screens, store: Store) -> None:
    """It follows the focus: none, a field, a button. Tab goes to the field last used."""
    async with screens(100) as pilot:
        await press(pilot, "2")
        at_rest = _last_line(pilot)
        assert at_rest.split("   ")[:4] == [
            "Tab Into the form",
            "a Add",
            "j k Scroll",
            "^s Update settings",
        ]
        assert at_rest.endswith(" ? Help")
        await press(pilot, "tab", "tab")
        assert _last_line(pilot).split("   ")[:4] == [
            "Tab Next",
            "^s Update settings",
            "^t Test",
            "Esc Leave field",
        ]
        assert _last_line(pilot).endswith("F1 Help")
        await press(pilot, "escape")
        assert _last_line(pilot) == at_rest
        await press(pilot, "a", "tab", "tab")
        assert button_label(pilot) == "Remove"
        assert _last_line(pilot).startswith("Tab Next   Enter Press the marked button   Esc Leave it ")
        await press(pilot, "enter", "escape", "tab")
        assert pilot.app.screen.focused is pilot.app.screen.query_one("#authentication_url")
        await press(pilot, "tab", "escape", "enter")
        assert pilot.app.screen.focused is pilot.app.screen.query_one("#client_id")


async def test_further_delivery_settings(screens: Screens, store: Store, tmp_path: Path) -> None:
    """Notices, TLS files, masks and retention: refused at their field and named below, or stored."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    async with screens() as pilot:
        await press(pilot, "2", "enter")
        screen = pilot.app.screen
        wrong = {
            "notice_url": ("http://169.254.1.1/", "is never delivered to"),
            "ca_file": (str(tmp_path / "none.pem"), "cannot be used as CA file: no such file or directory."),
            "client_certificate": (str(tmp_path / "ca.pem"), "does not hold a certificate and its key"),
            "masked_fields": ("ssn phone", '"ssn phone" is taken for one name: write a comma between two.'),
            "keep_failed": ("0", "Enter at least 1."),
        }
        right = {
            "notice_url": "https://ops.example/notices",
            "ca_file": str(tmp_path / "ca.pem"),
            "client_certificate": "",
            "masked_fields": "ssn, my field",
            "keep_failed": "60",
        }
        labels = {"notice_url": "Notices go to", "ca_file": "CA file", "keep_failed": "Keep failed"}
        await config.save_settings(store, GeneralSettings(masked_fields=("my field",)), actor="bob")
        await until(pilot, lambda: screen.query_one("#masked_fields", Input).value == "my field")
        for field, (typed, words) in wrong.items():
            screen.query_one(f"#{field}", Input).value = typed
            await settled(pilot)
            await press(pilot, "ctrl+s")
            await until(pilot, partial(field_error, pilot, field))
            assert words in field_error(pilot, field)
            assert screen.focused is screen.query_one(f"#{field}")
            said = screen.query_one(MessageLine).words
            assert (
                said == f"✗ {labels.get(field, said[2:].partition(':')[0])}: {field_error(pilot, field)[2:]}"
            )
            screen.query_one(f"#{field}", Input).value = right[field]
            await settled(pilot)
        await press(pilot, "ctrl+s")
        await until(pilot, lambda: screen.query_one(MessageLine).words == "✓ Settings updated")
    stored = await config.load_settings(store)
    assert (stored.notice_url, stored.ca_file) == ("https://ops.example/notices", str(tmp_path / "ca.pem"))
    assert (stored.client_certificate, stored.masked_fields) == (None, ("ssn", "my field"))
    assert (stored.keep_delivered, stored.keep_failed) == (30, 60)


async def test_a_file_that_cannot_be_used_is_told_on_leaving(screens: Screens) -> None:
    """The error stands at it although another field is wrong, too."""
    async with screens() as pilot:
        await press(pilot, "2", "enter")
        screen = pilot.app.screen
        screen.query_one("#deadline", Input).value = "soon"
        screen.query_one("#ca_file").focus()
        await write(pilot, "/none.pem")
        await press(pilot, "tab")
        await until(pilot, lambda: field_error(pilot, "ca_file"))
        assert field_error(pilot, "ca_file") == (
            "✗ /none.pem cannot be used as CA file: no such file or directory."
        )


async def test_a_wrong_header_is_named(screens: Screens) -> None:
    """Its row may be out of sight: the message line says which it is."""
    async with screens() as pilot:
        await press(pilot, "2", "a")
        await write(pilot, "X-Api Key")
        await press(pilot, "ctrl+s")
        words = pilot.app.screen.query_one(MessageLine).words
    assert words == '✗ X-Api Key: "X-Api Key" is not a header name: no spaces.'


async def test_authorization_is_tested_whatever_else_is_wrong(screens: Screens) -> None:
    """Only what it depends on is validated; other errors stay where they are."""
    async with screens() as pilot:
        await press(pilot, "2", "enter")
        screen = pilot.app.screen
        await write(pilot, "https://auth.example/token")
        screen.query_one("#deadline").focus()
        await write(pilot, "soon")
        await press(pilot, "tab", "ctrl+t")
        said = screen.query_one(MessageLine)
        assert said.words.startswith(
            "✗ Client ID: Authentication URL, Client ID and Secret Key belong together"
        )
        screen.query_one("#client_id", Input).value = "me"
        screen.query_one("#secret_key", Input).value = "hush"
        await settled(pilot)
        await press(pilot, "ctrl+t")
        assert said.words == "! Nobody delivers, so nobody can test it. ^p Start dispatcher."
        assert field_error(pilot, "deadline") == "✗ Enter a number."
