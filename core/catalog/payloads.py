"""The payload models, one for each body that Incode sends.

Fields are named as on the wire, since the models are read beside Incode's pages. Only what those pages call
mandatory is mandatory here. A documented field may be missing or null, but not of another JSON type; a field
that is only seen in an example, or whose type nobody states, is `Anything`. Unknown fields pass.
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
    """Any JSON object: the name of the type is all that is public."""


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
    """dd/MM/yyyy, as is `endingDate`."""
    endingDate: Text = None
    baseSalary: Text = None
    """Pesos with their sign, "$2593.5"."""
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
    """Local date and time without a zone, as is `certificationDate`."""
    certificationDate: Text = None
    rfcPac: Text = None
    totalCfdi: Text = None
    """Pesos with their sign, "$1,962.36"."""
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
    """Not the body of the deprecated authentication webhooks."""

    interviewId: Text = None
    customerId: Text = None
    externalCustomerId: Text = None
    overallStatus: Text = None
    """PASS or FAIL."""
    hint: Text = None
    attemptCounterState: AttemptCounterState | None = None
    error: FaceAuthenticationError | None = None
    """After a failure."""
    externalId: Anything = None


class Session(Struct):
    """The session webhooks: Session Started, Failed, Succeeded, Pending Review and Progress, Identity Enrolled."""

    event_type: Text = None
    eventType: Text = None
    """The same field, in other public code."""
    interviewId: Text = None
    externalCustomerId: Text = None
    onboardingStatus: Text = None
    identityId: Text = None
    """In Session Succeeded only."""
    status: Anything = None
    """Where `event` and this are sent, they may say what `event_type` says elsewhere."""
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
    """What the two deprecated authentication webhooks share."""

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
    """After a failure, as are `errorCode` (4003, 4004, 4005 or 4015) and `errorMessage`."""
    errorCode: Anything = None
    errorMessage: Anything = None


class AuthenticationOneToMany(Authentication):
    """After a success; what is sent after a failure is not public."""

    recognitionConfidence: RecognitionConfidences | None = None
