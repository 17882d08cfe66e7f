"""The event types that Incode offers or has offered.

Incode's pages show three labels of the Type drop-down: "Onboarding Status Webhook URL", "WATCHLIST UPDATE WEBHOOK
URL" and "INE SCRAPING WEBHOOK URL". The other labels follow the wording of the first.
"""

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType

from core.catalog import payloads, samples
from core.catalog.definition import EventType, Published, Sample

_TAB = "Configuration: Webhooks Tab"
_DOCUMENTATION = "Incode's public documentation"
_FACE_PAGE = "Face Authentication Webhook (Incode's developer pages)"
_NEWEST = "Incode's newest page of webhooks"
_RECEIVERS = "Incode's public Salesforce receiver and other public receivers"
_READ = date(2026, 11, 26)

_LOGIN_ATTEMPT = (
    "Contained information about the login attempt, the identities which could match the face reported by the"
    " login, and the interview which best matches the biometric of the face used to login."
)
_NO_SHAPE = "Incode publishes no shape for this body; the sample is Hookkeeper's own choice."
_NONE_MANDATORY = "Incode names these fields without saying which are mandatory, so any may be missing."
_FROM_AN_EXAMPLE = "Incode shows these fields in an example only, so nothing about them is checked."
_SPELLINGS = (
    "The name of the event stands in event_type, or elsewhere in eventType, onboardingStatus or status, as"
    ' "SESSION_FAILED" or "Session Failed". Incode\'s Salesforce receiver reads all four, in this order; other'
    " receivers read one, so try each sample. A body that names another event is refused."
)


def _session(
    name: str,
    display_name: str,
    trigger: str,
    made_up: tuple[Sample, ...],
    *,
    short_name: str = "",
    is_newer: bool = False,
) -> EventType:
    event_name = display_name.upper().replace(" ", "_")
    note = _NONE_MANDATORY
    if is_newer:
        note = (
            "The body of the other session webhooks. Incode does not publish what event_type says here:"
            f" {event_name} in the samples is Hookkeeper's own choice."
        )
    return EventType(
        name=name,
        display_name=display_name,
        label=f"{display_name} Webhook URL",
        short_name=short_name or display_name,
        trigger=trigger,
        payload=payloads.Session,
        samples=made_up,
        published=Published.DOCUMENTED,
        shape_note=note,
        sources=(_NEWEST, _RECEIVERS) if is_newer else (_TAB, _DOCUMENTATION, _RECEIVERS),
        read_on=_READ,
        remark=_SPELLINGS,
        key_field="interviewId",
        external_id_fields=("externalCustomerId", "externalId"),
        event_name=event_name,
        is_event_name_published=not is_newer,
        is_newer=is_newer,
    )


