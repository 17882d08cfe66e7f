"""The sample bodies."""

import json

import pytest

from core.catalog import EVENT_TYPES, accept

SESSION = "66e1b0c4f2a94d0d1c3a7b58"
READ = {
    # name: (session, status, external ID) of the sample
    "onboarding-status": (SESSION, "ONBOARDING_FINISHED", "customer-1001"),
    "videoselfie-uploaded": (SESSION, None, None),
    "third-party-async-retries": (None, None, None),
    "watchlist-updated": (SESSION, None, None),
    "work-history": (SESSION, None, None),
    "proof-of-payment": (None, None, None),
    "face-authentication": (SESSION, None, None),
    "session-started": (SESSION, None, "customer-1001"),
    "session-failed": (SESSION, None, "customer-1001"),
    "session-succeeded": (SESSION, None, "customer-1001"),
    "session-pending-review": (SESSION, None, "customer-1001"),
    "ine-scraping": (SESSION, "FINISHED", "customer-1001"),
    "authentication-1-1": (SESSION, None, None),
    "authentication-1-n": (SESSION, None, None),
}
EVENT_TYPE_FIELDS = {
    "session-started": "SESSION_STARTED",
    "session-failed": "SESSION_FAILED",
    "session-succeeded": "SESSION_SUCCEEDED",
    "session-pending-review": "SESSION_PENDING_REVIEW",
}


@pytest.mark.parametrize("name", EVENT_TYPES)
def test_a_sample_is_accepted_as_it_stands(name: str) -> None:
    """Each sample is a valid body of its type, and session, status and external ID are read from it."""
    sample = EVENT_TYPES[name].sample
    body = accept(name, sample)
    assert body.raw == sample
    assert (body.session, body.status, body.external_id) == READ[name]


@pytest.mark.parametrize("name", EVENT_TYPES)
def test_a_sample_is_compact_utf8_json(name: str) -> None:
    """Samples fit on a line: no white space between tokens, letters as they are."""
    sample = EVENT_TYPES[name].sample
    compact = json.dumps(json.loads(sample), separators=(",", ":"), ensure_ascii=False)
    assert sample.decode() == compact


@pytest.mark.parametrize("name", EVENT_TYPES)
def test_a_sample_has_no_field_that_the_model_lacks(name: str) -> None:
    """Samples show what the model knows; only the type without a public field makes one up, and says so."""
    kind = EVENT_TYPES[name]
    unknown = set(json.loads(kind.sample)) - set(kind.payload.__struct_fields__)
    assert unknown == ({"note"} if name == "third-party-async-retries" else set())


@pytest.mark.parametrize(("name", "value"), EVENT_TYPE_FIELDS.items())
def test_a_session_sample_says_which_event_it_is(name: str, value: str) -> None:
    """The four session types share a model, so the sample's event_type tells them apart."""
    assert json.loads(EVENT_TYPES[name].sample)["event_type"] == value
