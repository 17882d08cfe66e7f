"""The sample bodies."""

import json
import re

import msgspec
import pytest

from core.catalog import EVENT_TYPES, Published, Sample, accept

SESSION = "66e1b0c4f2a94d0d1c3a7b58"
CUSTOMER = "customer-1001"
SPELLINGS = ["event_type", "eventType", "wording", "onboardingStatus", "status"]
NAMES = {
    "onboarding-status": [
        "ONBOARDING_FINISHED",
        "ID_VALIDATION_FINISHED",
        "ID_VALIDATION_FINISHED_SECOND_ID",
        "GOVERNMENT_VALIDATION_FINISHED",
        "POST_PROCESSING_FINISHED",
        "FACE_VALIDATION_FINISHED",
        "MANUAL_REVIEW_APPROVED",
        "MANUAL_REVIEW_REJECTED",
        "EXPIRED",
        "UNKNOWN",
    ],
    "videoselfie-uploaded": ["example"],
    "third-party-async-retries": ["example"],
    "watchlist-updated": ["example"],
    "work-history": ["example"],
    "proof-of-payment": ["example"],
    "face-authentication": ["PASS", "FAIL"],
    "session-started": SPELLINGS,
    "session-failed": [*SPELLINGS, "ONBOARDING_FAILED", "REJECTED"],
    "session-succeeded": SPELLINGS,
    "session-pending-review": [*SPELLINGS, "PENDING_REVIEW", "MANUAL_REVIEW"],
    "session-progress": SPELLINGS,
    "identity-enrolled": SPELLINGS,
    "ine-scraping": ["FINISHED", "IN_PROGRESS"],
    "authentication-1-1": ["PASS", "FAIL"],
    "authentication-1-n": ["PASS", "FAIL"],
}
ALL = [(kind.name, sample) for kind in EVENT_TYPES.values() for sample in kind.samples]
each_sample = pytest.mark.parametrize(
    ("name", "sample"), ALL, ids=[f"{name}-{sample.name}" for name, sample in ALL]
)
WITHOUT_A_SESSION = ("third-party-async-retries", "proof-of-payment")
SESSION_TYPES = [name for name in NAMES if name.startswith("session-")] + ["identity-enrolled"]


def test_every_type_has_a_sample_for_each_outcome() -> None:
    """By these names, the usual one first; every known status has one."""
    assert {name: [each.name for each in kind.samples] for name, kind in EVENT_TYPES.items()} == NAMES
    for kind in EVENT_TYPES.values():
        assert set(kind.statuses) <= {each.name for each in kind.samples}


@each_sample
def test_a_sample_is_accepted_as_it_stands(name: str, sample: Sample) -> None:
    """Each sample is a valid body of its type, and its session and its status are read from it."""
    kind = EVENT_TYPES[name]
    body = accept(name, sample.body(SESSION))
    assert body.raw == sample.body(SESSION)
    assert body.session == (None if name in WITHOUT_A_SESSION else SESSION)
    assert body.status == (sample.name if kind.status_field else None)


@pytest.mark.parametrize("name", [name for name, kind in EVENT_TYPES.items() if kind.external_id_fields])
def test_the_external_id_of_a_sample_is_found(name: str) -> None:
    """In the newer name or in the older one."""
    assert accept(name, EVENT_TYPES[name].sample).external_id == CUSTOMER


@each_sample
def test_webhooks_test_twice_sends_two_sessions(name: str, sample: Sample) -> None:
    """Each use of a sample has a new ID, the same everywhere in the body. Nothing else differs."""
    if name == "third-party-async-retries":
        assert sample.body() == sample.body()
        return
    first, second = sample.body(), sample.body()
    (one,) = set(re.findall(rb"(?<![0-9a-f])[0-9a-f]{24}", first)) - set(re.findall(rb"[0-9a-f]{24}", second))
    assert first != second
    assert sample.body(one.decode()) == first
    assert b"<" not in first


