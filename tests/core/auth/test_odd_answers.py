"""Odd content around access_token, token_type and expires_in never makes a token unusable."""

import dataclasses
import gzip
import json
import tracemalloc
import zlib
from collections.abc import Callable

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.auth import Credentials, Token, fetch
from core.auth.json_body import Unreadable, json_object
from core.delivery.http import Http
from tests.core.auth.test_unreachable import raw_server
from tests.support.token_endpoint import TokenEndpoint

TOKEN = b'{"access_token": "tok", "token_type": "Bearer", "expires_in": 60}'


def with_field(value: str) -> bytes:
    """Return a token answer with unused fields before and after the three that count."""
    return f'{{"a": {value}, {TOKEN[1:-1].decode()}, "z": {value}}}'.encode()


def raw_deflate(body: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-15)
    return compressor.compress(body) + compressor.flush()


async def token(endpoint: TokenEndpoint, client: httpx.AsyncClient, credentials: Credentials) -> Token:
    """Fetch a token, which must be the one of TOKEN."""
    token = await fetch(client, credentials)
    assert token.value.get_secret_value() == "tok"
    return token


@pytest.mark.parametrize(
    "body",
    [
        TOKEN + b"\nand a line of other text\n",
        TOKEN + b"<!-- 0.02 s -->",
        TOKEN + TOKEN,
        TOKEN + b"}",
        TOKEN + b"\0\0",
        TOKEN + b"\xff\xfe",
        TOKEN + b" " * 100_000,
        b"\r\n\r\n" + TOKEN,
        b")]}',\n" + TOKEN,
        b"<br />\n<b>Notice</b>: Undefined index in <b>token.php</b>\n" + TOKEN,
        b"Warning: {closure}(): no {x}\n" + TOKEN,
        b"/* {} */" + TOKEN,
    ],
    ids=lambda body: str(body[:20] + b"..." + body[-20:]),
)
async def test_other_text_around_the_json(
    endpoint: TokenEndpoint, client: httpx.AsyncClient, credentials: Credentials, body: bytes
) -> None:
    """The first object in the body counts."""
    endpoint.body = body

    assert (await token(endpoint, client, credentials)).expires_in == 60.0


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"]
)
@pytest.mark.parametrize("text", ["{}", "\n{}", '{{"n": "é€😀", {}'])
async def test_encodings(
    endpoint: TokenEndpoint, client: httpx.AsyncClient, credentials: Credentials, encoding: str, text: str
) -> None:
    """Every encoding of Unicode, with a byte order mark or without."""
    plain = TOKEN.decode()
    endpoint.body = text.format(plain if len(text) < 5 else plain[1:]).encode(encoding)

    assert (await token(endpoint, client, credentials)).expires_in == 60.0


@pytest.mark.parametrize(
    "mark",
    [
        b"\xef\xbb\xbf",
        b"\xef\xbb\xbf\xef\xbb\xbf",
        b"\xef\xbb\xbf\r\n",
        b"\n\xef\xbb\xbf",
    ],
)
async def test_byte_order_marks(
    endpoint: TokenEndpoint, client: httpx.AsyncClient, credentials: Credentials, mark: bytes
) -> None:
    """One or several byte order marks are accepted, even where none belongs."""
    endpoint.body = mark + TOKEN

    await token(endpoint, client, credentials)


@pytest.mark.parametrize(
    ("coding", "encode"),
    [
        ("gzip", gzip.compress),
        ("x-gzip", gzip.compress),
        ("GZIP", gzip.compress),
        ("gzip, gzip", lambda body: gzip.compress(gzip.compress(body))),
        ("deflate, gzip", lambda body: gzip.compress(zlib.compress(body))),
        ("deflate, gzip", lambda body: gzip.compress(raw_deflate(body))),
        ("deflate", zlib.compress),
        ("deflate", raw_deflate),
        ("deflate", gzip.compress),
        ("gzip", zlib.compress),
        ("identity", gzip.compress),
        ("", gzip.compress),
        ("gzip", lambda body: gzip.compress(body) + b"more"),
        ("gzip", lambda body: gzip.compress(body)[:-4]),
        ("gzip", lambda body: gzip.compress(body)[:-8] + b"\1\2\3\4\5\6\7\x08"),
        ("gzip", lambda body: gzip.compress(body[:20]) + gzip.compress(body[20:])),
        ("gzip", bytes),
        ("deflate", bytes),
        ("br", bytes),
        ("zstd", bytes),
        ("UTF-8", bytes),
        ("none", bytes),
    ],
)
@pytest.mark.parametrize("around", [b"", b"\n"])
async def test_content_codings(
    endpoint: TokenEndpoint,
    client: httpx.AsyncClient,
    credentials: Credentials,
    coding: str,
    encode: Callable[[bytes], bytes],
    around: bytes,
) -> None:
    """The body is compressed without a request for it, in another way than declared, or not at all."""
    endpoint.body = encode(around + TOKEN + around)
    endpoint.headers = {"Content-Encoding": coding} if coding else {}

    await token(endpoint, client, credentials)