_ALL = (
    EventType(
        name="onboarding-status",
        display_name="Onboarding status webhook",
        label="Onboarding Status Webhook URL",
        short_name="Onboarding Status",
        trigger="Triggered every time an Onboarding Session status changes.",
        payload=payloads.OnboardingStatus,
        samples=samples.ONBOARDING_STATUS,
        published=Published.DOCUMENTED,
        shape_note=(
            "Incode documents interviewId, onboardingStatus and externalId;"
            " clientId, flowId and externalCustomerId are seen in an example only."
        ),
        sources=(_TAB, _DOCUMENTATION),
        read_on=_READ,
        remark=(
            "One session sends many statuses, in this order. ONBOARDING_FINISHED does not mean approved."
            " A newer page says that UNKNOWN is never sent."
        ),
        key_field="interviewId",
        status_field="onboardingStatus",
        statuses=(
            "ID_VALIDATION_FINISHED",
            "ID_VALIDATION_FINISHED_SECOND_ID",
            "GOVERNMENT_VALIDATION_FINISHED",
            "POST_PROCESSING_FINISHED",
            "FACE_VALIDATION_FINISHED",
            "ONBOARDING_FINISHED",
            "MANUAL_REVIEW_APPROVED",
            "MANUAL_REVIEW_REJECTED",
            # No page says where these two belong in the order.
            "EXPIRED",
            "UNKNOWN",
        ),
        external_id_fields=("externalId", "externalCustomerId"),
    ),
    EventType(
        name="videoselfie-uploaded",
        display_name="Videoselfie uploaded webhook",
        label="Videoselfie Uploaded Webhook URL",
        short_name="Videoselfie",
        trigger="Triggered when the video selfie recording file becomes available.",
        payload=payloads.VideoselfieUploaded,
        samples=samples.VIDEOSELFIE_UPLOADED,
        published=Published.EXAMPLE,
        shape_note=_FROM_AN_EXAMPLE,
        sources=(_TAB, _DOCUMENTATION),
        read_on=_READ,
        key_field="interviewId",
    ),
    EventType(
        name="third-party-async-retries",
        display_name="Third party async retries webhook",
        label="Third Party Async Retries Webhook URL",
        short_name="Async Retries",
        trigger="Incode publishes no description.",
        payload=payloads.ThirdPartyAsyncRetries,
        samples=samples.THIRD_PARTY_ASYNC_RETRIES,
        published=Published.NOTHING,
        shape_note=_NO_SHAPE,
        sources=(_TAB,),
        read_on=_READ,
    ),
    EventType(
        name="watchlist-updated",
        display_name="Watchlist updated webhook",
        label="Watchlist Update Webhook URL",
        short_name="Watchlist Update",
        trigger="Triggered when a global watchlist result is updated.",
        payload=payloads.WatchlistUpdated,
        samples=samples.WATCHLIST_UPDATED,
        published=Published.EXAMPLE,
        shape_note=_FROM_AN_EXAMPLE,
        sources=(_TAB, _DOCUMENTATION),
        read_on=_READ,
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
        samples=samples.WORK_HISTORY,
        published=Published.DOCUMENTED,
        shape_note=_NONE_MANDATORY,
        sources=(_TAB, _DOCUMENTATION),
        read_on=_READ,
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
        samples=samples.PROOF_OF_PAYMENT,
        published=Published.DOCUMENTED,
        shape_note=f"{_NONE_MANDATORY} It sends further fields that it does not publish.",
        sources=(_TAB, _DOCUMENTATION),
        read_on=_READ,
    ),
    EventType(
        name="face-authentication",
        display_name="Face Authentication",
        label="Face Authentication Webhook URL",
        short_name="Face Auth",
        trigger="Triggered when a face authentication either succeeds or fails.",
        payload=payloads.FaceAuthentication,
        samples=samples.FACE_AUTHENTICATION,
        published=Published.DOCUMENTED,
        shape_note=_NONE_MANDATORY,
        sources=(_TAB, _FACE_PAGE),
        read_on=_READ,
        remark="It is not the body of the deprecated authentication webhook 1:1.",
        key_field="interviewId",
        status_field="overallStatus",
        statuses=("PASS", "FAIL"),
        error_names=(
            "INACTIVE_SESSION",
            "HINT_NOT_PROVIDED",
            "NONEXISTENT_CUSTOMER",
            "MULTIPLE_FACES_DETECTED",
            "SPOOF_DETECTED",
            "FACE_TOO_DARK",
            "FACE_CROPPING_FAILED",
            "FACE_TOO_SMALL",
            "FACE_TOO_BLURRY",
            "BAD_PHOTO_QUALITY",
            "LENSES_DETECTED",
            "FACE_MASK_DETECTED",
            "HEAD_COVER_DETECTED",
            "CLOSED_EYES_DETECTED",
            "SELFIE_FACE_OCCLUDED",
            "SELFIE_IMAGE_LOW_QUALITY",
            "USER_IS_NOT_RECOGNIZED",
            "FACE_NOT_FOUND",
            "BAD_REQUEST",
            "PROCESSING_ERROR",
            "DEFAULT_ERROR",
        ),
        external_id_fields=("externalCustomerId", "externalId"),
    ),
    _session(
        "session-started",
        "Session Started",
        "Triggered when any session from a Flow or Workflow starts.",
        samples.SESSION_STARTED,
    ),
    _session(
        "session-failed",
        "Session Failed",
        "Triggered when any session from a Flow or Workflow fails.",
        samples.SESSION_FAILED,
    ),
    _session(
        "session-succeeded",
        "Session Succeeded",
        "Triggered when any session from a Flow or Workflow succeeds.",
        samples.SESSION_SUCCEEDED,
    ),
    _session(
        "session-pending-review",
        "Session Pending Review",
        "Triggered when any session from a Flow or Workflow requires manual review.",
        samples.SESSION_PENDING_REVIEW,
        short_name="Session Pending",
    ),
    _session(
        "session-progress",
        "Session Progress",
        "Triggered when an existing session link is resumed, not on initial session creation.",
        samples.SESSION_PROGRESS,
        is_newer=True,
    ),
    _session(
        "identity-enrolled",
        "Identity Enrolled",
        "Triggered when an identity is enrolled for the first time.",
        samples.IDENTITY_ENROLLED,
        is_newer=True,
    ),
    EventType(
        name="ine-scraping",
        display_name="INE scraping webhook",
        label="INE Scraping Webhook URL",
        short_name="INE Scraping",
        trigger="Provided INE scraping results.",
        payload=payloads.IneScraping,
        samples=samples.INE_SCRAPING,
        published=Published.DOCUMENTED,
        shape_note="Incode documents these fields.",
        sources=(_TAB, _DOCUMENTATION),
        read_on=_READ,
        remark='Incode expects the answer {"success": "true"}.',
        key_field="InterviewId",
        status_field="ScrapingStatus",
        statuses=("IN_PROGRESS", "FINISHED"),
        external_id_fields=("externalId", "externalCustomerId"),
        deprecated=True,
    ),
    EventType(
        name="authentication-1-1",
        display_name="Authentication webhook 1:1",
        label="Authentication 1:1 Webhook URL",
        short_name="Auth 1:1",
        trigger=_LOGIN_ATTEMPT,
        payload=payloads.AuthenticationOneToOne,
        samples=samples.AUTHENTICATION_1_1,
        published=Published.DOCUMENTED,
        shape_note=f"{_NONE_MANDATORY} After a failure it sends some of them, with error fields.",
        sources=(_TAB, _DOCUMENTATION),
        read_on=_READ,
        key_field="interviewId",
        status_field="overallStatus",
        statuses=("PASS", "FAIL"),
        deprecated=True,
        supported_until=date(2026, 10, 1),
        sent_until=date(2027, 4, 1),
    ),
    EventType(
        name="authentication-1-n",
        display_name="Authentication webhook 1:N",
        label="Authentication 1:N Webhook URL",
        short_name="Auth 1:N",
        trigger=_LOGIN_ATTEMPT,
        payload=payloads.AuthenticationOneToMany,
        samples=samples.AUTHENTICATION_1_N,
        published=Published.DOCUMENTED,
        shape_note=f"{_NONE_MANDATORY} It publishes no body for a failure; ours is Hookkeeper's own choice.",
        sources=(_TAB, _DOCUMENTATION),
        read_on=_READ,
        key_field="interviewId",
        status_field="overallStatus",
        statuses=("PASS", "FAIL"),
        deprecated=True,
    ),
)

EVENT_TYPES: Mapping[str, EventType] = MappingProxyType({each.name: each for each in _ALL})
"""All event types by name, in display order: those of the Webhooks tab's page, the newer and the deprecated ones."""
