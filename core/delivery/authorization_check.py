"""Answers "Test authorization": fetches a token with the settings in the form, the way that deliveries do."""

import asyncio
import time

from core import local_limit
from core.auth import Credentials, Token, TokenError, fetch
from core.delivery.http import Http
from core.delivery.tls import Tls
from core.models import ClientAuthentication, GeneralSettings
from core.store import Store, StoreError, requests
from core.store.requests import AuthorizationAnswer


async def answer_requests(store: Store, tasks: asyncio.TaskGroup, answering: set[int]) -> None:
    """Start a task for each open request that has none. `answering` holds the numbers of requests that have a task."""
    for number, settings in await requests.open_requests(store):
        if number not in answering:
            answering.add(number)
            tasks.create_task(_answer(store, number, settings, answering))


async def _answer(store: Store, number: int, settings: GeneralSettings, answering: set[int]) -> None:
    try:
        await requests.answer(store, number, await try_authorization(settings))
    except StoreError:
        answering.discard(number)  # the next change of the database tries again while somebody waits


async def try_authorization(settings: GeneralSettings) -> AuthorizationAnswer:
    """Fetch a token with these settings, and return the result in words. Errors become an answer as well."""
    credentials = Credentials.of(settings)
    if credentials is None:
        return AuthorizationAnswer(False, "Enter Authentication URL, Client ID and Secret Key first.")
    began = time.monotonic()
    try:
        async with Http(lambda: settings.allowed_networks, Tls(lambda: settings)) as http:
            token = await fetch(http.client, credentials)
    except TokenError as error:
        return AuthorizationAnswer(False, str(error))
    except OSError as error:
        words = local_limit.reason_of(error) or error.strerror or str(error)
        return AuthorizationAnswer(False, f"the token endpoint was not asked: {words}.")
    took = time.monotonic() - began
    form = _form(credentials, token)
    words = f"token received in {took:.2f} s, expires in {token.expires_in:,.0f} s ({form})"
    return AuthorizationAnswer(True, words)


def _form(credentials: Credentials, token: Token) -> str:
    """Return in words how the client ID and secret were sent."""
    if credentials.client_authentication is ClientAuthentication.BODY:
        return "credentials in body"
    return "Basic" if token.basic is None else f"Basic, {token.basic}"
