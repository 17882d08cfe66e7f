"""Notices: told once, listed, acknowledged, due at the operator's URL."""

import pytest

from core.models import GeneralSettings, NoticeKind
from core.store import NotFound, Store, config, notices

NOTICE_URL = "https://ops.example/hook"


async def _add(store: Store, about: str, words: str = "The words.") -> None:
    await store.write(lambda database: notices.add(database, about, NoticeKind.AUTHORIZATION, words))


async def test_the_same_matter_is_told_once(store: Store) -> None:
    """Even after it was acknowledged; another matter is told."""
    await _add(store, "a", "First.")
    await notices.acknowledge(store, None, actor="ana")
    await _add(store, "a", "Again.")
    await _add(store, "b", "Other.")
    found = await notices.list_notices(store, acknowledged=True)
    assert [notice.message for notice in found] == ["Other.", "First."]
    assert {notice.id[:4] for notice in found} == {"ntc_"}


async def test_acknowledging(store: Store) -> None:
    """By ID, by tail or all; what somebody has seen to keeps their name; an unknown ID does nothing at all."""
    for about in "abc":
        await _add(store, about, about)
    third, second, first = await notices.list_notices(store)
    with pytest.raises(NotFound, match="There is no notice ntc_none"):
        await notices.acknowledge(store, [first.id, "ntc_none"], actor="ana")
    assert await notices.acknowledge(store, [first.id, second.id[-8:]], actor="ana") == 2
    assert await notices.list_notices(store) == [third]
    assert await notices.acknowledge(store, [first.id], actor="bob") == 0
    assert await notices.acknowledge(store, None, actor="bob") == 1
    assert [notice.acknowledged_by for notice in await notices.list_notices(store, acknowledged=True)] == [
        "bob",
        "ana",
        "ana",
    ]
    assert await notices.list_notices(store, acknowledged=True, limit=1) != []


async def test_only_with_a_url_they_are_due(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is told while a URL is set is due at once, then when it is to be tried again, then no more."""
    monkeypatch.setattr(notices, "now_ms", lambda: 5_000_000)
    await _add(store, "before")
    await config.save_settings(store, GeneralSettings(notice_url=NOTICE_URL), actor="ana")
    await _add(store, "after", "To be sent.")
    (due,) = await notices.due_notices(store)
    assert (due.notice.message, due.tries) == ("To be sent.", 0)
    await notices.record_sent(store, due.notice.id, 5_000_001)
    assert await notices.due_notices(store) == []
    await store.write(lambda database: notices.move_clock(database, -1))
    (due,) = await notices.due_notices(store)
    assert due.tries == 1
    await notices.record_sent(store, due.notice.id, None)
    monkeypatch.setattr(notices, "now_ms", lambda: 9_000_000)
    assert await notices.due_notices(store) == []
