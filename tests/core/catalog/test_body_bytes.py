"""Valid JSON is accepted and kept byte for byte. Invalid JSON is refused wherever it is."""

import json
import string
from typing import NoReturn

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.catalog import (
    DEFAULT_LIMIT,
    EVENT_TYPES,
    MAX_NESTING,
    EventType,
    InvalidBody,
    UnknownType,
    accept,
)

ONBOARDING = b'{"interviewId":"i","onboardingStatus":"s","more":%b}'

LEGAL = {
    "decimals as written": b"1.10",
    "minus zero": b"-0",
    "a number beyond any float": b"1e999",
    "its negative": b"-1E+999",
    "400 digits": b"9" * 400,
    "5,000 digits": b"9" * 5_000,
    "duplicate keys": b'{"a":1,"a":2,"a":1}',
    "inner white space": b'{ "a"\t:\r\n[ 1 ,2 ] }',
    "escaped NUL": b'"a\\u0000b"',
    "escaped solidus": b'"\\/"',
    "half a surrogate pair": b'"\\ud800"',
    "the other half": b'"\\udc00 and on"',
    "a pair the wrong way round": b'"\\udc00\\ud800"',
    "half a pair in a name": b'{"\\ud800":{"\\udfff":1}}',
    "letters of other scripts": '"ñ 漢字 \U0001f600 \u202e"'.encode(),
    "DEL and line separators": '"\x7f\u2028\u2029\ufeff"'.encode(),
    "NaN in a string": b'"NaN"',
}

ILLEGAL = {
    "NaN": b"NaN",
    "Infinity": b"Infinity",
    "minus Infinity": b"-Infinity",
    "a leading zero": b"01",
    "no digit before the point": b".5",
    "no digit after the point": b"1.",
    "plus": b"+1",
    "hexadecimal": b"0x10",
    "a control character": b'"\n"',
    "NUL": b'"\x00"',
    "an unknown escape": b'"\\x41"',
    "a short escape": b'"\\u12"',
    "single quotes": b"'a'",
    "a bare word": b"yes",
    "a trailing comma": b"[1,]",
    "a comment": b"1 /* one */",
    "a no-break space": b"\xa01",
    "a vertical tab": b"\x0b1",
    "no value": b"",
    "a stray byte": b'"\xff"',
    "an overlong form": b'"\xc0\x80"',
    "an encoded surrogate": b'"\xed\xa0\x80"',
    "a stray byte in a name": b'{"\xff":1}',
    "half a character": b'"\xc3"',
}


def refusal(data: bytes, name: str = "onboarding-status", limit: int = DEFAULT_LIMIT) -> InvalidBody:
    with pytest.raises(InvalidBody) as caught:
        accept(name, data, limit=limit)
    return caught.value


@pytest.mark.parametrize("value", LEGAL.values(), ids=LEGAL.keys())
@pytest.mark.parametrize("field", ["more", "clientId"])
def test_what_json_allows_is_kept_byte_for_byte(field: str, value: bytes) -> None:
    """Everything that RFC 8259 allows is accepted unchanged in unknown and in unchecked fields."""
    data = (ONBOARDING % value).replace(b'"more"', b'"%b"' % field.encode())
    body = accept("onboarding-status", data)
    assert body.raw == data
    assert (body.session, body.status) == ("i", "s")


@pytest.mark.parametrize("value", ILLEGAL.values(), ids=ILLEGAL.keys())
@pytest.mark.parametrize("field", ["more", "clientId", "externalId"])
def test_what_json_forbids_is_refused_wherever_it_stands(field: str, value: bytes) -> None:
    """Everything that RFC 8259 forbids is refused in every kind of field, even in unread ones."""
    data = (ONBOARDING % value).replace(b'"more"', b'"%b"' % field.encode())
    assert refusal(data).path == "$"


