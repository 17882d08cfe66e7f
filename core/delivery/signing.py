"""Standard Webhooks signatures (standardwebhooks.com, version 1): HMAC-SHA256 over `id.timestamp.body`."""

import base64
import hmac
from functools import lru_cache

from pydantic import SecretStr

_PREFIX = "whsec_"


def sign(secret: SecretStr, identity: str, timestamp: int, body: bytes) -> str:
    """The value of `webhook-signature` for one secret, `v1,` and base64."""
    digest = hmac.digest(_key(secret), b"%b.%d.%b" % (identity.encode(), timestamp, body), "sha256")
    return "v1," + base64.b64encode(digest).decode()


@lru_cache
def _key(secret: SecretStr) -> bytes:
    return base64.b64decode(secret.get_secret_value().removeprefix(_PREFIX))
