"""Requests a token from the token endpoint (RFC 6749, section 4.4)."""

import asyncio
from dataclasses import replace

import httpx

from core.auth import discovery
from core.auth.answer import may_know_client, read_token, refuses_client
from core.auth.credentials import BasicForm, Credentials
from core.auth.exchange import HEADERS, Answer, exchange
from core.auth.token import Token, TokenError

DEADLINE = 10.0


async def fetch(client: httpx.AsyncClient, credentials: Credentials, *, deadline: float = DEADLINE) -> Token:
    """Fetch a new token. `deadline` is in seconds and includes discovery. Raises TokenError."""
    return await TokenEndpoint(client, credentials, deadline=deadline).fetch()


class TokenEndpoint:
    """The token endpoint: the Authentication URL, or the endpoint that discovery has found from it.

    The discovered endpoint is kept until a request fails. The form of the Basic header that the endpoint accepts is
    kept, too.
    """

    def __init__(
        self, client: httpx.AsyncClient, credentials: Credentials, *, deadline: float = DEADLINE
    ) -> None:
        self._client = client
        self._credentials = credentials
        self._deadline = deadline
        self._found: str | None = None
        self._basic = BasicForm.ENCODED

    async def fetch(self) -> Token:
        """Fetch a new token. Raises TokenError."""
        try:
            async with asyncio.timeout(self._deadline):
                return await self._fetch()
        except TokenError as reason:
            error = reason
        except TimeoutError:
            error = TokenError(f"the token endpoint gave no complete answer within {self._deadline:g} s")
        except httpx.InvalidURL:
            error = TokenError("the host in the Authentication URL is not a valid name: check it")
        self._found = None
        raise error

    async def _fetch(self) -> Token:
        url = self._credentials.authentication_url
        if self._found is None and discovery.is_document(url):
            self._found = await discovery.from_document(self._client, url)
        answer = await self._ask(self._found or url)
        if self._found is None and answer.status in (404, 405):
            self._found = await discovery.from_issuer(self._client, url)
            if self._found is not None:
                answer = await self._ask(self._found)
        token = read_token(answer, self._credentials)
        return replace(token, basic=self._basic if self._credentials.has_two_forms else None)

    async def _ask(self, url: str) -> Answer:
        """Send the request with the form of Basic that worked last. If the client is refused, try the other form."""
        answer = await self._post(url, self._basic)
        if refuses_client(answer) and self._credentials.has_two_forms:
            other = await self._post(url, self._basic.other)
            if may_know_client(other):
                self._basic = self._basic.other
                return other
        return answer

    async def _post(self, url: str, form: BasicForm) -> Answer:
        # No timeout for a single request: the deadline covers all of them.
        request = self._client.build_request(
            "POST", url, data=self._credentials.form, headers=HEADERS, timeout=None
        )
        return await exchange(self._client, request, self._credentials.basic(form))
