"""The catalogue's table, row by row."""

import pytest

from core.catalog import EVENT_TYPES, Published, UnknownType, event_type, in_words, offered, shown_type
from core.errors import HookkeeperError

NAMES = {
    # name: (display name, label, short name)
    "onboarding-status": (
        "Onboarding status webhook",
        "Onboarding Status Webhook URL",
        "Onboarding Status",
    ),
    "videoselfie-uploaded": (
        "Videoselfie uploaded webhook",
        "Videoselfie Uploaded Webhook URL",
        "Videoselfie",
    ),
    "third-party-async-retries": (
        "Third party async retries webhook",
        "Third Party Async Retries Webhook URL",
        "Async Retries",
    ),
    "watchlist-updated": (
        "Watchlist updated webhook",
        "Watchlist Update Webhook URL",
        "Watchlist Update",
    ),
    "work-history": ("Work history callback", "Work History Callback URL", "Work History"),
    "proof-of-payment": ("Proof of payment callback", "Proof of Payment Callback URL", "Proof of Payment"),
    "face-authentication": ("Face Authentication", "Face Authentication Webhook URL", "Face Auth"),
    "session-started": ("Session Started", "Session Started Webhook URL", "Session Started"),
    "session-failed": ("Session Failed", "Session Failed Webhook URL", "Session Failed"),
    "session-succeeded": ("Session Succeeded", "Session Succeeded Webhook URL", "Session Succeeded"),
    "session-pending-review": (
        "Session Pending Review",
        "Session Pending Review Webhook URL",
        "Session Pending",
    ),
    "session-progress": ("Session Progress", "Session Progress Webhook URL", "Session Progress"),
    "identity-enrolled": ("Identity Enrolled", "Identity Enrolled Webhook URL", "Identity Enrolled"),
    "ine-scraping": ("INE scraping webhook", "INE Scraping Webhook URL", "INE Scraping"),
    "authentication-1-1": ("Authentication webhook 1:1", "Authentication 1:1 Webhook URL", "Auth 1:1"),
    "authentication-1-n": ("Authentication webhook 1:N", "Authentication 1:N Webhook URL", "Auth 1:N"),
}

TRIGGERS = {
    "onboarding-status": "Triggered every time an Onboarding Session status changes.",
    "videoselfie-uploaded": "Triggered when the video selfie recording file becomes available.",
    "third-party-async-retries": "Incode publishes no description.",
    "watchlist-updated": "Triggered when a global watchlist result is updated.",
    "work-history": (
        "Triggered after a work history search for a user has been processed."
        " This webhook is exclusive to Mexico."
    ),
    "proof-of-payment": (
        "Triggered after payment proof validation for a user has been processed."
        " This webhook is exclusive to Mexico."
    ),
    "face-authentication": "Triggered when a face authentication either succeeds or fails.",
    "session-started": "Triggered when any session from a Flow or Workflow starts.",
    "session-failed": "Triggered when any session from a Flow or Workflow fails.",
    "session-succeeded": "Triggered when any session from a Flow or Workflow succeeds.",
    "session-pending-review": "Triggered when any session from a Flow or Workflow requires manual review.",
    "session-progress": (
        "Triggered when an existing session link is resumed, not on initial session creation."
    ),
    "identity-enrolled": "Triggered when an identity is enrolled for the first time.",
    "ine-scraping": "Provided INE scraping results.",
    "authentication-1-1": (
        "Contained information about the login attempt, the identities which could match the face reported"
        " by the login, and the interview which best matches the biometric of the face used to login."
    ),
    "authentication-1-n": (
        "Contained information about the login attempt, the identities which could match the face reported"
        " by the login, and the interview which best matches the biometric of the face used to login."
    ),
}

