"""Requests to the dispatcher: "Test authorization" with the settings of a form, saved or not.

The settings in a request are encrypted. They are deleted when the answer is stored.
"""

from dataclasses import dataclass

import msgspec
from pydantic import SecretStr

from core.clock import now_ms
from core.models import ClientAuthentication, GeneralSettings
from core.store.database import Database
from core.store.store import Store

PATIENCE_MS = 60_000
"""How many milliseconds somebody waits for an answer. Older requests are ignored."""


@dataclass(frozen=True, slots=True)
class AuthorizationAnswer:
    """The result of a test authorization, as a text for the user."""

    ok: bool
    words: str


class _Form(msgspec.Struct):
    authentication_url: str
    client_id: str
    secret_key: str
    client_authentication: str
    scopes: str
    allowed_networks: tuple[str, ...]
    ca_file: str | None
    client_certificate: str | None


async def ask_authorization(store: Store, settings: GeneralSettings) -> int:
    """Ask the dispatcher to fetch a token with these settings. Return the number of the request."""
    form = _Form(
        settings.authentication_url or "",
        settings.client_id or "",
        settings.secret_key.get_secret_value() if settings.secret_key else "",
        settings.client_authentication,
        settings.scopes,
        settings.allowed_networks,
        settings.ca_file,
        settings.client_certificate,
    )
    plain = SecretStr(msgspec.json.encode(form).decode())

    def ask(database: Database) -> int:
        now = now_ms()
        database.execute("DELETE FROM requests WHERE created_at < ?", (now - PATIENCE_MS,))
        sealed = store.keyring.encrypt(plain, "requests/settings")
        (number,) = database.execute(
            "INSERT INTO requests (settings, created_at) VALUES (?, ?) RETURNING seq", (sealed, now)
        ).fetchone()
        return int(number)

    return await store.write(ask, rings=True)


async def authorization_answer(store: Store, number: int) -> AuthorizationAnswer | None:
    """Return the answer to a request, or None if there is none yet."""

    def read(database: Database) -> AuthorizationAnswer | None:
        row = database.execute("SELECT ok, words FROM requests WHERE seq = ?", (number,)).fetchone()
        return None if row is None or row[1] is None else AuthorizationAnswer(bool(row[0]), row[1])

    return await store.read(read)


async def open_requests(store: Store) -> list[tuple[int, GeneralSettings]]:
    """Return the unanswered requests, by number, for the dispatcher. Raises KeyMissing, StoreError."""

    def read(database: Database) -> list[tuple[int, GeneralSettings]]:
        rows = database.execute(
            "SELECT seq, settings FROM requests WHERE words IS NULL AND created_at > ?",
            (now_ms() - PATIENCE_MS,),
        )
        return [(seq, _settings(store, sealed)) for seq, sealed in rows]

    return await store.read(read)


def _settings(store: Store, sealed: bytes) -> GeneralSettings:
    plain = store.keyring.decrypt(sealed, "requests/settings")
    form = msgspec.json.decode(plain.get_secret_value(), type=_Form)
    return GeneralSettings.model_construct(
        authentication_url=form.authentication_url,
        client_id=form.client_id,
        secret_key=SecretStr(form.secret_key),
        client_authentication=ClientAuthentication(form.client_authentication),
        scopes=form.scopes,
        allowed_networks=form.allowed_networks,
        ca_file=form.ca_file,
        client_certificate=form.client_certificate,
    )


async def answer(store: Store, number: int, given: AuthorizationAnswer) -> None:
    """Store the dispatcher's answer and delete the settings of the request."""
    await store.write(
        lambda database: (
            database.execute(
                "UPDATE requests SET settings = NULL, ok = ?, words = ? WHERE seq = ?",
                (given.ok, given.words, number),
            ).rowcount
        )
    )