def test_a_bomb_is_not_unpacked() -> None:
    """Unpacking stops after 64 KiB. A token within them is used, and the rest takes no memory."""
    bomb = gzip.compress(gzip.compress(TOKEN + b" " * 50_000_000))
    assert len(bomb) < 64 * 1024

    tracemalloc.start()
    try:
        fields = json_object(bomb, "gzip, gzip")
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert fields["access_token"] == "tok"
    assert most < 2_000_000


@pytest.mark.parametrize(
    "value",
    [
        "9" * 5000,
        "-" + "9" * 5000,
        "1" + "0" * 400 + ".5",
        "1e999",
        "-1e999",
        "1e-99999",
        "NaN",
        "-Infinity",
        '"\\ud800"',
        '"\\udc00\\ud800"',
        '"\\u0000"',
        '"\\q \\x41 \\\' \\u12 \\\n"',
        '"C:\\Users\\new"',
        '"a\tb\nc\x00\x1f"',
        '"\\ud83d\\ude00"',
        '"\u2028\ufeff\ufffe"',
        '{"k": 1, "k": 2}',
        '{"": {"": [[], {}, [null, true, false]]}}',
        "[" * 300 + "]" * 300,
        '{"a":' * 300 + "0" + "}" * 300,
        "[1, 2, ]",
        "[1,, 2]",
        "undefined",
        "None",
        "True",
        "007",
        ".5",
        "3.",
        "+1",
        "0x1F",
        "1_000",
        "2026-11-30",
        '"' + "x" * 20_000 + '"',
        '"}, {"',
        '"access_token"',
        '{"access_token": "inner", "expires_in": -1}',
    ],
    ids=lambda value: value[:25],
)
async def test_unused_fields(
    endpoint: TokenEndpoint, client: httpx.AsyncClient, credentials: Credentials, value: str
) -> None:
    """Fields that nobody reads may have any value, valid JSON or nearly so."""
    endpoint.body = with_field(value)

    assert (await token(endpoint, client, credentials)).expires_in == 60.0


@pytest.mark.parametrize(
    "value", [b"\xff", b"\xe9t\xe9", b"\xed\xa0\x80", b"\xc0\xaf", b"\xf8\x88\x80\x80\x80"]
)
async def test_unused_fields_that_are_not_utf_8(
    endpoint: TokenEndpoint, client: httpx.AsyncClient, credentials: Credentials, value: bytes
) -> None:
    """They may have bytes of another encoding, or of none."""
    endpoint.body = with_field('"?"').replace(b"?", value)

    await token(endpoint, client, credentials)


@pytest.mark.parametrize(
    "body",
    [
        b'{"access_token": "tok", "access_token": "tok"}',
        b'{"scope": "a", "access_token": "tok", "scope": "b"}',
        b'{"access_token":\t"tok"\n,\r\n"token_type":null}',
        b'{"access_token": "t\\u006f\\u006B"}',
        b'{"access_token": " tok\\n"}',
        b'{"access_token": "tok", "token_type": "bearer",}',
        b'{"access_token": "tok", "expires_in": }',
        b'{"access_token": "tok", "error": null}',
        b'{"access_token": "tok", "error": "", "error_description": ""}',
        b'{"access_token": "tok", "error": "none"}',
    ],
)
async def test_fields_in_odd_ways(
    endpoint: TokenEndpoint, client: httpx.AsyncClient, credentials: Credentials, body: bytes
) -> None:
    """A repeated field, needless escapes, blanks around the token and an extra comma are accepted."""
    endpoint.body = body

    await token(endpoint, client, credentials)


