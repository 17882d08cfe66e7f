"""The nesting limit of 64 levels, including the body itself."""

from collections.abc import Callable

import pytest

from core.catalog import InvalidBody, accept

UNKNOWN_FIELD = b'{"interviewId":"i","onboardingStatus":"s","more":%b}'
UNCHECKED_FIELD = b'{"interviewId":"i","onboardingStatus":"s","clientId":%b}'


def arrays(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


def objects(depth: int) -> bytes:
    return b'{"a":' * depth + b"1" + b"}" * depth


def alternating(depth: int) -> bytes:
    value = b"1"
    for level in range(depth):
        value = b"[0,%b]" % value if level % 2 else b'{"a":"}","b":%b}' % value
    return value


@pytest.mark.parametrize("inner", [arrays, objects, alternating])
@pytest.mark.parametrize("place", [UNKNOWN_FIELD, UNCHECKED_FIELD], ids=["unknown", "unchecked"])
def test_64_levels_pass_and_65_do_not(place: bytes, inner: Callable[[int], bytes]) -> None:
    """The limit is exact, whatever the brackets and wherever they stand."""
    data = place % inner(63)
    assert accept("onboarding-status", data).raw == data
    with pytest.raises(InvalidBody) as caught:
        accept("onboarding-status", place % inner(64))
    assert caught.value.path == "$"
    assert str(caught.value) == (
        "The onboarding-status body was refused: it is nested more than 64 levels deep."
    )


def test_a_checked_field_counts_as_well() -> None:
    """Depth is counted from the body's own brace, through fields that the model knows."""
    data = b'{"workHistory":{"laborHistoryList":[{"more":%b}]}}'
    assert accept("work-history", data % arrays(60)).raw == data % arrays(60)
    with pytest.raises(InvalidBody, match="more than 64 levels"):
        accept("work-history", data % arrays(61))


@pytest.mark.parametrize(
    "text",
    [b'"%b"' % (b"[{" * 500), b'"%b"' % (b'\\"[' * 500), b'"%b\\\\"' % (b"[" * 500)],
    ids=["plain", "after escaped quotes", "before an escaped backslash"],
)
def test_brackets_in_strings_do_not_count(text: bytes) -> None:
    """Brackets inside strings do not open a level."""
    data = UNKNOWN_FIELD % text
    assert accept("onboarding-status", data).raw == data
    deep = UNKNOWN_FIELD % (b"[%b,%b]" % (text, arrays(63)))
    with pytest.raises(InvalidBody, match="more than 64 levels"):
        accept("onboarding-status", deep)


def test_many_brackets_side_by_side_pass() -> None:
    """Width is not depth: 80,000 empty arrays in a row are two levels."""
    data = UNKNOWN_FIELD % (b"[" + b",".join([b"[]"] * 80_000) + b"]")
    assert accept("onboarding-status", data).raw == data


@pytest.mark.parametrize(
    "value",
    [b"[" * 100_000, arrays(100_000), b'{"a":' * 40_000, objects(40_000)],
    ids=["open arrays", "arrays", "open objects", "objects"],
)
@pytest.mark.parametrize("field", [b"more", b"clientId", b"interviewId", b"externalId"])
def test_bottomless_nesting_is_refused(field: bytes, value: bytes) -> None:
    """A hundred thousand brackets, closed or not, are refused with a message in any field, without an overflow."""
    with pytest.raises(InvalidBody) as caught:
        accept("onboarding-status", b'{"%b":%b}' % (field, value))
    assert caught.value.reason == "is nested more than 64 levels deep"