def test_the_credentials_of_a_sample_belong_to_its_session() -> None:
    """Tokens and the transaction carry the session's ID."""
    body = json.loads(EVENT_TYPES["authentication-1-1"].sample)
    for field in ("token", "interviewToken", "transactionId"):
        assert body[field].endswith(body["interviewId"])


@each_sample
def test_a_sample_fits_a_line_of_a_drop_down(name: str, sample: Sample) -> None:
    """Name and note, in a dialog of 74 cells."""
    assert len(f"{sample.name}  {sample.note}") <= 54


@each_sample
def test_a_sample_is_compact_utf8_json(name: str, sample: Sample) -> None:
    """Samples fit on a line: no white space between tokens, letters as they are."""
    body = sample.body()
    assert body.decode() == json.dumps(json.loads(body), separators=(",", ":"), ensure_ascii=False)


@each_sample
def test_a_sample_has_no_field_that_the_model_lacks(name: str, sample: Sample) -> None:
    """Samples show what the model knows; only the type without a public field makes one up, and says so."""
    kind = EVENT_TYPES[name]
    unknown = set(json.loads(sample.body())) - set(kind.payload.__struct_fields__)
    assert unknown == ({"note"} if kind.published is Published.NOTHING else set())


@pytest.mark.parametrize("name", SESSION_TYPES)
def test_a_session_event_has_a_sample_in_every_spelling(name: str) -> None:
    """A sample exists for each field and spelling in which production names the event."""
    event = name.upper().replace("-", "_")
    words = name.replace("-", " ").title()
    spelled = {each.name: msgspec.json.decode(each.body()) for each in EVENT_TYPES[name].samples}
    assert spelled["event_type"]["event_type"] == event
    assert spelled["eventType"]["eventType"] == event
    assert spelled["wording"]["event_type"] == words
    assert spelled["onboardingStatus"]["onboardingStatus"] == event
    assert spelled["status"]["status"] == event
    for spelling in SPELLINGS[3:]:
        assert not {"event_type", "eventType"} & set(spelled[spelling])
    assert "onboardingStatus" not in spelled["status"]


def test_face_authentication_samples_are_of_the_published_shape() -> None:
    """The failure has the fields of Incode's example, its error name is a published one."""
    kind = EVENT_TYPES["face-authentication"]
    passed, failed = (msgspec.json.decode(each.body()) for each in kind.samples)
    assert set(passed) == {
        "interviewId",
        "customerId",
        "externalCustomerId",
        "overallStatus",
        "hint",
        "attemptCounterState",
    }
    assert set(failed) == {"interviewId", "customerId", "overallStatus", "hint", "error"}
    assert failed["error"]["name"] in kind.error_names


def test_a_failure_of_our_own_choice_says_so() -> None:
    """Incode publishes no failure of 1:N, and of 1:1 a subset that it does not name."""
    for name in ("authentication-1-1", "authentication-1-n"):
        assert EVENT_TYPES[name].samples[1].note.endswith("Hookkeeper's own choice.")


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("FAIL", "FAIL"),
        ("fail", "FAIL"),
        ("Pass", "PASS"),
    ],
)
def test_a_sample_is_found_in_any_case(typed: str, name: str) -> None:
    """The name of a sample may be typed in upper or lower case."""
    found = EVENT_TYPES["face-authentication"].find_sample(typed)
    assert found is not None
    assert found.name == name


def test_two_spellings_are_two_samples() -> None:
    """The exact name comes first, since event_type and eventType differ by separators alone."""
    kind = EVENT_TYPES["session-failed"]
    for typed, name in {
        "event_type": "event_type",
        "eventType": "eventType",
        "eventtype": "eventType",
        "onboarding-failed": "ONBOARDING_FAILED",
        "nothing": None,
    }.items():
        found = kind.find_sample(typed)
        assert (found and found.name) == name