@pytest.mark.parametrize("number", [b"1e999", b"-1e999", b"9" * 400, b"9" * 5_000, b"0.1e-999", b"-0"])
def test_a_number_field_takes_any_number(number: bytes) -> None:
    """A documented number may be larger than a float holds."""
    data = b'{"workHistory":{"quotedWeeks":{"listedWeeks":%b}}}' % number
    assert accept("work-history", data).raw == data


@pytest.mark.parametrize(
    ("value", "session"),
    [
        (b'"a\\u0000b"', "a\x00b"),
        (b'"\\ud83d\\ude00"', "\U0001f600"),
        (b'"\\ud800"', "\ufffd"),
        (b'"\\ud800-\\u00f1-\\udc00"', "\ufffd-ñ-\ufffd"),
        ('"ñ"'.encode(), "ñ"),
        (b'""', ""),
    ],
)
def test_the_session_can_always_be_stored(value: bytes, session: str) -> None:
    """The session is decoded, and half a surrogate pair in it becomes U+FFFD, so that UTF-8 can hold it."""
    body = accept("onboarding-status", b'{"interviewId":%b,"onboardingStatus":"s"}' % value)
    assert body.session == session
    body.session.encode()


@pytest.mark.parametrize(
    "data",
    [
        b'{"\\ud800":1,"interviewId":"i"}',
        b'{"workHistory":{"\\udc00":1,"laborHistoryList":[{"\\ud800\\ud800":{}}]},"interviewId":"i"}',
    ],
)
def test_a_field_may_have_half_a_surrogate_pair_in_its_name(data: bytes) -> None:
    """Odd names pass beside the known ones too, at every level of the model."""
    body = accept("work-history", data)
    assert (body.raw, body.session) == (data, "i")


def test_of_duplicate_keys_the_last_counts() -> None:
    """The last value is the one that is checked and read, whatever stood there before."""
    data = b'{"interviewId":1,"interviewId":"first","interviewId":"last","onboardingStatus":"s"}'
    body = accept("onboarding-status", data)
    assert (body.session, body.raw) == ("last", data)
    error = refusal(b'{"interviewId":"first","interviewId":1,"onboardingStatus":"s"}')
    assert error.path == "$.interviewId"


def test_white_space_around_the_object_is_dropped() -> None:
    """Space, tab, LF and CR before and after the object are not part of it; those inside are."""
    inner = b'{ "interviewId" : "i",\r\n\t"onboardingStatus" : "s" }'
    assert accept("onboarding-status", b" \t\r\n" + inner + b"\n\n").raw == inner


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "it is empty where a JSON object belongs."),
        (b" \n", "it is empty where a JSON object belongs."),
        (b"\xef\xbb\xbf{}", "it begins with a byte order mark, which JSON leaves out."),
        (b'{"a":"\xff"}', "it is not UTF-8 at byte 7."),
        (b'{"a":NaN}', "it holds NaN, which is not JSON."),
        (b'{"a":-Infinity}', "it holds -Infinity, which is not JSON."),
        (b'{"a":1}\n{"a":2}', "it is not valid JSON at line 2, column 1: extra data."),
        (b'{"a":1} x', "it is not valid JSON at line 1, column 9: extra data."),
        (b'{"a":1', "it is not valid JSON at line 1, column 7: expecting ',' delimiter."),
        (b'{"a":"x', "it is not valid JSON at line 1, column 6: unterminated string."),
        (b'{"a":"\x01"}', "it is not valid JSON at line 1, column 7: invalid control character."),
    ],
)
def test_the_error_says_what_is_wrong(data: bytes, words: str) -> None:
    """The error says what is wrong with the bytes, and where."""
    error = refusal(data)
    assert error.path == "$"
    assert str(error) == f"The onboarding-status body was refused: {words}"


