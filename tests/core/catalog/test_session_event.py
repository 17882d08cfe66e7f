"""A session event whose body names another event is refused."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.catalog import EVENT_TYPES, InvalidBody, accept

NAMES = {name: kind.event_name for name, kind in EVENT_TYPES.items() if kind.event_name}
FIELDS = ["event_type", "eventType", "onboardingStatus", "status", "event"]


def refusal(name: str, body: dict[str, object]) -> tuple[str, str]:
    with pytest.raises(InvalidBody) as caught:
        accept(name, json.dumps(body).encode())
    return caught.value.path, str(caught.value)


def spellings(event_name: str) -> list[str]:
    words = event_name.replace("_", " ")
    return [
        event_name,
        event_name.lower(),
        words,
        words.title(),
        words.title().replace(" ", ""),
        words.lower().replace(" ", "-"),
        f" {event_name}\n",
    ]


def test_the_names_of_session_events() -> None:
    """The four published ones, and two of our own choice."""
    assert NAMES == {
        "session-started": "SESSION_STARTED",
        "session-failed": "SESSION_FAILED",
        "session-succeeded": "SESSION_SUCCEEDED",
        "session-pending-review": "SESSION_PENDING_REVIEW",
        "session-progress": "SESSION_PROGRESS",
        "identity-enrolled": "IDENTITY_ENROLLED",
    }


def test_emit_session_failed_with_session_succeeded() -> None:
    """The path and both types are named."""
    path, words = refusal("session-failed", {"event_type": "SESSION_SUCCEEDED", "interviewId": "i"})
    assert path == "$.event_type"
    assert words == ("The session-failed body was refused: $.event_type names the type session-succeeded.")


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("other", NAMES)
@pytest.mark.parametrize("name", NAMES)
def test_a_contradiction_is_refused_in_every_spelling(name: str, other: str, field: str) -> None:
    """Whichever field names the event, and however: another type's name is refused, its own passes."""
    for said in spellings(NAMES[other] or ""):
        body: dict[str, object] = {field: said, "interviewId": "i"}
        if name == other:
            assert accept(name, json.dumps(body).encode()).session == "i"
        else:
            assert refusal(name, body)[0] == f"$.{field}"


def test_each_spelling_is_looked_at() -> None:
    """A correct event_type does not make up for a wrong eventType."""
    body: dict[str, object] = {"event_type": "SESSION_FAILED", "eventType": "Session Succeeded"}
    assert refusal("session-failed", body)[0] == "$.eventType"


def test_another_event_type_is_refused_without_being_shown() -> None:
    """Where Incode publishes the name, every other name is refused, and not shown since it may be personal data."""
    path, words = refusal("session-failed", {"event_type": "Ximena"})
    assert path == "$.event_type"
    assert words == (
        "The session-failed body was refused: $.event_type must be SESSION_FAILED in a session-failed event."
    )


@pytest.mark.parametrize("name", ["session-progress", "identity-enrolled"])
def test_where_the_name_is_not_published_any_other_passes(name: str) -> None:
    """Only what is known to be another event is refused."""
    assert accept(name, b'{"event_type":"SESSION_RESUMED","interviewId":"i"}').session == "i"


@pytest.mark.parametrize("value", [None, "", "  "])
@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("name", NAMES)
def test_nothing_said_is_no_contradiction(name: str, field: str, value: str | None) -> None:
    """Null and blanks name no event."""
    assert accept(name, json.dumps({field: value, "interviewId": "i"}).encode()).session == "i"


@pytest.mark.parametrize(
    "status",
    ["ONBOARDING_FINISHED", "ONBOARDING_FAILED", "REJECTED", "PENDING_REVIEW", "MANUAL_REVIEW", "NEW"],
)
@pytest.mark.parametrize("field", ["onboardingStatus", "status"])
@pytest.mark.parametrize("name", NAMES)
def test_a_status_passes(name: str, field: str, status: str) -> None:
    """What integrators see there besides the name of the event, and what they have not seen yet."""
    body = {"event_type": NAMES[name], field: status, "interviewId": "i"}
    assert accept(name, json.dumps(body).encode()).session == "i"


@pytest.mark.parametrize("name", [name for name in EVENT_TYPES if name not in NAMES])
def test_other_types_may_say_what_they_like(name: str) -> None:
    """In their bodies event_type is an unknown field."""
    body = json.loads(EVENT_TYPES[name].sample) | {"event_type": "SESSION_FAILED"}
    accept(name, json.dumps(body).encode())


@given(
    st.sampled_from(list(NAMES)), st.sampled_from(FIELDS), st.text() | st.sampled_from(list(NAMES.values()))
)
def test_a_body_is_accepted_or_refused_at_the_field(name: str, field: str, said: str | None) -> None:
    """Whatever text stands there; a refusal never shows it unless it is the name of a type."""
    data = json.dumps({field: said}).encode()
    try:
        assert accept(name, data).raw == data
    except InvalidBody as error:
        assert error.path == f"$.{field}"
        assert error.reason in {
            f"must be {NAMES[name]} in a {name} event",
            *(f"names the type {other}" for other in NAMES if other != name),
        }
