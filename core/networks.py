"""The networks that deliveries are restricted from, each with its reason. The most specific one decides.

Sources: the IANA IPv4 and IPv6 Special-Purpose Address Registries (of 9 October 2025), the IANA IPv6 Address Space
registry, and the documentation of cloud providers on their metadata and platform services. Some special-purpose networks are
globally reachable (AS112, AMT, the anycast addresses of 192.0.0.0/24 and 2001:1::/32), but no webhook is received
there, so they are refused like the others.
"""

from ipaddress import IPv4Network, IPv6Network, ip_network

PRIVATE = {
    "10.0.0.0/8": "private use (RFC 1918)",
    "100.64.0.0/10": "shared address space of carriers (RFC 6598)",
    "127.0.0.0/8": "loopback (RFC 1122)",
    "172.16.0.0/12": "private use (RFC 1918)",
    "192.168.0.0/16": "private use (RFC 1918)",
    "::1/128": "loopback (RFC 4291)",
    "fc00::/7": "unique-local (RFC 4193)",
}
"""Networks that are reached only if a setting allows them."""

_IPV4 = {
    "0.0.0.0/8": "this network (RFC 791)",
    "0.0.0.0/32": "unspecified (RFC 1122)",
    "169.254.0.0/16": "link-local, where clouds have their metadata services (RFC 3927)",
    "192.0.0.0/24": "reserved for protocols of the IETF (RFC 6890)",
    "192.0.0.0/29": "IPv4 service continuity (RFC 7335)",
    "192.0.0.8/32": "the dummy address (RFC 7600)",
    "192.0.0.9/32": "anycast of the Port Control Protocol (RFC 7723)",
    "192.0.0.10/32": "anycast of TURN (RFC 8155)",
    "192.0.0.170/32": "NAT64 discovery (RFC 7050)",
    "192.0.0.171/32": "NAT64 discovery (RFC 7050)",
    "192.0.2.0/24": "documentation (RFC 5737)",
    "192.31.196.0/24": "AS112 (RFC 7535)",
    "192.52.193.0/24": "Automatic Multicast Tunneling (RFC 7450)",
    "192.88.99.0/24": "6to4 relay anycast, deprecated (RFC 7526)",
    "192.88.99.2/32": "6a44 relay anycast (RFC 6751)",
    "192.175.48.0/24": "AS112 (RFC 7534)",
    "198.18.0.0/15": "benchmarking (RFC 2544)",
    "198.51.100.0/24": "documentation (RFC 5737)",
    "203.0.113.0/24": "documentation (RFC 5737)",
    "224.0.0.0/4": "multicast (RFC 5771)",
    "240.0.0.0/4": "reserved (RFC 1112)",
    "255.255.255.255/32": "broadcast (RFC 8190)",
}

_IPV6 = {
    "::/128": "unspecified (RFC 4291)",
    "::/96": "IPv4-compatible, deprecated (RFC 4291)",
    "::ffff:0:0:0/96": "IPv4-translated (RFC 2765)",
    "64:ff9b:1::/48": "local translation between IPv4 and IPv6 (RFC 8215)",
    "100::/64": "discard-only (RFC 6666)",
    "100:0:0:1::/64": "the dummy prefix (RFC 9780)",
    "2001::/23": "reserved for protocols of the IETF (RFC 2928)",
    "2001::/32": "Teredo (RFC 4380)",
    "2001:1::1/128": "anycast of the Port Control Protocol (RFC 7723)",
    "2001:1::2/128": "anycast of TURN (RFC 8155)",
    "2001:1::3/128": "anycast of the DNS-SD registration protocol (RFC 9665)",
    "2001:2::/48": "benchmarking (RFC 5180)",
    "2001:3::/32": "Automatic Multicast Tunneling (RFC 7450)",
    "2001:4:112::/48": "AS112 (RFC 7535)",
    "2001:10::/28": "ORCHID, deprecated (RFC 4843)",
    "2001:20::/28": "ORCHIDv2 (RFC 7343)",
    "2001:30::/28": "drone remote identification (RFC 9374)",
    "2001:db8::/32": "documentation (RFC 3849)",
    "2620:4f:8000::/48": "AS112 (RFC 7534)",
    "3fff::/20": "documentation (RFC 9637)",
    "5f00::/16": "segment identifiers of SRv6 (RFC 9602)",
    "fe80::/10": "link-local (RFC 4291)",
    "fec0::/10": "site-local, deprecated (RFC 3879)",
    "ff00::/8": "multicast (RFC 4291)",
}

# Everything outside 2000::/3 that is not listed above: IANA assigns no addresses there.
_NOT_ASSIGNED = dict.fromkeys(
    (
        "::/8", "100::/8", "200::/7", "400::/6", "800::/5", "1000::/4", "4000::/3", "6000::/3", "8000::/3",
        "a000::/3", "c000::/3", "e000::/4", "f000::/5", "f800::/6", "fe00::/9",
    ),
    "reserved, assigned to nobody (RFC 4291)",
)  # fmt: skip

# Cloud services with an address outside the link-local networks.
_CLOUDS = {
    "100.100.100.200/32": "the metadata service of Alibaba Cloud",
    "161.26.0.0/16": "the platform services of IBM Cloud",
    "168.63.129.16/32": "the platform address of Azure",
    "192.0.0.192/32": "the metadata service of Oracle Cloud",
    "fd00:42::42/128": "the metadata service of Scaleway",
    "fd00:100::100:200/128": "the metadata service of Alibaba Cloud",
    "fd00:a9fe:a9fe::1/128": "the metadata service of Akamai",
    "fd00:c1::a9fe:a9fe/128": "the metadata service of Oracle Cloud",
    "fd00:ec2::/32": "the metadata and platform services of AWS",
    "fd20:ce::254/128": "the metadata service of Google Cloud",
}

NEVER = _IPV4 | _IPV6 | _NOT_ASSIGNED | _CLOUDS
"""Never reached, whatever a setting allows."""

HOLDS_IPV4 = {
    "::ffff:0:0/96": 0,  # IPv4-mapped (RFC 4291, section 2.5.5.2)
    "64:ff9b::/96": 0,  # NAT64 (RFC 6052, section 2.1)
    "2002::/16": 80,  # 6to4 (RFC 3056, section 2)
}
"""IPv6 networks whose addresses contain an IPv4 address, and the number of bits after that address."""

ISATAP = (0x0000_5EFE, 0x0200_5EFE)
"""Bits 64 to 95 of an IPv6 address that ends in the IPv4 address it leads to (RFC 5214, section 6.1)."""


_Network = IPv4Network | IPv6Network


def check_allowed(network: _Network) -> None:
    """Check that a setting can allow this network. Raises ValueError if it is never reached or needs no setting."""
    for cidr, reason in NEVER.items():
        if _is_within(network, ip_network(cidr)):
            raise ValueError(f"{network} is never delivered to, whatever is allowed: {reason}.")
    if not any(network.overlaps(ip_network(cidr)) for cidr in PRIVATE):
        raise ValueError(f"{network} is not a private network: it needs no setting.")


def _is_within(network: _Network, other: _Network) -> bool:
    if isinstance(network, IPv4Network):
        return isinstance(other, IPv4Network) and network.subnet_of(other)
    return isinstance(other, IPv6Network) and network.subnet_of(other)
