"""Standard Webhooks signatures (standardwebhooks.com, version 1): HMAC-SHA256 over `id.timestamp.body`."""

import base64
import hmac
from functools import lru_cache

from pydantic import SecretStr

_PREFIX = "whsec_"


def sign(secret: SecretStr, identity: str, timestamp: int, body: bytes) -> str:
    """Return the value of `webhook-signature` for one secret: `v1,` and base64."""
    signature = _keyed(secret).copy()
    signature.update(b"%b.%d.%b" % (identity.encode(), timestamp, body))
    return "v1," + base64.b64encode(signature.digest()).decode()


@lru_cache(4096)
def _keyed(secret: SecretStr) -> hmac.HMAC:
    key = base64.b64decode(secret.get_secret_value().removeprefix(_PREFIX))
    return hmac.new(key, digestmod="sha256")
