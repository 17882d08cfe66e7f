"""The guard's table, repeated here in full so that no network can be removed unnoticed."""

import ipaddress
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import networks
from core.delivery.guard import refusal

EVERYTHING = ("0.0.0.0/0", "::/0")
ALLOWABLE = [
    "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7",
]  # fmt: skip
SPECIAL_PURPOSE = [
    "0.0.0.0/8", "0.0.0.0/32", "169.254.0.0/16", "192.0.0.0/24", "192.0.0.0/29", "192.0.0.8/32", "192.0.0.9/32",
    "192.0.0.10/32", "192.0.0.170/32", "192.0.0.171/32", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24",
    "192.88.99.0/24", "192.88.99.2/32", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
    "224.0.0.0/4", "240.0.0.0/4", "255.255.255.255/32",
    "::/128", "::/96", "::ffff:0:0:0/96", "64:ff9b:1::/48", "100::/64", "100:0:0:1::/64", "2001::/23",
    "2001::/32", "2001:1::1/128", "2001:1::2/128", "2001:1::3/128", "2001:2::/48", "2001:3::/32",
    "2001:4:112::/48", "2001:10::/28", "2001:20::/28", "2001:30::/28", "2001:db8::/32", "2620:4f:8000::/48",
    "3fff::/20", "5f00::/16", "fe80::/10", "fec0::/10", "ff00::/8",
]  # fmt: skip
NOT_ASSIGNED = [
    "::/8", "100::/8", "200::/7", "400::/6", "800::/5", "1000::/4", "4000::/3", "6000::/3", "8000::/3", "a000::/3",
    "c000::/3", "e000::/4", "f000::/5", "f800::/6", "fe00::/9",
]  # fmt: skip
CLOUDS = [
    "100.100.100.200/32", "161.26.0.0/16", "168.63.129.16/32", "192.0.0.192/32", "fd00:42::42/128",
    "fd00:100::100:200/128", "fd00:a9fe:a9fe::1/128", "fd00:c1::a9fe:a9fe/128", "fd00:ec2::/32",
    "fd20:ce::254/128",
]  # fmt: skip
NEVER = [*SPECIAL_PURPOSE, *NOT_ASSIGNED, *CLOUDS]
# Parts of these networks to which another rule applies.
EXCEPT = [*map(ipaddress.ip_network, ["::1/128", "::ffff:0:0/96", "64:ff9b::/96"])]

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def _addresses(cidr: str) -> list[_Address]:
    """The first, the middle and the last one."""
    network = ipaddress.ip_network(cidr)
    return [network[0], network[network.num_addresses // 2], network[-1]]


def _neighbours(cidr: str) -> list[_Address]:
    """The ones just outside."""
    network = ipaddress.ip_network(cidr)
    kind: Callable[[int], _Address] = type(network[0])
    top = 2**network.max_prefixlen - 1
    beside = int(network[0]) - 1, int(network[-1]) + 1
    return [kind(number) for number in beside if 0 <= number <= top]


def _lies_in(address: _Address, cidrs: list[str]) -> bool:
    found = [ipaddress.ip_network(cidr) for cidr in cidrs]
    return any(address in network for network in found if network.version == address.version)


def test_the_table_is_this_one() -> None:
    """A change of the table must be made here as well."""
    assert sorted(networks.PRIVATE) == sorted(ALLOWABLE)
    assert sorted(networks.NEVER) == sorted(NEVER)
    assert all(networks.NEVER.values())


@pytest.mark.parametrize("cidr", NEVER)
def test_never_reached(cidr: str) -> None:
    """First, middle and last address are refused with a reason, whatever is allowed."""
    for address in _addresses(cidr):
        if not any(address in network for network in EXCEPT if network.version == address.version):
            for allowed in ((), EVERYTHING, (cidr,)):
                words = refusal(str(address), allowed)
                assert words is not None
                assert words.startswith(f"{address} is never delivered to: ")


@pytest.mark.parametrize("cidr", ALLOWABLE)
def test_reached_where_a_setting_allows_it(cidr: str) -> None:
    """First, middle and last address are refused until the network is allowed."""
    for address in _addresses(cidr):
        assert refusal(str(address), ()) == f"{address} is in {cidr}; Settings, Allowed private networks"
        assert refusal(str(address), ("198.18.0.0/15", "2001:db8::/32")) is not None
        assert refusal(str(address), (cidr,)) is None


@pytest.mark.parametrize("cidr", [*ALLOWABLE, *NEVER])
def test_the_neighbours_pass(cidr: str) -> None:
    """An address just outside is reached, unless another network of the table has it."""
    for address in _neighbours(cidr):
        if not _lies_in(address, [*ALLOWABLE, *NEVER]):
            assert refusal(str(address), ()) is None


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("192.0.0.192", "the metadata service of Oracle Cloud"),
        ("168.63.129.16", "the platform address of Azure"),
        ("fec0::1", "site-local, deprecated (RFC 3879)"),
        ("::ffff:0:127.0.0.1", "IPv4-translated (RFC 2765)"),
        ("192.88.99.1", "6to4 relay anycast, deprecated (RFC 7526)"),
        ("5f00::1", "segment identifiers of SRv6 (RFC 9602)"),
        ("169.254.170.2", "link-local, where clouds have their metadata services (RFC 3927)"),
        ("fd00:ec2::23", "the metadata and platform services of AWS"),
        ("fd20:ce::254", "the metadata service of Google Cloud"),
        ("100.100.100.200", "the metadata service of Alibaba Cloud"),
        ("192.0.0.9", "anycast of the Port Control Protocol (RFC 7723)"),
        ("4000::1", "reserved, assigned to nobody (RFC 4291)"),
    ],
)
def test_metadata_platform_and_deprecated_addresses_are_never_reached(address: str, reason: str) -> None:
    """The reason is that of the most specific network; a wide setting opens none of them."""
    assert refusal(address, EVERYTHING) is not None
    assert str(refusal(address, EVERYTHING)).endswith(f" is never delivered to: {reason}")


