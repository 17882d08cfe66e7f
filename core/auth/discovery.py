"""Finds the token endpoint of an issuer or discovery document (OpenID Connect Discovery 1.0; RFC 8414)."""

import httpx

from core.auth.exchange import HEADERS, Answer, exchange
from core.auth.json_body import Unreadable
from core.auth.token import TokenError
from core.url import check_url


def is_document(url: str) -> bool:
    """Whether a URL is that of a discovery document, not of the token endpoint itself."""
    return "/.well-known/" in httpx.URL(url).path


async def from_document(client: httpx.AsyncClient, url: str) -> str:
    """Return the token endpoint that a discovery document names. Raises TokenError."""
    answer = await _get(client, url)
    problem = f"answered {answer.status}"
    if answer.status == 200:
        try:
            return _token_endpoint(answer.json_object(), url)
        except Unreadable as reason:
            problem = str(reason)
    raise TokenError(
        f"the discovery document {problem}: check the Authentication URL", retry_after=answer.retry_after
    )


async def from_issuer(client: httpx.AsyncClient, url: str) -> str | None:
    """Return the token endpoint of an issuer; None if the URL is not an issuer's. Raises TokenError."""
    document = f"{url.rstrip('/')}/.well-known/openid-configuration"
    answer = await _get(client, document)
    fields = answer.fields
    if answer.status != 200 or not fields:
        return None
    issuer = fields.get("issuer")
    # A final slash makes no difference: many issuers leave it out.
    if not isinstance(issuer, str) or issuer.rstrip("/") != url.rstrip("/"):
        raise TokenError("the discovery document belongs to another issuer: enter the token endpoint itself")
    return _token_endpoint(fields, document)


async def _get(client: httpx.AsyncClient, url: str) -> Answer:
    return await exchange(client, client.build_request("GET", url, headers=HEADERS, timeout=None))


def _token_endpoint(fields: dict[str, object], document: str) -> str:
    found = fields.get("token_endpoint")
    if not isinstance(found, str):
        raise TokenError("the discovery document names no token_endpoint: enter the token endpoint itself")
    try:
        url = check_url(found)
    except ValueError as error:
        reason = str(error).removesuffix(".")
        raise TokenError(f"the discovery document's token_endpoint cannot be used: {reason}") from None
    if httpx.URL(document).scheme == "https" and httpx.URL(url).scheme != "https":
        raise TokenError("the discovery document leads from https to http: the Secret Key is not sent there")
    return url