OLDER = ("externalId", "externalCustomerId")
NEWER = ("externalCustomerId", "externalId")
FIELDS = {
    # name: (key field, status field, external ID fields, how much is published)
    "onboarding-status": ("interviewId", "onboardingStatus", OLDER, Published.DOCUMENTED),
    "videoselfie-uploaded": ("interviewId", None, (), Published.EXAMPLE),
    "third-party-async-retries": (None, None, (), Published.NOTHING),
    "watchlist-updated": ("interviewId", None, (), Published.EXAMPLE),
    "work-history": ("interviewId", None, (), Published.DOCUMENTED),
    "proof-of-payment": (None, None, (), Published.DOCUMENTED),
    "face-authentication": ("interviewId", "overallStatus", NEWER, Published.DOCUMENTED),
    "session-started": ("interviewId", None, NEWER, Published.DOCUMENTED),
    "session-failed": ("interviewId", None, NEWER, Published.DOCUMENTED),
    "session-succeeded": ("interviewId", None, NEWER, Published.DOCUMENTED),
    "session-pending-review": ("interviewId", None, NEWER, Published.DOCUMENTED),
    "session-progress": ("interviewId", None, NEWER, Published.DOCUMENTED),
    "identity-enrolled": ("interviewId", None, NEWER, Published.DOCUMENTED),
    "ine-scraping": ("InterviewId", "ScrapingStatus", OLDER, Published.DOCUMENTED),
    "authentication-1-1": ("interviewId", "overallStatus", (), Published.DOCUMENTED),
    "authentication-1-n": ("interviewId", "overallStatus", (), Published.DOCUMENTED),
}


def test_every_type_is_there_in_display_order() -> None:
    """The eleven of the tab's page, the two newer ones, the deprecated ones; each knows its own name."""
    assert list(EVENT_TYPES) == list(NAMES)
    assert [kind.name for kind in EVENT_TYPES.values()] == list(NAMES)
    assert [kind.name for kind in EVENT_TYPES.values() if kind.is_newer] == [
        "session-progress",
        "identity-enrolled",
    ]


@pytest.mark.parametrize("name", NAMES)
def test_names(name: str) -> None:
    """Display name, drop-down label and short name are these, and the short one fits its column."""
    kind = EVENT_TYPES[name]
    assert (kind.display_name, kind.label, kind.short_name) == NAMES[name]
    assert len(kind.short_name) <= 17


@pytest.mark.parametrize("name", NAMES)
def test_triggers(name: str) -> None:
    """The trigger is what Incode's page says, word for word, or says that there is none."""
    assert EVENT_TYPES[name].trigger == TRIGGERS[name]


@pytest.mark.parametrize("name", NAMES)
def test_fields(name: str) -> None:
    """Session, status and external ID are read from these fields, which the payload model has."""
    kind = EVENT_TYPES[name]
    assert (kind.key_field, kind.status_field, kind.external_id_fields, kind.published) == FIELDS[name]
    fields = {kind.key_field, kind.status_field, *kind.external_id_fields} - {None}
    assert fields <= set(kind.payload.__struct_fields__)


def test_statuses() -> None:
    """The known statuses are Incode's, in the documented order of a session; other types have none."""
    assert {name: kind.statuses for name, kind in EVENT_TYPES.items() if kind.statuses} == {
        "onboarding-status": (
            "ID_VALIDATION_FINISHED",
            "ID_VALIDATION_FINISHED_SECOND_ID",
            "GOVERNMENT_VALIDATION_FINISHED",
            "POST_PROCESSING_FINISHED",
            "FACE_VALIDATION_FINISHED",
            "ONBOARDING_FINISHED",
            "MANUAL_REVIEW_APPROVED",
            "MANUAL_REVIEW_REJECTED",
            "EXPIRED",
            "UNKNOWN",
        ),
        "face-authentication": ("PASS", "FAIL"),
        "ine-scraping": ("IN_PROGRESS", "FINISHED"),
        "authentication-1-1": ("PASS", "FAIL"),
        "authentication-1-n": ("PASS", "FAIL"),
    }


def test_the_error_names_of_face_authentication() -> None:
    """The 21 that Incode publishes."""
    names = EVENT_TYPES["face-authentication"].error_names
    assert len(set(names)) == 21
    assert (names[0], names[-1]) == ("INACTIVE_SESSION", "DEFAULT_ERROR")


def test_offered_leaves_the_deprecated_out() -> None:
    """New webhooks are offered the thirteen current types; the deprecated ones only if they are asked for."""
    assert [kind.name for kind in offered()] == list(NAMES)[:13]
    assert [kind.name for kind in offered(deprecated=True)] == list(NAMES)
    assert [kind.name for kind in EVENT_TYPES.values() if kind.deprecated] == list(NAMES)[13:]


