"""Made-up sessions, with their events in the same order as in real sessions."""

import random
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

_SESSIONS_AT_ONCE = 12


@dataclass(frozen=True, slots=True)
class MadeUpEvent:
    """An event type's name and a body that the catalogue accepts."""

    type: str
    data: bytes


def made_up_events(seed: int) -> Iterator[MadeUpEvent]:
    """Yield events without end, from a dozen sessions at a time. The same seed gives the same events."""
    chance = random.Random(seed)
    sessions = [_session(chance, number) for number in range(_SESSIONS_AT_ONCE)]
    number = _SESSIONS_AT_ONCE
    while True:
        turn = chance.randrange(_SESSIONS_AT_ONCE)
        event = next(sessions[turn], None)
        if event is not None:
            yield event
            continue
        sessions[turn] = _session(chance, number)
        number += 1


def _session(chance: random.Random, number: int) -> Iterator[MadeUpEvent]:
    interview, customer = f"{chance.getrandbits(96):024x}", f"customer-{1000 + number}"

    def status(name: str) -> MadeUpEvent:
        body = {"interviewId": interview, "onboardingStatus": name, "externalId": customer}
        return _event("onboarding-status", body)

    def session(kind: str, **more: str) -> MadeUpEvent:
        name = kind.upper().replace("-", "_")
        body = {"event_type": name, "interviewId": interview, "externalCustomerId": customer}
        return _event(kind, body | more)

    yield session("session-started")
    for name in _statuses(chance):
        yield status(name)
        if chance.random() < 0.02:
            yield status("EXPIRED")
            return
    end = chance.random()
    if end < 0.2:
        yield session("session-failed")
    elif end < 0.4:
        yield session("session-pending-review", onboardingStatus="ONBOARDING_FINISHED")
        yield status(chance.choice(("MANUAL_REVIEW_APPROVED", "MANUAL_REVIEW_REJECTED")))
    else:
        identity = f"{chance.getrandbits(96):024x}"
        yield session("session-succeeded", onboardingStatus="ONBOARDING_FINISHED", identityId=identity)
        if chance.random() < 0.5:
            yield _event("watchlist-updated", {"interviewId": interview, "ref": f"watchlist-{number}"})


def _statuses(chance: random.Random) -> Iterator[str]:
    """Yield the onboarding statuses up to the end of a session. Not every session has all of them."""
    yield "ID_VALIDATION_FINISHED"
    if chance.random() < 0.2:
        yield "ID_VALIDATION_FINISHED_SECOND_ID"
    if chance.random() < 0.5:
        yield "GOVERNMENT_VALIDATION_FINISHED"
    yield "POST_PROCESSING_FINISHED"
    yield "FACE_VALIDATION_FINISHED"
    yield "ONBOARDING_FINISHED"


def _event(kind: str, body: dict[str, str]) -> MadeUpEvent:
    return MadeUpEvent(kind, msgspec.json.encode(body))
