"""Translates a filter of deliveries into SQL."""

from datetime import datetime

from core.clock import now_ms, to_ms
from core.store.filter import SLOW_MS, WAITS_LONG_MS, DeliveryFilter, View, tail_in

HIGHEST = "\U0010ffff"
"""Sorts after every text that continues a prefix, so that `prefix + HIGHEST` ends a prefix search."""
TRIED = "d.last_outcome <> 'ok' AND d.state IN ('pending', 'sending')"
_GROUPS = {
    "held": "d.state = 'pending' AND NOT w.enabled",
    "attention": (
        "(d.state = 'failed' OR d.state IN ('pending', 'sending') AND w.enabled"
        " AND (d.last_outcome <> 'ok' OR d.created_at < :long_ago))"
    ),
    "undelivered": "d.state IN ('pending', 'sending', 'failed')",
}
_VIEWS = {
    View.ATTENTION: _GROUPS["attention"],
    View.FAILING: f"{TRIED} AND w.enabled",
    View.HELD: _GROUPS["held"],
    View.SLOW: f"d.last_ms >= {SLOW_MS}",
}


def condition(chosen: DeliveryFilter, prefix: str = "") -> tuple[str, dict[str, object]]:
    """Return the SQL condition over deliveries `d`, webhooks `w` and events `e`, and its values by prefixed name."""
    values: dict[str, object] = {"long_ago": now_ms() - WAITS_LONG_MS}
    asked = [
        each.replace(":value", f":{prefix}{name}")
        for name, each in _conditions(chosen).items()
        if getattr(chosen, name) is not None
    ]
    for name in (
        "state",
        "webhook",
        "event_type",
        "outcome",
        "status_code",
        "status_class",
        "session",
        "up_to",
    ):
        values[f"{prefix}{name}"] = getattr(chosen, name)
    for name in ("since", "until"):
        values[f"{prefix}{name}"] = _ms(getattr(chosen, name))
    for number, word in enumerate((chosen.text or "").split()):
        begins, among = _word(word, f"{prefix}word{number}")
        asked.append(begins)
        values |= among
    for number, other in enumerate(chosen.without):
        let_through, among = condition(other, f"{prefix}not{number}_")
        asked.append(f"({let_through}) IS NOT TRUE")
        values |= among
    return " AND ".join(asked) or "TRUE", values


def _conditions(chosen: DeliveryFilter) -> dict[str, str]:
    return {
        "view": _VIEWS.get(chosen.view or View.ALL, "TRUE"),
        "state": _GROUPS.get(chosen.state or "", "d.state = :value"),
        "webhook": "w.id = :value",
        "event_type": "w.type = :value",
        "outcome": "d.last_outcome = :value",
        "status_code": "d.last_status = :value",
        "status_class": "d.last_status / 100 = :value",
        "since": "d.created_at >= :value",
        "until": "d.created_at < :value",
        "session": "e.session = :value",
        "up_to": "d.seq <= :value",
    }


def _word(word: str, name: str) -> tuple[str, dict[str, object]]:
    """Return the SQL condition for deliveries that one word of the search text matches, and its values."""
    begins = " OR ".join(
        f"{column} >= :{name} AND {column} < :{name}_end" for column in ("e.session", "e.external_id")
    )
    named = " OR ".join(
        f"{column} >= lower(:{name}) AND {column} < lower(:{name}_end)"
        for column in ("d.id", "e.id", "d.last_outcome")
    )
    values: dict[str, object] = {name: word, f"{name}_end": word + HIGHEST}
    short = tail_in(word)
    if short is None:
        return f"({begins} OR {named})", values
    return (
        f"({begins} OR {named} OR substr(d.id, length(d.id) - {len(short) - 1}) = :{name}_tail)",
        values | {f"{name}_tail": short},
    )


def _ms(moment: datetime | None) -> int | None:
    return None if moment is None else to_ms(moment)
