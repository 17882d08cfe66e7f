"""The place of a database: a file of SQLite, or the address of a PostgreSQL database."""

import re
from dataclasses import dataclass, field
from pathlib import Path

_SCHEMES = ("postgresql://", "postgres://")
_PASSWORD_IN_USER = re.compile(r"(?<=://)([^/?#@:]*):[^/?#]*@")
_PASSWORD_IN_QUERY = re.compile(r"(?<=[?&])(?:ssl)?password=[^&#]*&?")


@dataclass(frozen=True, slots=True)
class Address:
    """The address of a PostgreSQL database: a URI that libpq reads. Only `str` of it, without passwords, is shown."""

    uri: str = field(repr=False)

    def __str__(self) -> str:
        without = _PASSWORD_IN_USER.sub(r"\1@", self.uri)
        return _PASSWORD_IN_QUERY.sub("", without).rstrip("?&")


Place = Path | Address


def place_of(text: str) -> Place:
    """Return the place that a text names, such as `~/hookkeeper.db` or `postgresql://user@host/hookkeeper`."""
    return Address(text) if text.startswith(_SCHEMES) else Path(text)
