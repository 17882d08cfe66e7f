"""Checks of what deliveries need: a dispatcher, the write lock, TLS files and, on request, the network."""

import ipaddress
from contextlib import suppress

from core.delivery.authorization_check import try_authorization
from core.delivery.guard import AddressBlocked
from core.delivery.http import Http
from core.delivery.tls import UnusableFile, check_files
from core.models import GeneralSettings
from core.place import Place
from core.service.doctor.finding import Finding, well, wrong
from core.store import Store, config, nodes
from core.text import one_line
from core.url import host_of


def dispatcher(database: Place) -> Finding:
    """Check whether a dispatcher runs and responds, and report what it says about itself."""
    status = nodes.standing_at(database)
    healthy = status.running and not (status.silent_since or status.note or status.remark)
    return (well if healthy else wrong)("dispatcher", one_line(status.words))


def write_lock(database: Place) -> list[Finding]:
    """Check whether a process holds the write lock for so long that other writes fail."""
    holder = nodes.long_writer_at(database)
    return [wrong("lock", one_line(holder.words))] if holder else []


def tls_files(settings: GeneralSettings) -> Finding:
    """Check the CA file and the client certificate in the same way as connections load them."""
    if settings.ca_file is None and settings.client_certificate is None:
        return well("tls", "The machine's certificate authorities are trusted; no files are set.")
    try:
        check_files(settings)
    except UnusableFile as error:
        return wrong("tls", str(error))
    return well("tls", "The files of the settings can be used.")


async def network(store: Store, settings: GeneralSettings) -> list[Finding]:
    """Look up every host name, and request a token from the token endpoint."""
    urls = [summary.webhook.url for summary in await config.list_webhooks(store)]
    if settings.authentication_url:
        urls.append(settings.authentication_url)
    hosts = sorted({host_of(url) for url in urls})
    async with Http(lambda: settings.allowed_networks) as http:
        found = [await _name(http, host) for host in hosts if not _is_address(host)]
    if settings.uses_oidc:
        answer = await try_authorization(settings)
        words = one_line(answer.words).removesuffix(".")
        found.append((well if answer.ok else wrong)("authorization", f"{words[:1].upper()}{words[1:]}."))
    return found or [well("network", "No webhook is addressed by a name, and no token is needed.")]


async def _name(http: Http, host: str) -> Finding:
    try:
        await http.look_up(host)
    except (OSError, AddressBlocked) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        return wrong("names", f"{one_line(host)}: {reason}.")
    return well("names", f"{one_line(host)} has an address.")


def _is_address(host: str) -> bool:
    with suppress(ValueError):
        ipaddress.ip_address(host)
        return True
    return False
