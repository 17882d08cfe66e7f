"""The health of webhooks: since when one fails, which notices that causes, and when Hookkeeper disables it."""

from core.clock import from_ms, now_ms, utc_words
from core.ids import tail
from core.models import AttemptResult, NoticeKind, Outcome
from core.store import audit, notices
from core.store.database import Database
from core.store.queue.rules import failing_percent, percent_to_report
from core.url import host_of

CERTIFICATE_WARNING_MS = 14 * 86_400_000
_ACTOR = "hookkeeper"
_TOO_MANY_REQUESTS = 429


def note_attempt(database: Database, webhook: int, result: AttemptResult, *, is_known_well: bool) -> None:
    """Update the health of a webhook (a row number) after an attempt, inside the caller's transaction.

    `is_known_well`: the previous attempt of this webhook in the same transaction succeeded.
    """
    if result.certificate_ends_at is not None:
        _watch_certificate(database, webhook, result.url, result.certificate_ends_at)
    if result.outcome is Outcome.OK:
        if is_known_well:
            return
        database.execute(
            "UPDATE webhooks SET failing_since = NULL, failures = 0, told_percent = 0"
            " WHERE seq = ? AND enabled AND failing_since IS NOT NULL",
            (webhook,),
        )
    elif result.outcome.concerns_endpoint and result.status_code != _TOO_MANY_REQUESTS:
        _count_failure(database, webhook)


def _count_failure(database: Database, webhook: int) -> None:
    now = now_ms()
    row = database.execute(
        "UPDATE webhooks SET failing_since = coalesce(failing_since, ?), failures = failures + 1"
        " WHERE seq = ? AND enabled AND deleted_at IS NULL RETURNING id, failing_since, failures, told_percent",
        (now, webhook),
    ).fetchone()
    if row is None:
        return
    identity, since, failures, reported = row
    percent = failing_percent(since, failures, now)
    if percent >= 100:
        _disable(database, webhook, "failing", f"has failed for {_span(now - since)}")
    elif (level := percent_to_report(percent, reported)) is not None:
        database.execute("UPDATE webhooks SET told_percent = ? WHERE seq = ?", (level, webhook))
        words = f"{tail(identity)} has failed for {_span(now - since)}; at 5 days it is disabled."
        notices.add(
            database, f"failing {webhook} {since} {level}", NoticeKind.FAILING, words, webhook=webhook
        )


def _span(milliseconds: int) -> str:
    days, hours = divmod(milliseconds // 3_600_000, 24)
    return f"{days} days {hours} h" if hours else f"{days} days"


def disable_gone(database: Database, webhook: int) -> None:
    """Disable a webhook (a row number) whose endpoint answered 410, inside the caller's transaction."""
    _disable(database, webhook, "gone", "answered 410 Gone")


def _disable(database: Database, webhook: int, reason: str, why: str) -> None:
    """Disable a webhook, so that its deliveries are held. A webhook that is already disabled is not changed."""
    row = database.execute(
        "UPDATE webhooks SET enabled = FALSE, disabled_reason = ?, version = version + 1, updated_at = ?,"
        " updated_by = ? WHERE seq = ? AND enabled AND deleted_at IS NULL RETURNING id, version",
        (reason, now_ms(), _ACTOR, webhook),
    ).fetchone()
    if row is None:
        return
    identity, version = row
    audit.note(database, _ACTOR, "disabled", identity, why)
    words = f"{tail(identity)} {why} and is disabled; its deliveries are held until it is enabled again."
    notices.add(database, f"disabled {webhook} {version}", NoticeKind.DISABLED, words, webhook=webhook)


def _watch_certificate(database: Database, webhook: int, url: str, ends_at: int) -> None:
    if ends_at - now_ms() > CERTIFICATE_WARNING_MS:
        return
    (identity,) = database.execute("SELECT id FROM webhooks WHERE seq = ?", (webhook,)).fetchone()
    end = utc_words(from_ms(ends_at))
    words = f"The certificate of {host_of(url)} ends on {end}; after that {tail(identity)} delivers nothing."
    notices.add(database, f"certificate {webhook} {ends_at}", NoticeKind.CERTIFICATE, words, webhook=webhook)


def move_clock(database: Database, step: int) -> None:
    """Move the times since when webhooks fail by a change of the wall clock, in ms."""
    database.execute(
        "UPDATE webhooks SET failing_since = failing_since + ? WHERE failing_since IS NOT NULL", (step,)
    )
