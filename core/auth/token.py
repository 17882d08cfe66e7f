"""A bearer token, and the error if there is none."""

from dataclasses import dataclass

from pydantic import SecretStr

from core.auth.credentials import BasicForm
from core.errors import HookkeeperError


@dataclass(frozen=True, slots=True, eq=False)
class Token:
    """A bearer token, compared by identity.

    `expires_in` is its lifetime in seconds from the answer on. `basic` is the form of the Basic header that was
    accepted; None if both forms are the same or no Basic header was sent.
    """

    value: SecretStr
    expires_in: float
    basic: BasicForm | None = None


class TokenError(HookkeeperError):
    """There is no token.

    `words` say why, without a full stop, so that they can be part of a sentence; `str()` is the sentence. `code` is
    the token endpoint's error code (RFC 6749, section 5.2). `retry_after` is the wait in seconds that the endpoint
    asked for. `retry_at` is when it may be asked again, on the monotonic clock; 0 if the error comes from `fetch`.
    """

    def __init__(
        self, words: str, *, code: str | None = None, retry_after: float = 0.0, retry_at: float = 0.0
    ) -> None:
        self.words = words
        self.code = code
        self.retry_after = retry_after
        self.retry_at = retry_at
        super().__init__(f"{words}.")
