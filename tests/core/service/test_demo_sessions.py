"""The demo's made-up sessions: the same in every run, and in the order of real ones."""

from collections import defaultdict
from itertools import islice

import msgspec

from core.catalog import EVENT_TYPES, accept
from core.service.demo.sessions import made_up_events


def test_the_same_seed_makes_the_same_events() -> None:
    """And another seed others."""
    assert list(islice(made_up_events(1), 500)) == list(islice(made_up_events(1), 500))
    assert list(islice(made_up_events(1), 5)) != list(islice(made_up_events(2), 5))


def test_the_catalogue_accepts_each() -> None:
    """With a session, of a type that a new webhook can have."""
    for event in islice(made_up_events(1), 500):
        assert accept(event.type, event.data).session
        assert not EVENT_TYPES[event.type].deprecated


def test_sessions_move_through_the_statuses_in_their_order() -> None:
    """As the catalogue lists them, each at most once; a review comes after the end, EXPIRED is the last."""
    order = EVENT_TYPES["onboarding-status"].statuses
    sessions: dict[str, list[str]] = defaultdict(list)
    for event in islice(made_up_events(1), 2000):
        body = msgspec.json.decode(event.data)
        name = body["onboardingStatus"] if event.type == "onboarding-status" else event.type
        sessions[body["interviewId"]].append(name)
    seen = set()
    for names in sessions.values():
        assert names[0] == "session-started"
        statuses = [name for name in names if name in order]
        seen.update(statuses)
        assert statuses == sorted(set(statuses), key=order.index)
        if "EXPIRED" in names:
            assert names[-1] == "EXPIRED"
        if "session-pending-review" in names:
            assert names.index("ONBOARDING_FINISHED") < names.index("session-pending-review")
    assert seen == set(order) - {"UNKNOWN"}
