"""A webhook's share of the slots, which isolates it from other webhooks."""

from pydantic import SecretStr

from core.clock import from_ms
from core.delivery.destination import Destination
from core.models import GeneralSettings, Webhook
from core.store import config
from core.store.queue import FRESH, RETRY, Claim, Slots


def _stored(*, concurrency: int, rate: float | None = None) -> config.WebhookWithSecrets:
    webhook = Webhook.model_construct(
        id="wh_1", type="session-failed", url="https://a.example/", enabled=True, version=1,
        concurrency=concurrency, rate=rate, created_at=from_ms(0), updated_at=from_ms(0),
    )  # fmt: skip
    return config.WebhookWithSecrets(1, webhook, SecretStr("whsec_AAAA"))


def _claim(lane: int) -> Claim:
    return Claim(1, "dlv_1", 1, "session-failed", b"{}", False, 1, 0, lane)


def _greedy(free: int, destinations: list[Destination]) -> int:
    """Let each destination take all the slots that it can get, repeatedly. Return how many are left."""
    share = free // (len(destinations) + 1)
    taken = True
    while taken:
        taken = False
        for destination in sorted(destinations, key=lambda each: each.in_flight):
            slots = destination.slots(free, share, 0.0)
            for _ in range(slots.free if slots is not None else 0):
                destination.begin(_claim(RETRY), 0.0)
                free -= 1
                taken = True
    return free


def test_fifty_that_hang_leave_slots_for_the_next_one() -> None:
    """However greedy fifty webhooks are, the fifty-first finds free slots at once."""
    free = _greedy(256, [Destination(_stored(concurrency=256), GeneralSettings()) for _ in range(50)])
    assert free == 6
    newcomer = Destination(_stored(concurrency=10), GeneralSettings()).slots(free, 256 // 52, 0.0)
    assert newcomer is not None
    assert newcomer.free == 3


def test_one_alone_takes_half_of_all_slots() -> None:
    """No webhook takes more slots than it leaves free."""
    assert _greedy(256, [Destination(_stored(concurrency=256), GeneralSettings())]) == 128


def test_a_slot_is_kept_for_retries() -> None:
    """First attempts never take the last slot; a retry may. A webhook with a single slot keeps none."""
    destination = Destination(_stored(concurrency=3), GeneralSettings())
    assert destination.slots(256, 128, 0.0) == Slots(1, 1, free=3, first=2)
    for lane in (FRESH, FRESH):
        destination.begin(_claim(lane), 0.0)
    assert destination.slots(256, 128, 0.0) == Slots(1, 1, free=1, first=0)
    destination.begin(_claim(RETRY), 0.0)
    assert destination.slots(256, 128, 0.0) is None
    destination.end(_claim(FRESH))
    assert destination.slots(256, 128, 0.0) == Slots(1, 1, free=1, first=1)
    assert Destination(_stored(concurrency=1), GeneralSettings()).slots(256, 128, 0.0) == Slots(1, 1, 1, 1)


def test_the_rate_limits_what_begins() -> None:
    """Two a second: one at once, the next in half a second."""
    destination = Destination(_stored(concurrency=10, rate=2), GeneralSettings())
    slots = destination.slots(256, 128, 0.0)
    assert slots is not None
    assert slots.free == 1
    destination.begin(_claim(FRESH), 0.0)
    assert destination.slots(256, 128, 0.0) is None
    assert destination.wakes_at(0.0) == 0.5


def test_changed_settings_forget_nothing_that_is_in_flight() -> None:
    """Attempts that began under the old settings are still counted under the new ones."""
    destination = Destination(_stored(concurrency=2), GeneralSettings())
    destination.begin(_claim(FRESH), 0.0)
    destination.follow(_stored(concurrency=1), GeneralSettings())
    assert destination.slots(256, 128, 0.0) is None
    destination.end(_claim(FRESH))
    assert destination.slots(256, 128, 0.0) == Slots(1, 1, 1, 1)
