"""The samples of each event type. The people in them are made up, and no token in them was ever valid."""

from collections.abc import Mapping

import msgspec

from core.catalog.definition import SESSION, Sample

_CUSTOMER = "customer-1001"
_INCODE_CUSTOMER = "66d0a1e5b7c84f20913e6d57"
_IDENTITY = "66e1b2d9c3b05e1e2d4b8c69"
_FLOW = {"clientId": "acme-sandbox", "flowId": "66d0a1e5b7c84f20913e6d42"}
_ONLY = "example"
"""The name of the sample of a type that has no outcomes."""

Fields = Mapping[str, object]


def _sample(name: str, body: Fields, note: str = "") -> Sample:
    return Sample(name, note, msgspec.json.encode(body))


def _onboarding_status(status: str, note: str = "") -> Sample:
    body = {"interviewId": SESSION, "onboardingStatus": status, "externalId": _CUSTOMER, **_FLOW}
    return _sample(status, body, note)


ONBOARDING_STATUS = (
    _onboarding_status("ONBOARDING_FINISHED", "The end, approved or not."),
    _onboarding_status("ID_VALIDATION_FINISHED"),
    _onboarding_status("ID_VALIDATION_FINISHED_SECOND_ID"),
    _onboarding_status("GOVERNMENT_VALIDATION_FINISHED"),
    _onboarding_status("POST_PROCESSING_FINISHED"),
    _onboarding_status("FACE_VALIDATION_FINISHED"),
    _onboarding_status("MANUAL_REVIEW_APPROVED"),
    _onboarding_status("MANUAL_REVIEW_REJECTED"),
    _onboarding_status("EXPIRED"),
    _onboarding_status("UNKNOWN", "Never sent, says a newer page."),
)
VIDEOSELFIE_UPLOADED = (_sample(_ONLY, {"interviewId": SESSION, **_FLOW}),)
THIRD_PARTY_ASYNC_RETRIES = (
    _sample(_ONLY, {"note": "Hookkeeper's own sample: Incode publishes no shape for this."}),
)
WATCHLIST_UPDATED = (
    _sample(_ONLY, {"interviewId": SESSION, "ref": "watchlist-2024-07", "search_id": "1700000001"}),
)
WORK_HISTORY = (
    _sample(
        _ONLY,
        {
            "interviewId": SESSION,
            "requestId": f"sample-request-{SESSION}",
            "workHistory": {
                "name": "Ximena Núñez Ejemplo",
                "curp": "XEXX010101MNEXXXA8",
                "apiKey": "sample-api-key",
                "quotedWeeks": {"discountedWeeks": 0, "listedWeeks": 212, "reinstatedWeeks": 12},
                "laborHistoryList": [
                    {
                        "companyName": "Panadería Muestra SA de CV",
                        "state": "Jalisco",
                        "startingDate": "03/02/2020",
                        "endingDate": "28/06/2024",
                        "baseSalary": "$512.5",
                        "companyIMSSId": "X0000000000",
                    }
                ],
            },
        },
    ),
)
PROOF_OF_PAYMENT = (
    _sample(
        _ONLY,
        {
            "requestId": f"sample-request-{SESSION}",
            "rfcIssuer": "XAXX010101000",
            "issuerName": "Papelería Muestra SA de CV",
            "rfcReceiver": "XEXX010101000",
            "receiverName": "Ximena Núñez Ejemplo",
            "fiscalInvoice": "00000000-0000-4000-8000-000000002002",
            "issueDate": "2024-07-15T10:30:00",
            "certificationDate": "2024-07-15T10:30:42",
            "rfcPac": "XAXX010101000",
            "totalCfdi": "$1,250.00",
            "voucherEffect": "Ingreso",
            "cancellationStatus": "Vigente",
            "validationCode": "sample-code",
        },
    ),
)
FACE_AUTHENTICATION = (
    _sample(
        "PASS",
        {
            "interviewId": SESSION,
            "customerId": _INCODE_CUSTOMER,
            "externalCustomerId": _CUSTOMER,
            "overallStatus": "PASS",
            "hint": _CUSTOMER,
            "attemptCounterState": {"max": 5, "remaining": 5},
        },
    ),
    _sample(
        "FAIL",
        {
            "interviewId": SESSION,
            "customerId": _INCODE_CUSTOMER,
            "overallStatus": "FAIL",
            "hint": _CUSTOMER,
            "error": {"name": "USER_IS_NOT_RECOGNIZED", "message": "The user is not recognized."},
        },
        "Incode's example has no externalCustomerId.",
    ),
)