@pytest.mark.parametrize(
    ("life", "seconds"),
    [
        ("9" * 5000, 86_400.0),
        ('"' + "9" * 5000 + '"', 86_400.0),
        ("3600.0", 3600.0),
        ('"3600.0"', 3600.0),
        ('" 3600 "', 3600.0),
        ("3600.", 3600.0),
        ("03600", 3600.0),
        ("+3600", 3600.0),
        ("3.6e3", 3600.0),
        ("1e9", 86_400.0),
        ("1e999", 86_400.0),
        ("Infinity", 86_400.0),
        ("-1", 300.0),
        ("-" + "9" * 5000, 300.0),
        ("NaN", 300.0),
        ("undefined", 300.0),
        ("null", 300.0),
        ("true", 300.0),
        ("[3600]", 300.0),
    ],
    ids=lambda value: str(value)[:20],
)
async def test_odd_lives(
    endpoint: TokenEndpoint, client: httpx.AsyncClient, credentials: Credentials, life: str, seconds: float
) -> None:
    """Lifetimes are capped at 24 h. Unreadable ones count as 300 s."""
    endpoint.body = TOKEN.replace(b"60", life.encode())

    assert (await token(endpoint, client, credentials)).expires_in == seconds


LENGTH = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n"


@pytest.mark.parametrize(
    "answer",
    [
        LENGTH % (len(TOKEN) + 50) + TOKEN,
        LENGTH % (len(TOKEN) + 9) + TOKEN + b"\nmore\n",
        b"HTTP/1.1 200 OK\r\n\r\n" + TOKEN + b"\nmore\n",
        b"HTTP/1.0 200 OK\r\n\r\n" + TOKEN,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n" % (len(TOKEN), TOKEN),
        LENGTH % len(TOKEN) + TOKEN + b"\na line of other text\n",
        b"HTTP/1.1 200 OK\r\n" + b"Content-Length: %d\r\n" % len(TOKEN) * 2 + b"\r\n" + TOKEN,
    ],
)
async def test_a_body_that_ends_too_early_or_too_late(credentials: Credentials, answer: bytes) -> None:
    """A token that arrived completely is used, however the connection ends after it."""
    async with raw_server(answer) as host, Http(lambda: ("127.0.0.0/8",)) as http:
        url = f"http://{host}/"
        token = await fetch(http.client, dataclasses.replace(credentials, authentication_url=url))

    assert (token.value.get_secret_value(), token.expires_in) == ("tok", 60.0)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)
COUNTING = {"access_token": "tok", "token_type": "Bearer", "expires_in": 60}
ENCODERS: list[Callable[[bytes], bytes]] = [gzip.compress, zlib.compress]


@given(
    unused=st.dictionaries(st.text().filter(lambda name: name not in COUNTING), JSON, max_size=5),
    ascii_only=st.booleans(),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32", "utf-16-le", "utf-32-be"]),
    after=st.text(),
    codings=st.lists(st.sampled_from(ENCODERS), max_size=3),
    said=st.sampled_from(["", "gzip", "deflate", "gzip, deflate", "br"]),
)
def test_whatever_surrounds_the_fields(
    unused: dict[str, object],
    ascii_only: bool,
    encoding: str,
    after: str,
    codings: list[Callable[[bytes], bytes]],
    said: str,
) -> None:
    """Any other fields, any text behind, any encoding and compression: the three fields are read."""
    text = json.dumps(unused | COUNTING, ensure_ascii=ascii_only) + after
    body = text.encode(encoding, errors="surrogatepass")
    for encode in codings:
        body = encode(body)

    fields = json_object(body, said)

    assert {name: fields[name] for name in COUNTING} == COUNTING


@given(
    body=st.binary() | st.text('{}[]",:\\0e.-tru\ufeff').map(str.encode), said=st.text() | st.just("deflate")
)
def test_any_bytes(body: bytes, said: str) -> None:
    """Any bytes give either an object or a message that says why there is none."""
    try:
        fields = json_object(body, said)
    except Unreadable as reason:
        assert str(reason).startswith(("is ", "has the content coding "))
        assert str(reason).isprintable()
    else:
        assert all(isinstance(name, str) for name in fields)
