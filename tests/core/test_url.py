"""The URLs that are accepted. A stored URL is unambiguous: every parser finds the same host in it."""

import urllib.parse

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.url import ascii_host, check_url, host_of, on_the_wire

_PARTS = st.text("ab0.:@[]%-_/?#,＠。１ß\u0660é\u200d xX", max_size=25) | st.text(max_size=8)


@pytest.mark.parametrize(
    "url",
    [
        "https://user@a.example/",
        "https://user:secret@a.example/",
        "https://@a.example/",
        "https://a.example:/",
        "https://a.example:0/",
        "https://a.example:٣/",
        "https://[::1]x/",
        "https://[::1]x:80/",
        "https://[::1%25eth0]/",
        "https://[v1.a]/",
        "https://[127.0.0.1]/",
        "https://127.0.0.1./",
        "https://0177.0.0.1/",
        "https://2130706433/",
        "https://１２７.0.0.1/",
        "https://a.example\\@b.example/",
        "https://a.example/\x1b[2J",
        "https://a.example/\u202e",
        "https://a%2eexample/",
        "https://" + "a." * 130 + "example/",
        "javascript://a.example/",
        "//a.example/",
        "https:a.example",
    ],
)
def test_refused(url: str) -> None:
    """What other programs could read in another way is refused, without repeating a password."""
    with pytest.raises(ValueError, match=r"[.:/]$") as caught:
        check_url(url)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "https://a.example/,https://b.example/",
        "https://a.example/;https://b.example/",
        "https://a.example/ https://b.example/",
        "https://a.example/\nhttps://b.example/",
        "https://a.example/\r\nhttps://b.example/",
        "https://a.example/\thttps://b.example/",
        "https://a.example/\u3000https://b.example/",
        "https://a.example/\u2028https://b.example/",
        "https://a.example/x,HTTP://b.example",
        "https://a.example,https://b.example",
        "https://a.example;https://b.example",
        "https://a.example,b.example",
        "https://a.example;b.example/",
        "https://a.example:443,https://b.example:443",
        "https://a.example:443,b.example",
        "https://a.example/in?tenant=mx,https://b.example/in",
        "https://a.example/in?next=https://x.example/&tenant=mx;https://b.example/in",
        "https://a.example/，https://b.example/",
        "https://a.example/,ftp://b.example/",
    ],
)
def test_two_urls_in_one_field(url: str) -> None:
    """Whatever stands between them, and wherever: the second would never be delivered to."""
    with pytest.raises(ValueError, match=r"^One URL only"):
        check_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://a.example/?next=https://b.example/",
        "https://a.example/?next=https://b.example/,https://c.example/",
        "https://a.example/?u=a,b&next=https://b.example/",
        "https://a.example/web/2026/https://b.example/",
        "https://a.example/a,b;c=d?e,f;g",
        "https://a.example/?list=1,2;3",
        "https://a.example/%2Chttps://b.example/",
        "https://a.example./",
        "https://" + "a" * 63 + ".example/",
        "https://" + ".".join(["a" * 49] * 5) + ".abc/",
        "https://" + ".".join(["a" * 49] * 5) + ".abc./",
        "https://xn--bcher-kva.example/",
        "http://a_b.example:65535",
    ],
)
def test_one_url(url: str) -> None:
    """Another URL as a value, commas, semicolons and the longest names belong to it."""
    assert check_url(url) == url


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://127.0.0.1:80:80/", "one port"),
        ("http://a.example:80:90", "one port"),
        ("http://2001:db8::1/", "in brackets"),
        ("http://::1/", "in brackets"),
        ("http://[::1]:80:80/", "After the bracket"),
        ("http://a.example:/", "The port is a number"),
        ("http://a.example:0/", "The port is a number"),
        ("http://a.example:000000/", "The port is a number"),
        ("http://a.example:65536/", "The port is a number"),
        ("http://a.example:-1/", "The port is a number"),
        ("https://a..b/", "empty part"),
        ("https://.a.example/", "empty part"),
        ("https://a.example../", "empty part"),
        ("https://./", "empty part"),
        ("https://" + "a" * 64 + ".example/", "more than 63 characters"),
        ("https://a." + "b" * 64, "more than 63 characters"),
        ("https://" + ".".join(["a" * 49] * 5) + ".abcd/", "more than 253 characters"),
        ("https://" + "ü" * 60 + ".example/", "not a valid name"),
        ("https://ü..example/", "not a valid name"),
        ("https://xn--a.example/", "not a valid name"),
        ("https://xn--/", "not a valid name"),
        ("https://☃.example/", "not a valid name"),
        ("https://a-.example/", "not a valid name"),
    ],
)
def test_a_host_that_nothing_can_be_delivered_to(url: str, words: str) -> None:
    """Two ports, empty parts, names that DNS or IDNA cannot hold: each in words."""
    with pytest.raises(ValueError, match=words):
        check_url(url)


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("http://[::1/", "The host is not a name or an address: check the brackets."),
        ("http://[v1.a]/", "The host is not a valid IPv6 address."),
        ("https://[::1]]:80/", "After the bracket of an IPv6 address comes the port or the path."),
        ("https://[::1]x]:80/", "After the bracket of an IPv6 address comes the port or the path."),
        ("http://[fe80::1%eth0]/", "Leave the zone (from % on) out of the IPv6 address."),
        ("http:///x", "The URL has no host."),
        ("http://a.example/#x", "Leave the part from # on out of the URL: it is never sent."),
        ("http://1.2.3/", "Write the address in full, such as 192.0.2.10."),
        ("https://a.xn--a.example/", "The host is not a valid name."),
    ],
)
def test_the_words_of_a_refusal(url: str, sentence: str) -> None:
    """To the letter: they say what to do."""
    with pytest.raises(ValueError, match=r"\.$") as caught:
        check_url(url)
    assert str(caught.value) == sentence


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://ＡＢ.example/", "ab.example"),
        ("https://BÜCHER.example:1/", "xn--bcher-kva.example"),
        ("https://[2001:DB8::0:1]:1/", "2001:db8::1"),
        ("https://192.0.2.10/", "192.0.2.10"),
    ],
)
def test_the_host_on_the_wire(url: str, host: str) -> None:
    """Names as DNS has them, addresses in their one short form."""
    assert host_of(check_url(url)) == host


