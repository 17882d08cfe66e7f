"""Makes the TLS context from the settings: the trusted authorities and the client certificate."""

import os
import ssl
import stat
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from time import monotonic

from core import local_limit
from core.models import GeneralSettings, InvalidSetting

_LOOK_AGAIN = 1.0
_LABELS = {"ca_file": "CA file", "client_certificate": "client certificate"}


class UnusableFile(InvalidSetting):
    """A file of the TLS settings cannot be used. The text says which file and why."""

    def __init__(self, field: str, path: str, problem: str) -> None:
        super().__init__(field, f"{path} cannot be used as {_LABELS[field]}: {problem}.")


@dataclass(frozen=True, slots=True)
class _Made:
    """A context, or the reason why there is none."""

    context: ssl.SSLContext | None
    problem: tuple[str, str, str] = ("", "", "")
    certificate_ends_at: datetime | None = None


class Tls:
    """Holds one context for all connections. It is rebuilt when the settings or one of their files change.

    Open connections keep the context that they were made with.
    """

    def __init__(self, settings: Callable[[], GeneralSettings]) -> None:
        self._settings = settings
        self._paths: dict[str, str] | None = None
        self._look_again_at = 0.0
        self._seen: object = None
        self._made = _Made(None)

    def context(self) -> ssl.SSLContext:
        """Return the context for a new connection.

        Raises UnusableFile if a file cannot be used, because a context without it would be less secure than the
        settings require. Raises OSError while no file can be opened.
        """
        made = self._current()
        if made.context is None:
            raise UnusableFile(*made.problem)
        return made.context

    @property
    def certificate_ends_at(self) -> datetime | None:
        """When the client certificate expires, or None without one."""
        return self._current().certificate_ends_at

    def _current(self) -> _Made:
        paths = _paths(self._settings())
        if paths != self._paths or monotonic() >= self._look_again_at:
            seen = {field: _fingerprint(path) for field, path in paths.items()}
            if seen != self._seen:
                made = _make(paths)
                # OpenSSL silently skips files that it cannot open, and such a context would stay until a file changes.
                local_limit.check()
                self._seen, self._made = seen, made
            self._paths, self._look_again_at = paths, monotonic() + _LOOK_AGAIN
        return self._made


def check_files(settings: GeneralSettings) -> None:
    """Check the TLS files of these settings. Raises UnusableFile if one cannot be used."""
    Tls(lambda: settings).context()


def _paths(settings: GeneralSettings) -> dict[str, str]:
    return {field: path for field in _LABELS if (path := getattr(settings, field)) is not None}


def _fingerprint(path: str) -> tuple[object, ...]:
    """Return a value that changes when the file is changed, created or deleted."""
    try:
        found = os.stat(path)
    except OSError as error:
        return (path, error.errno)
    return (path, found.st_ino, found.st_size, found.st_mtime_ns, found.st_mode)


def _make(paths: dict[str, str]) -> _Made:
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    ends_at = None
    for field, path in paths.items():
        try:
            if not stat.S_ISREG(os.stat(path).st_mode):
                raise OSError("it is not a file")
            if field == "ca_file":
                context.load_verify_locations(path)
            else:
                context.load_cert_chain(path, password=_no_passphrase)
                ends_at = _end_of_certificate(path)
        except _Encrypted:
            problem = "its key is encrypted; store the key without a passphrase"
        except ssl.SSLError as error:
            problem = _problem_with_pem(field, error)
        except OSError as error:
            problem = (error.strerror or str(error)).lower()
        else:
            continue
        return _Made(None, (field, path, problem))
    return _Made(context, certificate_ends_at=ends_at)


def _end_of_certificate(path: str) -> datetime | None:
    """Return when a certificate expires, or None if OpenSSL can read it but this parser cannot."""
    with suppress(ValueError):
        from cryptography import x509  # only a client certificate needs it

        return x509.load_pem_x509_certificate(Path(path).read_bytes()).not_valid_after_utc
    return None


class _Encrypted(Exception):
    pass


def _no_passphrase() -> str:
    """Refuse a key with a passphrase. Without this callback, OpenSSL would ask for it on the terminal."""
    raise _Encrypted


def _problem_with_pem(field: str, error: ssl.SSLError) -> str:
    if field == "ca_file":
        return "it holds no certificate in PEM form"
    if error.reason == "KEY_VALUES_MISMATCH":
        return "its key does not belong to its certificate"
    return "it does not hold a certificate and its key in PEM form"
