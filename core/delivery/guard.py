"""Decides which addresses may be reached: none in a private network, unless a setting allows it."""

import ipaddress
import urllib.parse
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from core.errors import HookkeeperError
from core.networks import HOLDS_IPV4, ISATAP, NEVER, PRIVATE
from core.url import host_of

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class AddressBlocked(HookkeeperError):
    """The guard refused an address. The text says which address and why."""


@dataclass(frozen=True, slots=True)
class _Rule:
    network: _Network
    reason: str
    may_be_allowed: bool


def _rules() -> tuple[_Rule, ...]:
    """Return the rules for all listed networks, the most specific first."""
    rules = [
        *(_Rule(ipaddress.ip_network(cidr), reason, True) for cidr, reason in PRIVATE.items()),
        *(_Rule(ipaddress.ip_network(cidr), reason, False) for cidr, reason in NEVER.items()),
    ]
    return tuple(sorted(rules, key=lambda rule: -rule.network.prefixlen))


_RULES = _rules()
_HOLDS_IPV4 = tuple((ipaddress.IPv6Network(cidr), behind) for cidr, behind in HOLDS_IPV4.items())
_LOOPBACK = ipaddress.IPv4Address("127.0.0.1"), ipaddress.IPv6Address("::1")


def refusal(address: str, allowed: Sequence[str]) -> str | None:
    """Return in words why an address may not be reached, or None if it may. `allowed` are CIDRs."""
    return _refusal(address, tuple(allowed))


@lru_cache(4096)
def _refusal(text: str, allowed: tuple[str, ...]) -> str | None:
    try:
        addresses = _meant(text)
    except ValueError:
        return f"{text[:60]} is not a canonical address"
    for address in addresses:
        rule = _rule_of(address)
        if rule is None or (rule.may_be_allowed and _is_allowed(address, allowed)):
            continue
        if rule.may_be_allowed:
            return f"{address} is in {rule.network}; Settings, Allowed private networks"
        return f"{address} is never delivered to: {rule.reason}"
    return None


def _meant(text: str) -> tuple[_Address, ...]:
    """Return the addresses that a connection to this address may reach. The guard checks each of them.

    Raises ValueError for anything but a canonical address without a zone.
    """
    address = ipaddress.ip_address(text)
    if isinstance(address, ipaddress.IPv4Address):
        return (address,)
    if address.scope_id is not None:
        raise ValueError("an address with a zone")
    number = int(address)
    stands_for: _Address = next(
        (
            ipaddress.IPv4Address(number >> behind & 0xFFFFFFFF)
            for network, behind in _HOLDS_IPV4
            if address in network
        ),
        address,
    )
    if number >> 32 & 0xFFFFFFFF in ISATAP:
        return stands_for, ipaddress.IPv4Address(number & 0xFFFFFFFF)
    return (stands_for,)


def _rule_of(address: _Address) -> _Rule | None:
    return next((rule for rule in _RULES if _contains(rule.network, address)), None)


def _is_allowed(address: _Address, allowed: Iterable[str]) -> bool:
    # A name such as localhost has both loopback addresses, so a setting for 127.0.0.0/8 also allows ::1.
    asked = _LOOPBACK if address == _LOOPBACK[1] else (address,)
    networks = [ipaddress.ip_network(text) for text in allowed]
    return any(_contains(network, one) for network in networks for one in asked)


def _contains(network: _Network, address: _Address) -> bool:
    return address.version == network.version and address in network


def check(address: str, allowed: Sequence[str]) -> None:
    """Raises AddressBlocked if the address may not be reached."""
    words = refusal(address, allowed)
    if words is not None:
        raise AddressBlocked(words)


def offered_network(host: str) -> str | None:
    """Return the CIDR (`10.20.0.0/16`) to offer for a private address typed as a host; None for any other host."""
    if host.lower().rstrip(".") == "localhost":
        return "127.0.0.0/8"
    try:
        addresses = _meant(host)
    except ValueError:
        return None
    for address in addresses:
        rule = _rule_of(address)
        if rule is not None:
            return _offered(address, rule) if rule.may_be_allowed else None
    return None


def _offered(address: _Address, rule: _Rule) -> str:
    if any(_contains(rule.network, one) for one in _LOOPBACK):
        return str(rule.network)
    return str(ipaddress.ip_network(f"{address}/{16 if address.version == 4 else 64}", strict=False))


def url_refusal(url: str, allowed: Sequence[str]) -> str | None:
    """Return why the address in a URL may not be reached, or None if it may.

    A name other than localhost also gives None: its addresses are checked when it is used.
    """
    host = host_of(url)
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return refusal("127.0.0.1", allowed) if host.rstrip(".") == "localhost" else None
    return refusal(host, allowed)


def url_warning(url: str, allowed: Sequence[str]) -> str | None:
    """Return a warning for an http URL, unless it leads to an allowed private address; otherwise None."""
    if urllib.parse.urlsplit(url).scheme.lower() != "http":
        return None
    if offered_network(host_of(url)) is not None and url_refusal(url, allowed) is None:
        return None
    return "http: anyone on the way can read this."
