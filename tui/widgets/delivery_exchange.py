"""The response to an attempt, and its request."""

from collections.abc import Sequence
from datetime import timedelta

from textual.content import Content

from core.clock import from_ms, full_time, now_ms
from core.delivery.sent import sent_headers
from core.header import holds_secret
from core.models import Attempt, Delivery, GeneralSettings
from core.text import DOTS, one_line
from tui.theme import MUTED, WARN
from tui.widgets.delivery_attempts import SPLIT_FROM
from tui.widgets.json_text import body_text
from tui.widgets.rule import rule
from tui.words import status_line

Parts = list[Content | str | tuple[str, str]]


def response(attempt: Attempt, settings: GeneralSettings, width: int, *, unmasked: bool) -> Content:
    """Return the response to one attempt, or why there is none."""
    size = f", {len(attempt.response_body):,} B" if attempt.response_body else ""
    right = f"attempt {attempt.number}, {status_line(attempt.status_code)}{size}"
    parts: Parts = [
        rule("Response", right, width),
        (f"{full_time(attempt.started_at)}  ", MUTED),
        f"{one_line(attempt.reason)}\n",
    ]
    parts += _headers([(name, _shown(name, value)) for name, value in attempt.response_headers])
    if attempt.response_body:
        parts += [body_text(attempt.response_body, settings.masked_fields, unmasked=unmasked), "\n"]
    if attempt.response_body_cut and attempt.response_body:
        parts.append(("  body cut\n", WARN))
    if _was_removed(attempt, settings):
        parts.append((f"What was answered is kept for {settings.keep_evidence} days; it is gone.\n", MUTED))
    return Content.assemble(*parts)


def request(
    delivery: Delivery,
    attempt: Attempt | None,
    settings: GeneralSettings,
    size: int,
    width: int,
    *,
    unmasked: bool,
) -> Content:
    """Return the headers that were or will be sent. The body of `size` bytes is drawn separately, below them."""
    number = attempt.number if attempt else delivery.attempts + 1
    which = f"{delivery.event_id}, " if width >= SPLIT_FROM else ""
    right = f"{which}attempt {number}, {size:,} B{', nothing masked' if unmasked else ''}"
    parts: Parts = [rule("Request", right, width)]
    if attempt is not None and attempt.url != delivery.url:
        parts += [("  sent to  ", MUTED), f"{one_line(attempt.url)}\n"]
    headers = sent_headers(delivery, settings, number)
    parts += _headers([(name, value) for name, value in headers if value is not None])
    if settings.uses_oidc:
        parts += _headers([("authorization", f"Bearer {DOTS}")])
    others = [name for name, value in headers if value is None and name != "authorization"]
    parts += _headers([(", ".join(others), DOTS)])
    return Content.assemble(*parts)


def _headers(headers: Sequence[tuple[str, str]]) -> Parts:
    parts: Parts = []
    for name, value in headers:
        parts += [(f"  {one_line(name).lower()}  ", MUTED), f"{one_line(value)}\n"]
    return parts


def _shown(name: str, value: str) -> str:
    return DOTS if holds_secret(name) else value


def _was_removed(attempt: Attempt, settings: GeneralSettings) -> bool:
    """Whether retention has removed the response."""
    if attempt.status_code is None or attempt.response_headers or attempt.response_body:
        return False
    return from_ms(now_ms()) - attempt.started_at > timedelta(days=settings.keep_evidence)