def _split(value: int) -> tuple[int, int]:
    return value >> 16, value & 0xFFFF


def _hex(value: int) -> str:
    high, low = _split(value)
    return f"{high:x}:{low:x}"


def _nat64_local(value: int, prefix: int) -> str:
    """An address in 64:ff9b:1::/48 with the IPv4 address behind a prefix of this length (RFC 6052, section 2.2)."""
    number = int(ipaddress.IPv6Address("64:ff9b:1::"))
    octets = [value >> 24 & 255, value >> 16 & 255, value >> 8 & 255, value & 255]
    place = prefix // 8
    for octet in octets:
        place += place == 8  # bits 64 to 71 are zero
        number |= octet << (15 - place) * 8
        place += 1
    return str(ipaddress.IPv6Address(number))


# How IPv6 holds an IPv4 address; where bits are free, `more` fills them.
FORMS: dict[str, Callable[[int, int], str]] = {
    "mapped": lambda value, more: f"::ffff:{_hex(value)}",
    "translated": lambda value, more: f"::ffff:0:{_hex(value)}",
    "compatible": lambda value, more: f"::{_hex(value)}",
    "NAT64": lambda value, more: f"64:ff9b::{_hex(value)}",
    "NAT64, local /48": lambda value, more: _nat64_local(value, 48),
    "NAT64, local /56": lambda value, more: _nat64_local(value, 56),
    "NAT64, local /64": lambda value, more: _nat64_local(value, 64),
    "NAT64, local /96": lambda value, more: _nat64_local(value, 96),
    "6to4": lambda value, more: f"2002:{_hex(value)}:{more:x}::{more:x}",
    "Teredo client": lambda value, more: f"2001:0:808:808:{more:x}:{more:x}:{_hex(value ^ 0xFFFFFFFF)}",
    "Teredo server": lambda value, more: f"2001:0:{_hex(value)}:{more:x}:{more:x}:f7f7:f7f7",
    "ISATAP": lambda value, more: f"2606:4700:{more:x}:1:0:5efe:{_hex(value)}",
    "ISATAP, unique": lambda value, more: f"2606:4700:{more:x}:1:200:5efe:{_hex(value)}",
    "ISATAP, link-local": lambda value, more: f"fe80::5efe:{_hex(value)}",
    "ISATAP in 6to4": lambda value, more: f"2002:808:808:{more:x}:0:5efe:{_hex(value)}",
    "6over4": lambda value, more: f"fe80::{_hex(value)}",
}

_IPV4 = st.ip_addresses(v=4) | st.sampled_from(
    [address for cidr in [*ALLOWABLE, *NEVER] if "." in cidr for address in _addresses(cidr)]
)


@pytest.mark.parametrize("form", FORMS)
@given(address=_IPV4, more=st.integers(0, 0xFFFF))
def test_an_embedded_address_is_refused_like_itself(form: str, address: _Address, more: int) -> None:
    """However IPv6 holds a refused IPv4 address, that is refused as well, and a setting for IPv6 does not open it."""
    for allowed in ((), ("::/0",), EVERYTHING):
        if refusal(str(address), allowed) is not None:
            assert refusal(FORMS[form](int(address), more), allowed) is not None


@pytest.mark.parametrize("form", ["mapped", "NAT64", "6to4", "ISATAP", "ISATAP, unique"])
def test_an_embedded_public_address_passes(form: str) -> None:
    """Networks without IPv4 reach their receivers by these forms."""
    assert refusal(FORMS[form](0x08080808, 1), ()) is None


@given(st.ip_addresses())
def test_any_address(address: _Address) -> None:
    """What passes without a setting is in no network of the table."""
    if refusal(str(address), ()) is None and not any(
        address in network for network in EXCEPT if network.version == address.version
    ):
        assert not _lies_in(address, [*ALLOWABLE, *NEVER])
