"""Which addresses may be reached: no webhook looks into our own network unless a setting allows it."""

import ipaddress
import urllib.parse
from collections.abc import Sequence

from core.errors import HookkeeperError
from core.url import host_of

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# Reached only where a setting allows the CIDR.
_PRIVATE: tuple[_Network, ...] = tuple(
    ipaddress.ip_network(text)
    for text in (
        "127.0.0.0/8",
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "100.64.0.0/10",
        "::1/128",
        "fc00::/7",
    )
)
# Never reached: link-local with the metadata services, and cloud metadata inside a private range.
_NEVER: tuple[_Network, ...] = tuple(
    ipaddress.ip_network(text)
    for text in (
        "169.254.0.0/16",
        "fe80::/10",
        "fd00:ec2::254/128",
        "0.0.0.0/8",
        "64:ff9b:1::/48",
        "100.100.100.200/32",
    )
)
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_COMPATIBLE = ipaddress.IPv6Network("::/96")


class AddressBlocked(HookkeeperError):
    """The guard refuses an address; the text says which and why."""


def refusal(address: str, allowed: Sequence[str]) -> str | None:
    """Why an address may not be reached, in words; None if it may. `allowed` are CIDRs."""
    try:
        real = _decoded(ipaddress.ip_address(address))
    except ValueError:
        return f"{address[:60]} is not a canonical address"
    if any(_contains(network, real) for network in _NEVER) or real.is_multicast or real.is_unspecified:
        return f"{real} is never delivered to: it is link-local, metadata, multicast or reserved"
    for network in _PRIVATE:
        if _contains(network, real):
            # A name such as localhost has both loopback addresses: one setting is enough.
            asked = ipaddress.IPv4Address("127.0.0.1") if real == ipaddress.IPv6Address("::1") else real
            networks = [ipaddress.ip_network(text) for text in allowed]
            if any(_contains(allowed_network, one) for allowed_network in networks for one in (real, asked)):
                return None
            return f"{real} is in {network}; Settings, Allowed private networks"
    if not real.is_global:
        return f"{real} is never delivered to: it is reserved"
    return None


def _contains(network: _Network, address: _Address) -> bool:
    return address.version == network.version and address in network


def _decoded(address: _Address) -> _Address:
    """The IPv4 address that an IPv6 form stands for (RFC 4291 2.5.5, RFC 3056, RFC 6052)."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address.scope_id is not None:
        raise ValueError("an address with a zone")
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    if address in _NAT64 or (address in _COMPATIBLE and int(address) > 1):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def check(address: str, allowed: Sequence[str]) -> None:
    """Raises AddressBlocked if the address may not be reached."""
    words = refusal(address, allowed)
    if words is not None:
        raise AddressBlocked(words)


def offered_network(host: str) -> str | None:
    """The CIDR to offer for a private address typed as a host: `10.20.0.0/16`; None for any other host."""
    if host.lower().rstrip(".") == "localhost":
        return "127.0.0.0/8"
    try:
        real = _decoded(ipaddress.ip_address(host))
    except ValueError:
        return None
    words = refusal(str(real), ())
    if words is None or "never" in words:
        return None
    if real.is_loopback:
        return "127.0.0.0/8" if real.version == 4 else "::1/128"
    return str(ipaddress.ip_network(f"{real}/{16 if real.version == 4 else 64}", strict=False))


def url_refusal(url: str, allowed: Sequence[str]) -> str | None:
    """Why a URL's literal address may not be reached; None for a name, which is judged when used."""
    host = host_of(url)
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return refusal("127.0.0.1", allowed) if host.rstrip(".") == "localhost" else None
    return refusal(host, allowed)


def url_warning(url: str, allowed: Sequence[str]) -> str | None:
    """What to warn of: http to anything but an allowed private address."""
    if urllib.parse.urlsplit(url).scheme.lower() != "http":
        return None
    if offered_network(host_of(url)) is not None and url_refusal(url, allowed) is None:
        return None
    return "http: anyone on the way can read this."
