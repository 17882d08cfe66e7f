"""The fourteen event types that Incode offers or has offered, and how to find one by name.

Source: Incode's page "Configuration: Webhooks Tab". Of the labels in the Type drop-down it shows one,
"Onboarding Status Webhook URL"; the others are worded after that one.
"""

import json
from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from core.catalog import payloads, samples
from core.catalog.definition import EventType, Published
from core.errors import HookkeeperError
from core.text import one_line

_LOGIN_ATTEMPT = (
    "Contained information about the login attempt, the identities which could match the face reported by the"
    " login, and the interview which best matches the biometric of the face used to login."
)
_NO_SHAPE = "Incode publishes no shape for this body; the sample is Hookkeeper's own choice."
_NONE_MANDATORY = "Incode names these fields without saying which are mandatory, so any may be missing."
_FROM_AN_EXAMPLE = "Incode shows these fields in an example only, so nothing about them is checked."


class UnknownType(HookkeeperError):
    """No event type has this name."""

    def __init__(self, name: str) -> None:
        shown = name if len(name) <= 60 else f"{name[:60]}..."
        nearest = _nearest(shown)
        guess = f"Did you mean {' or '.join(nearest)}? " if nearest else ""
        # As JSON, so that whatever was typed leaves the terminal whole.
        super().__init__(
            f"There is no event type {json.dumps(shown)}. {guess}`hookkeeper types` lists them all."
        )
        self.name = name


def _nearest(name: str) -> list[str]:
    """The types that a name is a part of; else the one that it looks like."""
    import difflib  # needed for slips alone, and every start of the command line would pay for it

    word = "-".join(name.lower().replace("_", " ").split())
    parts = [each for each in EVENT_TYPES if len(word) > 2 and word in each]
    return parts or difflib.get_close_matches(word, EVENT_TYPES, n=1)


def event_type(name: str) -> EventType:
    """The event type of this name. Raises UnknownType, which names the nearest."""
    found = EVENT_TYPES.get(name)
    if found is None:
        raise UnknownType(name)
    return found


def shown_type(name: str) -> EventType:
    """The event type of a name that is stored; for one of another Hookkeeper a type that is only its name."""
    shown = one_line(name)
    return EVENT_TYPES.get(name) or EventType(
        name=name,
        display_name=shown,
        label=shown,
        short_name=shown,
        trigger="This Hookkeeper does not know the type.",
        payload=msgspec.Struct,
        sample=b"{}",
        published=Published.NOTHING,
        shape_note=_NO_SHAPE,
    )


def offered() -> tuple[EventType, ...]:
    """The types that a new webhook can have, in display order."""
    return tuple(each for each in EVENT_TYPES.values() if not each.deprecated)


def _session(name: str, outcome: str, short_name: str, trigger: str, sample: bytes) -> EventType:
    return EventType(
        name=name,
        display_name=f"Session {outcome}",
        label=f"Session {outcome} Webhook URL",
        short_name=short_name,
        trigger=trigger,
        payload=payloads.Session,
        sample=sample,
        published=Published.DOCUMENTED,
        shape_note=f"{_NONE_MANDATORY} Other public code reads event_type as eventType.",
        key_field="interviewId",
        external_id_field="externalCustomerId",
    )