def test_the_limit_counts_the_bytes_of_the_object() -> None:
    """262,144 bytes pass, one more does not, and white space around them is not counted."""
    data = ONBOARDING % (b'"%b"' % (b"x" * (262_144 - len(ONBOARDING % b'""'))))
    assert len(data) == 262_144
    assert accept("onboarding-status", b"\n" + data + b"\n").raw == data
    error = refusal(data.replace(b"xx", b"xxx", 1))
    assert str(error) == (
        "The onboarding-status body was refused: it has 262,145 bytes, and at most 262,144 are accepted."
    )


def test_the_limit_is_a_setting() -> None:
    """The caller's limit counts instead of the default."""
    data = ONBOARDING % b"1"
    assert accept("onboarding-status", data, limit=len(data)).raw == data
    assert refusal(data, limit=len(data) - 1).path == "$"


def test_an_unknown_type_is_no_invalid_body() -> None:
    """A wrong type name gives its own error."""
    with pytest.raises(UnknownType, match="Did you mean onboarding-status"):
        accept("onboarding-statu", b"{}")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda children: st.lists(children) | st.dictionaries(st.text(), children),
    max_leaves=8,
)


@settings(deadline=None)
@given(
    more=st.dictionaries(st.text().filter(lambda name: name not in ("clientId", "externalId")), json_values),
    indent=st.none() | st.integers(0, 3),
    ascii_only=st.booleans(),
)
def test_unknown_fields_pass_unchanged(more: dict[str, object], indent: int | None, ascii_only: bool) -> None:
    """Additional fields, in any style, keep their exact bytes."""
    body = more | {"interviewId": "i", "onboardingStatus": "s"}
    data = json.dumps(body, indent=indent, ensure_ascii=ascii_only).encode()
    accepted = accept("onboarding-status", data)
    assert (accepted.raw, accepted.session, accepted.status) == (data, "i", "s")


fragments = st.sampled_from(
    [
        *(bytes([byte]) for byte in string.printable.encode()),
        *(
            sample
            for kind in EVENT_TYPES.values()
            for sample in (kind.sample, kind.sample[1:-1], kind.sample[:40])
        ),
        *LEGAL.values(),
        *ILLEGAL.values(),
        b'"interviewId":',
        b'"workHistory":{"laborHistoryList":[',
        b"[" * 70,
        b"]" * 70,
    ]
)


def is_json_object(data: bytes) -> bool:
    """Return whether the standard library parses it as an object, with NaN refused."""

    def refuse(constant: str) -> NoReturn:
        raise ValueError(constant)

    try:
        return isinstance(json.loads(data.decode(), parse_int=float, parse_constant=refuse), dict)
    except ValueError:
        return False


@settings(deadline=None)
@given(
    kind=st.sampled_from(list(EVENT_TYPES.values())),
    start=st.integers(0, 400),
    length=st.integers(0, 3),
    fragment=st.just(b"") | fragments,
)
def test_a_damaged_body_passes_only_if_it_is_still_json(
    kind: EventType, start: int, length: int, fragment: bytes
) -> None:
    """With no field to check, a body is accepted exactly if another parser reads it as a JSON object."""
    data = kind.sample[:start] + fragment + kind.sample[start + length :]
    if data.count(b"[") + data.count(b"{") > MAX_NESTING:
        return
    try:
        accept("third-party-async-retries", data)
    except InvalidBody:
        assert not is_json_object(data)
    else:
        assert is_json_object(data)


@settings(deadline=None)
@given(
    name=st.sampled_from(list(EVENT_TYPES)),
    data=st.binary() | st.lists(fragments).map(b"".join),
)
@example(name="work-history", data=b"[" * 100_000)
@example(name="work-history", data=b'{"more":' * 30_000)
@example(name="work-history", data=b'{"workHistory":' * 15_000)
@example(name="work-history", data=b'"' + b'\\"' * 100_000)
def test_no_bytes_raise_anything_else(name: str, data: bytes) -> None:
    """Whatever bytes come, they are accepted as they are or refused as an invalid body."""
    try:
        body = accept(name, data)
    except InvalidBody:
        return
    assert body.raw == data.strip(b" \t\r\n")
    assert is_json_object(data)
