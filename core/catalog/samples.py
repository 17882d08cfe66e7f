"""A sample body for each event type: our own making, made-up people, nothing that ever was a token."""

import msgspec

_SESSION = "66e1b0c4f2a94d0d1c3a7b58"
_CUSTOMER = "customer-1001"
_FLOW = {"clientId": "acme-sandbox", "flowId": "66d0a1e5b7c84f20913e6d42"}


def _compact(body: dict[str, object]) -> bytes:
    return msgspec.json.encode(body)


def _session(event_type: str, more: dict[str, object]) -> bytes:
    body = {"event_type": event_type, "interviewId": _SESSION, "externalCustomerId": _CUSTOMER}
    return _compact(body | more)


ONBOARDING_STATUS = _compact(
    {
        "interviewId": _SESSION,
        "onboardingStatus": "ONBOARDING_FINISHED",
        "externalId": _CUSTOMER,
        **_FLOW,
    }
)
VIDEOSELFIE_UPLOADED = _compact({"interviewId": _SESSION, **_FLOW})
THIRD_PARTY_ASYNC_RETRIES = _compact({"note": "Hookkeeper's own sample: Incode publishes no shape for this."})
WATCHLIST_UPDATED = _compact({"interviewId": _SESSION, "ref": "watchlist-2024-07", "search_id": "1700000001"})
WORK_HISTORY = _compact(
    {
        "interviewId": _SESSION,
        "requestId": "sample-request-2001",
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
    }
)
PROOF_OF_PAYMENT = _compact(
    {
        "requestId": "sample-request-2002",
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
    }
)
FACE_AUTHENTICATION = _compact({"interviewId": _SESSION})
SESSION_STARTED = _session("SESSION_STARTED", {})
SESSION_FAILED = _session("SESSION_FAILED", {})
SESSION_SUCCEEDED = _session(
    "SESSION_SUCCEEDED",
    {"onboardingStatus": "ONBOARDING_FINISHED", "identityId": "66e1b2d9c3b05e1e2d4b8c69"},
)
SESSION_PENDING_REVIEW = _session("SESSION_PENDING_REVIEW", {"onboardingStatus": "ONBOARDING_FINISHED"})
INE_SCRAPING = _compact({"InterviewId": _SESSION, "externalId": _CUSTOMER, "ScrapingStatus": "FINISHED"})

_AUTHENTICATION: dict[str, object] = {
    "customerId": _CUSTOMER,
    "token": "sample-token",
    "interviewId": _SESSION,
    "interviewToken": "sample-interview-token",
    "transactionId": "sample-transaction-3001",
    "faceMatch": True,
    "spoofAttempt": False,
    "secondFactor": False,
    "children": [],
    "spoofConfidence": 0.02,
    "overallScore": 0.98,
    "overallStatus": "PASS",
}
AUTHENTICATION_1_1 = _compact(
    _AUTHENTICATION
    | {
        "hasFaceMask": False,
        "hasLenses": True,
        "recognitionConfidence": {"confidence": 0.97, "candidates": []},
    }
)
AUTHENTICATION_1_N = _compact(
    _AUTHENTICATION
    | {
        "recognitionConfidence": {
            "confidence": 0.97,
            "candidates": [
                {"identityId": "66e1b2d9c3b05e1e2d4b8c69", "confidence": 0.97},
                {"identityId": "66e1b3a0d4c16f2f3e5c9d70", "confidence": 0.41},
            ],
        }
    }
)
