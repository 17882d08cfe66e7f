"""The fields that are checked, and the errors for wrong ones."""

import json

import pytest

from core.catalog import EVENT_TYPES, InvalidBody, accept
from core.errors import HookkeeperError

MANDATORY = [
    ("onboarding-status", "interviewId"),
    ("onboarding-status", "onboardingStatus"),
    ("ine-scraping", "InterviewId"),
    ("ine-scraping", "ScrapingStatus"),
]

DOCUMENTED = {
    # type: {path: the kind of value that belongs there}
    "onboarding-status": {"externalId": "a string"},
    "work-history": {
        "interviewId": "a string",
        "requestId": "a string",
        "workHistory": "an object",
        "workHistory.name": "a string",
        "workHistory.curp": "a string",
        "workHistory.apiKey": "a string",
        "workHistory.quotedWeeks": "an object",
        "workHistory.quotedWeeks.discountedWeeks": "a number",
        "workHistory.quotedWeeks.listedWeeks": "a number",
        "workHistory.quotedWeeks.reinstatedWeeks": "a number",
        "workHistory.laborHistoryList": "an array",
        "workHistory.laborHistoryList[0]": "an object",
        "workHistory.laborHistoryList[0].companyName": "a string",
        "workHistory.laborHistoryList[0].state": "a string",
        "workHistory.laborHistoryList[0].startingDate": "a string",
        "workHistory.laborHistoryList[0].endingDate": "a string",
        "workHistory.laborHistoryList[0].baseSalary": "a string",
        "workHistory.laborHistoryList[0].companyIMSSId": "a string",
    },
    "proof-of-payment": dict.fromkeys(
        [
            "requestId",
            "rfcIssuer",
            "issuerName",
            "rfcReceiver",
            "receiverName",
            "fiscalInvoice",
            "issueDate",
            "certificationDate",
            "rfcPac",
            "totalCfdi",
            "voucherEffect",
            "cancellationStatus",
            "validationCode",
        ],
        "a string",
    ),
    **dict.fromkeys(
        [
            "session-started",
            "session-failed",
            "session-succeeded",
            "session-pending-review",
            "session-progress",
            "identity-enrolled",
        ],
        dict.fromkeys(
            [
                "event_type",
                "eventType",
                "interviewId",
                "externalCustomerId",
                "onboardingStatus",
                "identityId",
            ],
            "a string",
        ),
    ),
    "face-authentication": {
        "interviewId": "a string",
        "customerId": "a string",
        "externalCustomerId": "a string",
        "overallStatus": "a string",
        "hint": "a string",
        "attemptCounterState": "an object",
        "attemptCounterState.max": "a number",
        "attemptCounterState.remaining": "a number",
        "error": "an object",
    },
    "ine-scraping": {"externalId": "a string"},
    "authentication-1-1": {
        "customerId": "a string",
        "token": "a string",
        "interviewId": "a string",
        "interviewToken": "a string",
        "transactionId": "a string",
        "faceMatch": "true or false",
        "spoofAttempt": "true or false",
        "secondFactor": "true or false",
        "children": "an array",
        "hasFaceMask": "true or false",
        "hasLenses": "true or false",
        "spoofConfidence": "a number",
        "recognitionConfidence": "an object",
        "recognitionConfidence.candidates": "an array",
        "overallScore": "a number",
        "overallStatus": "a string",
    },
    "authentication-1-n": {
        "customerId": "a string",
        "token": "a string",
        "interviewId": "a string",
        "interviewToken": "a string",
        "transactionId": "a string",
        "faceMatch": "true or false",
        "spoofAttempt": "true or false",
        "secondFactor": "true or false",
        "children": "an array",
        "spoofConfidence": "a number",
        "recognitionConfidence": "an object",
        "recognitionConfidence.candidates": "an array",
        "recognitionConfidence.candidates[0]": "an object",
        "overallScore": "a number",
        "overallStatus": "a string",
    },
}
CHECKED = [(name, path, kind) for name, paths in DOCUMENTED.items() for path, kind in paths.items()]

