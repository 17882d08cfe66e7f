"""Which URLs are accepted: what is stored is one URL, and everybody reads the same host in it."""

import urllib.parse

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.url import check_url, host_of

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
