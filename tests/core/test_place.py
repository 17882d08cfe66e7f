"""A place is a file or the address of a PostgreSQL database, and no password of an address is ever shown."""

from pathlib import Path

import pytest

from core.place import Address, place_of


def test_a_path() -> None:
    assert place_of("hooks.db") == Path("hooks.db")
    assert place_of("/srv/postgresql/hooks.db") == Path("/srv/postgresql/hooks.db")


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("postgresql://hooks@db.example/books", "postgresql://hooks@db.example/books"),
        ("postgres://hooks:s3cret@db.example:5433/books", "postgres://hooks@db.example:5433/books"),
        ("postgresql://hooks:s3:cret@one:1,two:2/books", "postgresql://hooks@one:1,two:2/books"),
        ("postgresql://:s3cret@db.example/books", "postgresql://@db.example/books"),
        ("postgresql:///books?host=/run/pg&password=s3cret", "postgresql:///books?host=/run/pg"),
        (
            "postgresql://db.example/books?password=s3cret&sslmode=verify-full",
            "postgresql://db.example/books?sslmode=verify-full",
        ),
        (
            "postgresql://db.example/books?sslkey=k.pem&sslpassword=s3cret",
            "postgresql://db.example/books?sslkey=k.pem",
        ),
    ],
)
def test_an_address_is_shown_without_its_password(uri: str, shown: str) -> None:
    place = place_of(uri)
    assert place == Address(uri)
    assert str(place) == shown
    assert "s3" not in f"{place!r}{place}"