UNCHECKED = [
    ("onboarding-status", "clientId"),
    ("onboarding-status", "flowId"),
    ("onboarding-status", "externalCustomerId"),
    ("videoselfie-uploaded", "clientId"),
    ("videoselfie-uploaded", "flowId"),
    ("videoselfie-uploaded", "interviewId"),
    ("watchlist-updated", "interviewId"),
    ("watchlist-updated", "ref"),
    ("watchlist-updated", "search_id"),
    ("face-authentication", "externalId"),
    ("session-failed", "status"),
    ("session-failed", "event"),
    ("session-failed", "externalId"),
    ("ine-scraping", "externalCustomerId"),
    ("authentication-1-1", "recognitionConfidence.confidence"),
    ("authentication-1-1", "error"),
    ("authentication-1-1", "errorCode"),
    ("authentication-1-1", "errorMessage"),
    ("authentication-1-n", "recognitionConfidence.confidence"),
    ("authentication-1-n", "recognitionConfidence.candidates[0].identityId"),
    ("authentication-1-n", "recognitionConfidence.candidates[0].confidence"),
]

VALUES = {
    "a string": "personal",
    "a number": 12.5,
    "true or false": True,
    "an array": [],
    "an object": {},
    "null": None,
}


def sample_with(name: str, path: str, value: object) -> bytes:
    """The type's sample with this value at this path ("a.b[0].c")."""
    body = json.loads(EVENT_TYPES[name].sample)
    *parents, last = [
        int(step) if step.isdigit() else step for step in path.replace("[", ".").replace("]", "").split(".")
    ]
    place = body
    for step in parents:
        place = place[step]
    place[last] = value
    return json.dumps(body).encode()


def refusal(name: str, data: bytes) -> InvalidBody:
    with pytest.raises(InvalidBody) as caught:
        accept(name, data)
    return caught.value


@pytest.mark.parametrize(("name", "field"), MANDATORY)
def test_a_missing_mandatory_field_is_refused(name: str, field: str) -> None:
    """A documented mandatory field that is missing is named with its path."""
    body = json.loads(EVENT_TYPES[name].sample)
    del body[field]
    error = refusal(name, json.dumps(body).encode())
    assert error.path == f"$.{field}"
    assert str(error) == f"The {name} body was refused: $.{field} is missing, and it is mandatory."


@pytest.mark.parametrize("kind", ["a number", "true or false", "an array", "an object", "null"])
@pytest.mark.parametrize(("name", "field"), MANDATORY)
def test_a_mistyped_mandatory_field_is_refused(name: str, field: str, kind: str) -> None:
    """A mandatory field of another JSON type, null included, is refused with its path."""
    error = refusal(name, sample_with(name, field, VALUES[kind]))
    assert error.path == f"$.{field}"
    assert str(error) == f"The {name} body was refused: $.{field} must be a string, not {kind}."


@pytest.mark.parametrize(("name", "path", "kind"), CHECKED)
def test_a_documented_field_takes_its_own_type_only(name: str, path: str, kind: str) -> None:
    """A documented field of another JSON type is refused with its path, in words without its value."""
    fits = VALUES[kind] if path not in ("event_type", "eventType") else EVENT_TYPES[name].event_name
    accept(name, sample_with(name, path, fits))
    for other, value in VALUES.items():
        if other not in (kind, "null"):
            error = refusal(name, sample_with(name, path, value))
            assert (error.type_name, error.path, error.reason) == (
                name,
                f"$.{path}",
                f"must be {kind}, not {other}",
            )


@pytest.mark.parametrize(("name", "path", "kind"), CHECKED)
def test_null_passes_where_a_field_is_not_mandatory(name: str, path: str, kind: str) -> None:
    """Null stands for a missing value. Only array elements must not be null."""
    data = sample_with(name, path, None)
    if path.endswith("[0]"):
        assert refusal(name, data).reason == f"must be {kind}, not null"
    else:
        assert accept(name, data).raw == data


@pytest.mark.parametrize(("name", "path"), UNCHECKED)
def test_a_field_that_nobody_documents_passes_whatever_it_is(name: str, path: str) -> None:
    """Fields seen only in an example, or without a documented type, are never a reason to refuse a body."""
    for value in VALUES.values():
        data = sample_with(name, path, value)
        assert accept(name, data).raw == data


@pytest.mark.parametrize("name", [name for name in EVENT_TYPES if name not in dict(MANDATORY)])
def test_no_other_field_is_mandatory(name: str) -> None:
    """Types without a documented mandatory field accept the empty object."""
    body = accept(name, b"{}")
    assert (body.raw, body.session, body.status, body.external_id) == (b"{}", None, None, None)


