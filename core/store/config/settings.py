"""Loads and saves the general settings."""

from typing import Any

from core.clock import from_ms, now_ms
from core.models import AcceptedAnswer, ClientAuthentication, CustomHeader, GeneralSettings
from core.store import audit, differences
from core.store.database import Database
from core.store.errors import Conflict
from core.store.keyring import Keyring
from core.store.store import Store

_SETTINGS = (
    "authentication_url",
    "client_id",
    "client_authentication",
    "scopes",
    "accepted_answer",
    "retry_schedule",
    "deadline",
    "body_limit",
    "notice_url",
    "ca_file",
    "client_certificate",
    "keep_delivered",
    "keep_failed",
    "keep_evidence",
    "keep_unwanted",
    "keep_keys",
)


async def load_settings(store: Store) -> GeneralSettings:
    """Return the general settings, including secrets. Raises KeyMissing, StoreError."""
    return await store.read(lambda database: _settings(database, store.keyring))


def _settings(database: Database, keyring: Keyring) -> GeneralSettings:
    row = database.execute(
        f"SELECT {', '.join(_SETTINGS)}, allowed_networks, masked_fields, secret_key, version, updated_at, updated_by"
        " FROM settings"
    ).fetchone()
    if row is None:
        return GeneralSettings()
    values: dict[str, Any] = dict(zip(_SETTINGS, row, strict=False))  # Any: SQLite decides the type
    networks, masked, secret_key, version, updated_at, updated_by = row[len(_SETTINGS) :]
    return GeneralSettings.model_construct(
        **values
        | {
            "client_authentication": ClientAuthentication(values["client_authentication"]),
            "accepted_answer": AcceptedAnswer(values["accepted_answer"]),
            "custom_headers": _headers(database, keyring),
            "allowed_networks": tuple(networks.split()),
            "masked_fields": tuple(masked.splitlines()),
            "secret_key": keyring.decrypt(secret_key, "settings/1/secret_key") if secret_key else None,
            "version": version,
            "updated_at": from_ms(updated_at),
            "updated_by": updated_by,
        }
    )


def _headers(database: Database, keyring: Keyring) -> tuple[CustomHeader, ...]:
    rows = database.execute("SELECT position, name, value FROM custom_headers ORDER BY position")
    return tuple(
        CustomHeader.model_construct(
            name=name, value=keyring.decrypt(value, f"custom_headers/{position}/value")
        )
        for position, name, value in rows
    )


async def save_settings(store: Store, settings: GeneralSettings, *, actor: str) -> GeneralSettings:
    """Replace all settings; return the saved ones. `settings.version` is the version that was read. Raises Conflict."""

    def save(database: Database) -> GeneralSettings:
        now = _settings(database, store.keyring)
        if now.version != settings.version:
            raise Conflict("the settings", now, now.updated_by, now.updated_at)
        secret = settings.secret_key
        values = {name: getattr(settings, name) for name in _SETTINGS} | {
            "id": 1,
            "allowed_networks": " ".join(settings.allowed_networks),
            "masked_fields": "\n".join(settings.masked_fields),
            "secret_key": store.keyring.encrypt(secret, "settings/1/secret_key") if secret else None,
            "version": settings.version + 1,
            "updated_at": now_ms(),
            "updated_by": actor,
        }
        database.execute("DELETE FROM settings")
        database.execute(
            f"INSERT INTO settings ({', '.join(values)}) VALUES ({', '.join(':' + name for name in values)})",
            values,
        )
        database.execute("DELETE FROM custom_headers")
        database.executemany(
            "INSERT INTO custom_headers VALUES (?, ?, ?)",
            [
                (position, entry.name, store.keyring.encrypt(entry.value, f"custom_headers/{position}/value"))
                for position, entry in enumerate(settings.custom_headers)
            ],
        )
        saved = _settings(database, store.keyring)
        if words := differences.of_settings(now, saved):
            audit.note(database, actor, "changed", "settings", words)
        return saved

    return await store.write(save)
