"""The address guard: addresses that are allowed, need a setting, or are never allowed."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.delivery.guard import offered_network, refusal, url_refusal, url_warning

PRIVATE = ["127.0.0.1", "10.20.4.7", "172.16.0.1", "192.168.1.1", "100.64.0.1", "::1", "fc00::1", "fd12::1"]
NEVER = [
    "169.254.169.254", "fe80::1", "fd00:ec2::254", "0.0.0.0", "::", "224.0.0.1", "ff02::1", "255.255.255.255",
    "240.0.0.1", "192.0.2.1", "100.100.100.200", "2001:db8::1", "not-an-address", "127.1", "fe80::1%eth0",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_private_needs_a_setting(address: str) -> None:
    """Private addresses pass only where a setting allows their CIDR."""
    words = refusal(address, ())
    assert words is not None
    assert words.endswith("; Settings, Allowed private networks")
    assert refusal(address, (str(ipaddress.ip_network(address)),)) is None
    assert refusal(address, ("198.18.0.0/15",)) is not None


@pytest.mark.parametrize("address", NEVER)
def test_some_never_pass(address: str) -> None:
    """No setting lets link-local, metadata, multicast or reserved addresses through."""
    assert refusal(address, ("0.0.0.0/0", "::/0")) is not None


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "203.0.114.1"])
def test_public_passes(address: str) -> None:
    """Public addresses need no setting."""
    assert refusal(address, ()) is None


@given(st.ip_addresses(v=4))
def test_other_forms_agree(address: ipaddress.IPv4Address) -> None:
    """An IPv4 address is judged the same in every IPv6 form that embeds it."""
    plain = refusal(str(address), ())
    for form in (f"::ffff:{address}", f"64:ff9b::{address}"):
        assert refusal(form, ()) == plain
    assert (refusal(f"2002:{int(address) >> 16:x}:{int(address) & 0xFFFF:x}::1", ()) is None) == (
        plain is None
    )


def test_offers() -> None:
    """The dialog offers the network of a private address, and none for what is public or never passes."""
    assert offered_network("10.20.4.7") == "10.20.0.0/16"
    assert offered_network("127.0.0.1") == "127.0.0.0/8"
    assert offered_network("localhost") == "127.0.0.0/8"
    assert offered_network("LocalHost.") == "127.0.0.0/8"
    assert offered_network("fd12::1") == "fd12::/64"
    assert [offered_network(host) for host in ("8.8.8.8", "169.254.169.254", "hooks.example")] == [None] * 3


def test_urls() -> None:
    """http warns, except to an allowed private address; names are judged when they are used."""
    assert url_warning("http://hooks.example/", ()) == "http: anyone on the way can read this."
    assert url_warning("https://hooks.example/", ()) is None
    assert url_warning("http://10.1.2.3/", ()) is not None
    assert url_warning("http://10.1.2.3/", ("10.0.0.0/8",)) is None
    assert url_refusal("http://hooks.example/", ()) is None
    assert url_refusal("http://localhost/", ()) is not None
    assert url_refusal("http://localhost./", ()) == (
        "127.0.0.1 is in 127.0.0.0/8; Settings, Allowed private networks"
    )
    assert url_refusal("http://localhost./", ("127.0.0.0/8",)) is None
    assert url_refusal("http://[::ffff:10.1.2.3]/", ()) is not None