@pytest.mark.parametrize("status", ["SOMETHING_NEW", "", "onboarding_finished"])
def test_an_unknown_status_passes(status: str) -> None:
    """Incode may add statuses: an unknown one is accepted and handed on."""
    body = accept("onboarding-status", sample_with("onboarding-status", "onboardingStatus", status))
    assert body.status == status


def test_a_failed_face_authentication_is_checked_below_its_error_too() -> None:
    """The published fields of `error` are strings; a name that Incode has not published passes."""
    body = {
        "interviewId": "i",
        "overallStatus": "FAIL",
        "error": {"name": "BRAND_NEW", "message": "x", "more": 1},
    }
    assert accept("face-authentication", json.dumps(body).encode()).status == "FAIL"
    body["error"] = {"name": 7}
    error = refusal("face-authentication", json.dumps(body).encode())
    assert (error.path, error.reason) == ("$.error.name", "must be a string, not a number")


@pytest.mark.parametrize("status", ["SOMETHING_NEW", "", "pass"])
def test_an_unknown_status_of_face_authentication_passes(status: str) -> None:
    """The same for the status of a type that has two."""
    data = sample_with("face-authentication", "overallStatus", status)
    assert accept("face-authentication", data).status == status


@pytest.mark.parametrize(
    ("name", "older", "newer", "found"),
    [
        ("onboarding-status", None, "new", "new"),
        ("onboarding-status", "old", "new", "old"),
        ("onboarding-status", "", "new", "new"),
        ("onboarding-status", None, 7, None),
        ("ine-scraping", None, "new", "new"),
        ("face-authentication", "old", None, "old"),
        ("face-authentication", "old", "new", "new"),
        ("session-started", "old", "new", "new"),
        ("session-failed", "old", None, "old"),
        ("identity-enrolled", "old", "", "old"),
    ],
)
def test_an_external_id_is_found_in_either_name(
    name: str, older: object, newer: object, found: str | None
) -> None:
    """The documented name of the type comes first; an empty one, or one that is no string, counts as none."""
    body = json.loads(EVENT_TYPES[name].sample) | {"externalId": older, "externalCustomerId": newer}
    assert accept(name, json.dumps(body).encode()).external_id == found


def test_a_failed_authentication_passes() -> None:
    """The published failure body, with its empty recognitionConfidence and error fields, is accepted."""
    data = (
        b'{"interviewId":"i","faceMatch":false,"recognitionConfidence":{},"overallStatus":"FAIL",'
        b'"error":"x","errorCode":4004,"errorMessage":"y"}'
    )
    assert accept("authentication-1-1", data).session == "i"


@pytest.mark.parametrize("value", [7, ["i"], {"i": 1}, None, 1e300])
def test_a_key_that_is_no_string_is_no_session(value: object) -> None:
    """Where the key field is not documented and holds no string, there is no session."""
    assert accept("watchlist-updated", sample_with("watchlist-updated", "interviewId", value)).session is None


def test_the_key_field_has_its_exact_case() -> None:
    """INE scraping has a capital I; interviewId beside it is just an unknown field."""
    data = b'{"interviewId":"small","InterviewId":"capital","ScrapingStatus":"FINISHED"}'
    assert accept("ine-scraping", data).session == "capital"


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"[]", "an array"),
        (b'"x"', "a string"),
        (b"1", "a number"),
        (b"1e999", "a number"),
        (b"null", "null"),
    ],
)
@pytest.mark.parametrize("name", EVENT_TYPES)
def test_only_an_object_is_a_body(name: str, data: bytes, kind: str) -> None:
    """Any other JSON value is refused at the root."""
    error = refusal(name, data)
    assert error.path == "$"
    assert str(error) == f"The {name} body was refused: it must be an object, not {kind}."
    assert isinstance(error, HookkeeperError)


def test_an_error_never_shows_a_value() -> None:
    """The text of an error has no part of the body's values, which may be personal data."""
    data = b'{"workHistory":{"laborHistoryList":[{},{"companyName":["Secret GmbH"]}]},"curp":"SECRET"}'
    error = refusal("work-history", data)
    assert error.path == "$.workHistory.laborHistoryList[1].companyName"
    assert "secret" not in str(error).lower()