def test_standing() -> None:
    """A deprecated type says until when it is sent, or that this is not public; a newer one that it is newer."""
    unknown = "Deprecated. Incode does not publish until when it is sent."
    assert {name: kind.standing for name, kind in EVENT_TYPES.items() if kind.standing} == {
        "session-progress": "Newer than the page of the Webhooks tab.",
        "identity-enrolled": "Newer than the page of the Webhooks tab.",
        "ine-scraping": unknown,
        "authentication-1-1": (
            "Deprecated. Incode supports it until 1 October 2026 and sends it until 1 April 2027."
        ),
        "authentication-1-n": unknown,
    }


@pytest.mark.parametrize("name", NAMES)
def test_every_type_says_where_its_facts_are_from(name: str) -> None:
    """The pages by name, and the day they were read."""
    kind = EVENT_TYPES[name]
    page = "Incode's newest page of webhooks" if kind.is_newer else "Configuration: Webhooks Tab"
    assert kind.sources[0] == page
    assert in_words(kind.read_on) == "26 November 2026"


def test_the_page_of_face_authentication() -> None:
    """Face authentication has its own page."""
    assert EVENT_TYPES["face-authentication"].sources == (
        "Configuration: Webhooks Tab",
        "Face Authentication Webhook (Incode's developer pages)",
    )


def test_an_unpublished_shape_says_so() -> None:
    """Where Incode publishes no shape, the note never lets ours pass for Incode's."""
    unpublished = [kind for kind in EVENT_TYPES.values() if kind.published is Published.NOTHING]
    assert [(kind.name, kind.shape_note) for kind in unpublished] == [
        (
            "third-party-async-retries",
            "Incode publishes no shape for this body; the sample is Hookkeeper's own choice.",
        )
    ]


@pytest.mark.parametrize("name", ["session-progress", "identity-enrolled"])
def test_an_unpublished_event_type_says_so(name: str) -> None:
    """The newer session webhooks have a published body, but not the name of their event."""
    kind = EVENT_TYPES[name]
    assert kind.shape_note.endswith(
        f"Incode does not publish what event_type says here: {kind.event_name} in the samples is"
        " Hookkeeper's own choice."
    )


@pytest.mark.parametrize("name", ["videoselfie-uploaded", "watchlist-updated"])
def test_a_shape_from_an_example_says_so(name: str) -> None:
    """Where fields are seen in an example only, the note says that nothing is checked."""
    assert EVENT_TYPES[name].shape_note == (
        "Incode shows these fields in an example only, so nothing about them is checked."
    )


def test_every_type_has_a_shape_note() -> None:
    """The note of each type says how much of its shape is published by Incode."""
    assert [name for name, kind in EVENT_TYPES.items() if "Incode" not in kind.shape_note] == []


def test_event_type_finds_by_name() -> None:
    """A known name gives its type, deprecated or not."""
    assert event_type("session-failed").label == "Session Failed Webhook URL"
    assert event_type("ine-scraping").deprecated


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (
            "session-faild",
            'There is no event type "session-faild". Did you mean session-failed?'
            " `hookkeeper types` lists them all.",
        ),
        (
            "Session S",
            'There is no event type "Session S". Did you mean session-started or session-succeeded?'
            " `hookkeeper types` lists them all.",
        ),
        (
            "ONBOARDING_STATUS",
            'There is no event type "ONBOARDING_STATUS". Did you mean onboarding-status?'
            " `hookkeeper types` lists them all.",
        ),
        ("", 'There is no event type "". `hookkeeper types` lists them all.'),
        (
            "\x1b[2J\u202e\ud800",
            'There is no event type "\\u001b[2J\\u202e\\ud800". `hookkeeper types` lists them all.',
        ),
        (
            "q" * 10_000,
            f'There is no event type "{"q" * 60}...". `hookkeeper types` lists them all.',
        ),
    ],
    ids=["slip", "part", "capitals", "empty", "escape-sequence", "long"],
)
def test_an_unknown_name_is_answered_with_the_nearest(name: str, words: str) -> None:
    """The error names the nearest type, if there is one, and is short and harmless whatever was typed."""
    with pytest.raises(UnknownType) as caught:
        event_type(name)
    assert str(caught.value) == words
    assert caught.value.name == name
    assert isinstance(caught.value, HookkeeperError)


def test_a_stored_type_that_is_not_in_the_catalogue() -> None:
    """It is shown by its name, escaped for a terminal."""
    kind = shown_type("new\x1b-type")
    assert (kind.name, kind.label, kind.short_name) == ("new\x1b-type", "new␛-type", "new␛-type")
    assert shown_type("session-failed") is EVENT_TYPES["session-failed"]