def session(
    event_name: str, more: Fields | None = None, *, statuses: tuple[str, ...] = ()
) -> tuple[Sample, ...]:
    """Return samples of a session event: one for each spelling that receivers read, and one for each status."""
    body = {"interviewId": SESSION, "externalCustomerId": _CUSTOMER, **(more or {})}
    # A receiver that finds a value in onboardingStatus does not read `status`.
    bare = {name: value for name, value in body.items() if name != "onboardingStatus"}
    wording = event_name.replace("_", " ").title()
    seen = event_name == "SESSION_SUCCEEDED"  # the wording of the others is not published
    note = f'"{wording}", in production.' if seen else 'As production words "Session Succeeded".'
    return (
        _sample("event_type", {"event_type": event_name, **body}),
        _sample("eventType", {"eventType": event_name, **body}, "Read by other public receivers."),
        _sample("wording", {"event_type": wording, **body}, note),
        _sample(
            "onboardingStatus",
            {**body, "onboardingStatus": event_name},
            "Read where there is no event_type.",
        ),
        _sample("status", {**bare, "status": event_name}, "Read last of all."),
        *(
            _sample(
                status,
                {"event_type": event_name, **body, "onboardingStatus": status},
                "A status that integrators see.",
            )
            for status in statuses
        ),
    )


SESSION_STARTED = session("SESSION_STARTED")
SESSION_FAILED = session("SESSION_FAILED", statuses=("ONBOARDING_FAILED", "REJECTED"))
SESSION_SUCCEEDED = session(
    "SESSION_SUCCEEDED", {"onboardingStatus": "ONBOARDING_FINISHED", "identityId": _IDENTITY}
)
SESSION_PENDING_REVIEW = session(
    "SESSION_PENDING_REVIEW",
    {"onboardingStatus": "ONBOARDING_FINISHED"},
    statuses=("PENDING_REVIEW", "MANUAL_REVIEW"),
)
SESSION_PROGRESS = session("SESSION_PROGRESS")
IDENTITY_ENROLLED = session("IDENTITY_ENROLLED", {"identityId": _IDENTITY})


def _ine_scraping(status: str) -> Sample:
    return _sample(status, {"InterviewId": SESSION, "externalId": _CUSTOMER, "ScrapingStatus": status})


INE_SCRAPING = (_ine_scraping("FINISHED"), _ine_scraping("IN_PROGRESS"))

_AUTHENTICATION: Fields = {
    "customerId": _INCODE_CUSTOMER,
    "token": f"sample-token-{SESSION}",
    "interviewId": SESSION,
    "interviewToken": f"sample-interview-token-{SESSION}",
    "transactionId": f"sample-transaction-{SESSION}",
    "faceMatch": True,
    "spoofAttempt": False,
    "secondFactor": False,
    "children": [],
    "spoofConfidence": 0.02,
    "overallScore": 0.98,
    "overallStatus": "PASS",
}
_FAILED_AUTHENTICATION: Fields = {
    "interviewId": SESSION,
    "transactionId": f"sample-transaction-{SESSION}",
    "faceMatch": False,
    "spoofAttempt": False,
    "secondFactor": False,
    "overallScore": 0.12,
    "overallStatus": "FAIL",
    "recognitionConfidence": {},
}
AUTHENTICATION_1_1 = (
    _sample(
        "PASS",
        {
            **_AUTHENTICATION,
            "hasFaceMask": False,
            "hasLenses": True,
            "recognitionConfidence": {"confidence": 0.97, "candidates": []},
        },
    ),
    _sample(
        "FAIL",
        {
            **_FAILED_AUTHENTICATION,
            "error": "sample-error",
            "errorCode": 4004,
            "errorMessage": "Hookkeeper's own words: Incode publishes the codes 4003, 4004, 4005 and 4015.",
        },
        "Its fields are Hookkeeper's own choice.",
    ),
)
AUTHENTICATION_1_N = (
    _sample(
        "PASS",
        {
            **_AUTHENTICATION,
            "recognitionConfidence": {
                "confidence": 0.97,
                "candidates": [
                    {"identityId": _IDENTITY, "confidence": 0.97},
                    {"identityId": "66e1b3a0d4c16f2f3e5c9d70", "confidence": 0.41},
                ],
            },
        },
    ),
    _sample("FAIL", _FAILED_AUTHENTICATION, "Incode publishes none: Hookkeeper's own choice."),
)