@pytest.mark.parametrize("host", ["1::2::3", "::g", "1:2"])
def test_an_address_of_an_earlier_version_that_is_none(host: str) -> None:
    """What stands in the books is read with the same words."""
    with pytest.raises(ValueError, match=r"^The host is not a valid IPv6 address\.$"):
        ascii_host(host)


_HOSTS = st.lists(
    st.text("ab-_1", min_size=1, max_size=8)
    | st.sampled_from(["xn--bcher-kva", "bücher", "ＡＢ", "straße", "a" * 63, ""]),
    min_size=1,
    max_size=5,
).map(".".join) | st.ip_addresses().map(
    lambda address: f"[{address}]" if address.version == 6 else str(address)
)
_PORTS = st.just("") | st.integers(0, 70_000).map(":{}".format) | st.text(":0189", max_size=7)
_RESTS = st.text("/?#,;:@.=&a é%2C\n", max_size=20) | st.sampled_from(
    [",https://b.example/", "/;http://b:80/"]
)


@given(st.sampled_from(["https://", "http://", "HTTPS://"]), _HOSTS, _PORTS, _RESTS)
def test_everybody_reads_the_same_host_and_port(scheme: str, host: str, port: str, rest: str) -> None:
    """urllib and httpx find in an accepted URL the host that is resolved and guarded, and one port."""
    try:
        url = check_url(scheme + host + port + rest)
    except ValueError:
        return
    sent = on_the_wire(url)
    by_urllib, by_httpx = urllib.parse.urlsplit(sent), httpx.URL(sent)
    assert (by_urllib.hostname or "").lower() == host_of(url) or ":" in host_of(url)
    assert host_of(by_urllib.geturl()) == host_of(url)
    assert by_httpx.raw_host.decode() == (by_urllib.hostname or "")
    default = {"https": 443, "http": 80}[by_urllib.scheme]
    assert (by_httpx.port or default) == (by_urllib.port or default)
    assert (by_urllib.port or default) == int(port.removeprefix(":") or default)


def test_a_host_that_an_earlier_version_accepted() -> None:
    """What is stored can be asked for, though nobody could enter it today."""
    assert host_of("https://xn--a.example/") == "xn--a.example"
    assert host_of("http://127.0.0.1:80:80/") == "127.0.0.1"


def test_the_longest_url() -> None:
    """2,048 characters are accepted, one more is not."""
    longest = "https://a.example/" + "x" * (2048 - len("https://a.example/"))
    assert check_url(longest) == longest
    with pytest.raises(ValueError, match="this has 2,049"):
        check_url(longest + "x")


@given(st.sampled_from(["https://", "HTTP://", "http://a.example", "https://["]), _PARTS, _PARTS)
def test_accepted_urls_mean_one_thing(start: str, host: str, rest: str) -> None:
    """Whatever is accepted reads the same again, with a host in ASCII, no user and no fragment."""
    try:
        url = check_url(start + host + rest)
    except ValueError:
        return
    assert check_url(url) == url
    parts = urllib.parse.urlsplit(url)
    assert parts.scheme in ("http", "https")
    assert parts.username is None
    assert parts.password is None
    assert parts.fragment == ""
    assert parts.port is None or 0 < parts.port < 65536
    assert host_of(url).isascii()
    assert host_of(url)
