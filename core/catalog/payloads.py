"""The payload models, one for each body that Incode sends.

Fields are named as on the wire, so that the models are easy to compare with Incode's pages. A field is mandatory only
if those pages say so. Any other documented field may be missing or null, but not of another JSON type. A field that
appears only in an example, or whose type is not published, is `Anything`. Unknown fields are accepted.
"""

from msgspec import Struct

Text = str | None
Number = float | None
Flag = bool | None
Anything = object


class OnboardingStatus(Struct):
    interviewId: str
    onboardingStatus: str
    externalId: Text = None
    clientId: Anything = None
    flowId: Anything = None
    externalCustomerId: Anything = None


class VideoselfieUploaded(Struct):
    clientId: Anything = None
    flowId: Anything = None
    interviewId: Anything = None


class ThirdPartyAsyncRetries(Struct):
    """Any JSON object, because Incode publishes only the name of the type."""


class WatchlistUpdated(Struct):
    interviewId: Anything = None
    ref: Anything = None
    search_id: Anything = None


class QuotedWeeks(Struct):
    discountedWeeks: Number = None
    listedWeeks: Number = None
    reinstatedWeeks: Number = None


class Employment(Struct):
    companyName: Text = None
    state: Text = None
    startingDate: Text = None
    """dd/MM/yyyy, like `endingDate`."""
    endingDate: Text = None
    baseSalary: Text = None
    """Pesos with a dollar sign: "$2593.5"."""
    companyIMSSId: Text = None


class WorkHistory(Struct):
    name: Text = None
    curp: Text = None
    apiKey: Text = None
    quotedWeeks: QuotedWeeks | None = None
    laborHistoryList: list[Employment] | None = None


class WorkHistoryCallback(Struct):
    interviewId: Text = None
    requestId: Text = None
    workHistory: WorkHistory | None = None


class ProofOfPaymentCallback(Struct):
    requestId: Text = None
    rfcIssuer: Text = None
    issuerName: Text = None
    rfcReceiver: Text = None
    receiverName: Text = None
    fiscalInvoice: Text = None
    issueDate: Text = None
    """Local date and time without a time zone, like `certificationDate`."""
    certificationDate: Text = None
    rfcPac: Text = None
    totalCfdi: Text = None
    """Pesos with a dollar sign: "$1,962.36"."""
    voucherEffect: Text = None
    cancellationStatus: Text = None
    validationCode: Text = None


class FaceAuthenticationError(Struct):
    name: Text = None
    message: Text = None


class AttemptCounterState(Struct):
    max: Number = None
    remaining: Number = None


class FaceAuthentication(Struct):
    """The Face Authentication Webhook, which is not one of the deprecated authentication webhooks."""

    interviewId: Text = None
    customerId: Text = None
    externalCustomerId: Text = None
    overallStatus: Text = None
    """PASS or FAIL."""
    hint: Text = None
    attemptCounterState: AttemptCounterState | None = None
    error: FaceAuthenticationError | None = None
    """Present after a failure."""
    externalId: Anything = None


class Session(Struct):
    """The session webhooks: Session Started, Failed, Succeeded, Pending Review and Progress, Identity Enrolled."""

    event_type: Text = None
    eventType: Text = None
    """The name of `event_type` in other public code."""
    interviewId: Text = None
    externalCustomerId: Text = None
    onboardingStatus: Text = None
    identityId: Text = None
    """Present in Session Succeeded only."""
    status: Anything = None
    """May hold the name of the event instead of `event_type`, like `event`."""
    event: Anything = None
    externalId: Anything = None


class IneScraping(Struct):
    InterviewId: str
    ScrapingStatus: str
    externalId: Text = None
    externalCustomerId: Anything = None


class RecognitionConfidence(Struct):
    """Empty after a failure."""

    confidence: Anything = None
    candidates: list[Anything] | None = None


class Candidate(Struct):
    identityId: Anything = None
    confidence: Anything = None


class RecognitionConfidences(Struct):
    confidence: Anything = None
    candidates: list[Candidate] | None = None


class Authentication(Struct):
    """The fields that the two deprecated authentication webhooks share."""

    customerId: Text = None
    token: Text = None
    interviewId: Text = None
    interviewToken: Text = None
    transactionId: Text = None
    faceMatch: Flag = None
    spoofAttempt: Flag = None
    secondFactor: Flag = None
    children: list[Anything] | None = None
    spoofConfidence: Number = None
    overallScore: Number = None
    overallStatus: Text = None
    """PASS or FAIL."""


class AuthenticationOneToOne(Authentication):
    hasFaceMask: Flag = None
    hasLenses: Flag = None
    recognitionConfidence: RecognitionConfidence | None = None
    error: Anything = None
    """Present after a failure, like `errorCode` (4003, 4004, 4005 or 4015) and `errorMessage`."""
    errorCode: Anything = None
    errorMessage: Anything = None


class AuthenticationOneToMany(Authentication):
    """The body after a success. Incode does not publish the body after a failure."""

    recognitionConfidence: RecognitionConfidences | None = None