_ALL = (
    EventType(
        name="onboarding-status",
        display_name="Onboarding status webhook",
        label="Onboarding Status Webhook URL",
        short_name="Onboarding Status",
        trigger="Triggered every time an Onboarding Session status changes.",
        payload=payloads.OnboardingStatus,
        sample=samples.ONBOARDING_STATUS,
        published=Published.DOCUMENTED,
        shape_note=(
            "Incode documents interviewId, onboardingStatus and externalId;"
            " clientId, flowId and externalCustomerId are seen in an example only."
        ),
        key_field="interviewId",
        status_field="onboardingStatus",
        statuses=(
            "UNKNOWN",  # a newer page of Incode's says that it is never sent
            "ID_VALIDATION_FINISHED",
            "ID_VALIDATION_FINISHED_SECOND_ID",
            "POST_PROCESSING_FINISHED",
            "FACE_VALIDATION_FINISHED",
            "GOVERNMENT_VALIDATION_FINISHED",
            "ONBOARDING_FINISHED",
            "MANUAL_REVIEW_APPROVED",
            "MANUAL_REVIEW_REJECTED",
            "EXPIRED",
        ),
        external_id_field="externalId",
    ),
    EventType(
        name="videoselfie-uploaded",
        display_name="Videoselfie uploaded webhook",
        label="Videoselfie Uploaded Webhook URL",
        short_name="Videoselfie",
        trigger="Triggered when the video selfie recording file becomes available.",
        payload=payloads.VideoselfieUploaded,
        sample=samples.VIDEOSELFIE_UPLOADED,
        published=Published.EXAMPLE,
        shape_note=_FROM_AN_EXAMPLE,
        key_field="interviewId",
    ),
    EventType(
        name="third-party-async-retries",
        display_name="Third party async retries webhook",
        label="Third Party Async Retries Webhook URL",
        short_name="Async Retries",
        trigger="Incode publishes no description.",
        payload=payloads.ThirdPartyAsyncRetries,
        sample=samples.THIRD_PARTY_ASYNC_RETRIES,
        published=Published.NOTHING,
        shape_note=_NO_SHAPE,
    ),
    EventType(
        name="watchlist-updated",
        display_name="Watchlist updated webhook",
        label="Watchlist Updated Webhook URL",
        short_name="Watchlist Updated",
        trigger="Triggered when a global watchlist result is updated.",
        payload=payloads.WatchlistUpdated,
        sample=samples.WATCHLIST_UPDATED,
        published=Published.EXAMPLE,
        shape_note=_FROM_AN_EXAMPLE,
        key_field="interviewId",
    ),
    EventType(
        name="work-history",
        display_name="Work history callback",
        label="Work History Callback URL",
        short_name="Work History",
        trigger=(
            "Triggered after a work history search for a user has been processed."
            " This webhook is exclusive to Mexico."
        ),
        payload=payloads.WorkHistoryCallback,
        sample=samples.WORK_HISTORY,
        published=Published.DOCUMENTED,
        shape_note=_NONE_MANDATORY,
        key_field="interviewId",
    ),
    EventType(
        name="proof-of-payment",
        display_name="Proof of payment callback",
        label="Proof of Payment Callback URL",
        short_name="Proof of Payment",
        trigger=(
            "Triggered after payment proof validation for a user has been processed."
            " This webhook is exclusive to Mexico."
        ),
        payload=payloads.ProofOfPaymentCallback,
        sample=samples.PROOF_OF_PAYMENT,
        published=Published.DOCUMENTED,
        shape_note=f"{_NONE_MANDATORY} It sends further fields that it does not publish.",
    ),
    EventType(
        name="face-authentication",
        display_name="Face Authentication",
        label="Face Authentication Webhook URL",
        short_name="Face Auth",
        trigger="Triggered when a face authentication either succeeds or fails.",
        payload=payloads.FaceAuthentication,
        sample=samples.FACE_AUTHENTICATION,
        published=Published.NOTHING,
        shape_note=f"{_NO_SHAPE} Its other pages support interviewId and nothing more.",
        key_field="interviewId",
    ),
    _session(
        "session-started",
        "Started",
        "Session Started",
        "Triggered when any session from a Flow or Workflow starts.",
        samples.SESSION_STARTED,
    ),
    _session(
        "session-failed",
        "Failed",
        "Session Failed",
        "Triggered when any session from a Flow or Workflow fails.",
        samples.SESSION_FAILED,
    ),
    _session(
        "session-succeeded",
        "Succeeded",
        "Session Succeeded",
        "Triggered when any session from a Flow or Workflow succeeds.",
        samples.SESSION_SUCCEEDED,
    ),
    _session(
        "session-pending-review",
        "Pending Review",
        "Session Pending",
        "Triggered when any session from a Flow or Workflow requires manual review.",
        samples.SESSION_PENDING_REVIEW,
    ),
    EventType(
        name="ine-scraping",
        display_name="INE scraping webhook",
        label="INE Scraping Webhook URL",
        short_name="INE Scraping",
        trigger="Provided INE scraping results.",
        payload=payloads.IneScraping,
        sample=samples.INE_SCRAPING,
        published=Published.DOCUMENTED,
        shape_note="Incode documents these fields.",
        key_field="InterviewId",
        status_field="ScrapingStatus",
        statuses=("IN_PROGRESS", "FINISHED"),
        external_id_field="externalId",
        deprecated=True,
    ),
    EventType(
        name="authentication-1-1",
        display_name="Authentication webhook 1:1",
        label="Authentication 1:1 Webhook URL",
        short_name="Auth 1:1",
        trigger=_LOGIN_ATTEMPT,
        payload=payloads.AuthenticationOneToOne,
        sample=samples.AUTHENTICATION_1_1,
        published=Published.DOCUMENTED,
        shape_note=f"{_NONE_MANDATORY} After a failure it sends some of them, with error fields.",
        key_field="interviewId",
        deprecated=True,
    ),
    EventType(
        name="authentication-1-n",
        display_name="Authentication webhook 1:N",
        label="Authentication 1:N Webhook URL",
        short_name="Auth 1:N",
        trigger=_LOGIN_ATTEMPT,
        payload=payloads.AuthenticationOneToMany,
        sample=samples.AUTHENTICATION_1_N,
        published=Published.DOCUMENTED,
        shape_note=f"{_NONE_MANDATORY} It publishes no body for a failure.",
        key_field="interviewId",
        deprecated=True,
    ),
)

EVENT_TYPES: Mapping[str, EventType] = MappingProxyType({each.name: each for each in _ALL})
"""All event types by name, in display order: the deprecated ones last."""
