"""A new key for all secrets: whoever stops in between, or has the file open, can read and write them all."""

import os
import stat
from pathlib import Path

import pytest
from pydantic import SecretStr

from core.models import CustomHeader, GeneralSettings, WebhookOptions
from core.store import KeyMissing, Store, StoreError, audit, config, key_file, open_store, requests, sealed
from core.store.key_rotation import rotate_keys

SETTINGS = GeneralSettings(
    authentication_url="https://auth.example/token",
    client_id="me",
    secret_key=SecretStr("hush-key"),
    custom_headers=(CustomHeader(name="x-tenant", value=SecretStr("hush-header")),),
)


def _file() -> Path:
    return Path(os.environ["HOOKKEEPER_KEY_FILE"])


def _ids() -> list[str]:
    return list(key_file.read(_file())[0])


async def _write_secrets(store: Store) -> None:
    """One of each kind: five secrets."""
    await config.save_settings(store, SETTINGS, actor="ana")
    options = WebhookOptions(url="https://a.example/")
    webhook = await config.add_webhook(store, "session-failed", options, actor="ana")
    await config.rotate_secret(store, webhook.id, actor="ana")
    await requests.ask_authorization(store, SETTINGS)


async def _secrets(store: Store) -> list[str | None]:
    """Every secret, in the clear."""
    settings = await config.load_settings(store)
    (target,) = await config.list_with_secrets(store)
    (_, asked), *_ = await requests.open_requests(store)
    found = (
        settings.secret_key,
        settings.custom_headers[0].value,
        target.signing_secret,
        target.older_secrets[0].secret,
        asked.secret_key,
    )
    return [secret.get_secret_value() if secret else None for secret in found]


async def _keys_in_use(store: Store) -> set[str]:
    return set(await store.read(sealed.keys_in_use))


async def test_everything_is_encrypted_anew(database: Path) -> None:
    """Every secret has the new key, the older one stays unless it is asked to go; the file stays its owner's alone."""
    async with open_store(database) as store:
        await _write_secrets(store)
        before = await _secrets(store)
        _file().write_text(_file().read_text().rstrip("\n") + "\n# mine")
        (old,) = _ids()
        done = await rotate_keys(store, actor="ana")
        assert (done.secrets, done.removed) == (5, 0)
        assert _ids() == [old, done.key]
        assert await _keys_in_use(store) == {done.key}
        assert "# mine\n" in _file().read_text()
        last = await rotate_keys(store, actor="ana", remove_old=True)
        assert (last.secrets, last.removed) == (5, 2)
        assert _ids() == [last.key]
        assert stat.S_IMODE(_file().stat().st_mode) == 0o600
        changes = await audit.list_changes(store, subject="keys")
        assert [each.details for each in changes] == [
            f"5 secrets encrypted with {last.key}",
            f"5 secrets encrypted with {done.key}",
        ]
    async with open_store(database) as store:
        assert await _secrets(store) == before
        assert None not in before


async def test_stopped_after_each_step(database: Path) -> None:
    """What a killed rotation leaves behind opens, reads and writes; the next one finishes its work."""
    async with open_store(database) as store:
        await _write_secrets(store)
        before = await _secrets(store)
        (old,) = _ids()
    first = key_file.append(_file())
    async with open_store(database) as store:
        assert await _secrets(store) == before
        assert await _keys_in_use(store) == {old}
        await store.write(lambda db: sealed.seal_anew(db, store.keyring))
    async with open_store(database) as store:
        assert await _secrets(store) == before
        assert await _keys_in_use(store) == {first}
        assert _ids() == [old, first]
        done = await rotate_keys(store, actor="ana", remove_old=True)
        assert (_ids(), done.removed) == ([done.key], 2)
    async with open_store(database) as store:
        assert await _secrets(store) == before


async def test_who_has_it_open_follows(database: Path) -> None:
    """Another process reads what was encrypted anew, and encrypts with no key that was removed."""
    async with open_store(database) as other:
        await _write_secrets(other)
        before = await _secrets(other)
        async with open_store(database) as store:
            done = await rotate_keys(store, actor="ana", remove_old=True)
        await requests.ask_authorization(other, SETTINGS)
        assert await _keys_in_use(other) == {done.key}
        assert await _secrets(other) == before
        now = await config.load_settings(other)
        await config.save_settings(other, now.model_copy(update={"scopes": "a"}), actor="bob")
        assert await _keys_in_use(other) == {done.key}
    async with open_store(database) as store:
        assert await _secrets(store) == before


async def test_a_key_file_that_went_away(store: Store) -> None:
    """Nothing is encrypted with a key that is in no file."""
    await _write_secrets(store)
    kept = _file().read_text()
    _file().unlink()
    with pytest.raises(KeyMissing, match="is gone"):
        await config.add_webhook(
            store, "session-failed", WebhookOptions(url="https://a.example/"), actor="ana"
        )
    assert not _file().exists()
    _file().write_text(kept)
    assert len(await _secrets(store)) == 5


async def test_two_databases_share_a_file(database: Path, tmp_path: Path) -> None:
    """A rotation of one leaves the other one's key where it is."""
    async with open_store(tmp_path / "other" / "hookkeeper.db") as other:
        await _write_secrets(other)
    async with open_store(database) as store:
        await rotate_keys(store, actor="ana")
    async with open_store(tmp_path / "other" / "hookkeeper.db") as other:
        assert None not in await _secrets(other)


async def test_a_link_to_the_file_stays_a_link(database: Path, tmp_path: Path) -> None:
    """The file that a link names is replaced, not the link."""
    async with open_store(database) as store:
        await _write_secrets(store)
        _file().rename(tmp_path / "real")
        _file().symlink_to(tmp_path / "real")
        done = await rotate_keys(store, actor="ana")
        assert _file().is_symlink()
        assert done.key in (tmp_path / "real").read_text()


async def test_keys_from_outside(database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the keys are given to us, rotating is refused in words and nothing is touched."""
    async with open_store(database) as store:
        await _write_secrets(store)
    text = _file().read_text()
    credential = tmp_path / "credentials" / "hookkeeper-keys"
    credential.parent.mkdir()
    credential.write_text(text)
    monkeypatch.delenv("HOOKKEEPER_KEY_FILE")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(credential.parent))
    async with open_store(database) as store:
        with pytest.raises(StoreError, match="systemd's credential"):
            await rotate_keys(store, actor="ana")
    monkeypatch.setenv("HOOKKEEPER_KEYS", text)
    async with open_store(database) as store:
        assert None not in await _secrets(store)
        with pytest.raises(StoreError, match="come from HOOKKEEPER_KEYS"):
            await rotate_keys(store, actor="ana")
        assert await audit.list_changes(store, subject="keys") == []
    assert credential.read_text() == text
