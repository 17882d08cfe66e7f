"""A bearer token, and why there is none."""

from dataclasses import dataclass

from pydantic import SecretStr

from core.auth.credentials import BasicForm
from core.errors import HookkeeperError


@dataclass(frozen=True, slots=True, eq=False)
class Token:
    """A bearer token, compared by identity.

    `expires_in` is its life in seconds when it was answered. `basic` is the form of the Basic header that
    brought it; None where both forms are the same, or nothing went in a Basic header.
    """

    value: SecretStr
    expires_in: float
    basic: BasicForm | None = None


class TokenError(HookkeeperError):
    """There is no token.

    `words` say why, without a full stop, so that a sentence can go on; `str()` is the sentence. `code` is the
    token endpoint's error code (RFC 6749, section 5.2). `retry_after` is the wait in seconds that it asked
    for. `retry_at` is when it may be asked again, on the monotonic clock; 0 from a lone `fetch`.
    """

    def __init__(
        self, words: str, *, code: str | None = None, retry_after: float = 0.0, retry_at: float = 0.0
    ) -> None:
        self.words = words
        self.code = code
        self.retry_after = retry_after
        self.retry_at = retry_at
        super().__init__(f"{words}.")
