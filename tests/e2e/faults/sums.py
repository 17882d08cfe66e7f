"""The sum that always holds: every delivery that was created is in exactly one state."""

from collections import Counter

from core.store import Store, history


async def print_sum(store: Store, created: Counter[str]) -> Counter[str]:
    """Print and check the sum of each webhook (`created` is by webhook ID). Return the states over all webhooks."""
    states: dict[str, Counter[str]] = {webhook: Counter() for webhook in created}
    before = None
    while rows := await history.list_deliveries(store, before=before, limit=5_000):
        for row in rows:
            states[row.delivery.webhook_id][row.delivery.state] += 1
        before = rows[-1].seq
    total: Counter[str] = Counter()
    for webhook, each in states.items():
        total += each
        if len(states) <= 5:
            print(f"{webhook}: created {created[webhook]:,} = {_in_words(each)}")
        assert each.total() == created[webhook], f"{webhook} has {each.total()} of {created[webhook]}"
    print(f"{len(states)} webhooks: created {created.total():,} = {_in_words(total)}")
    return total


def _in_words(states: Counter[str]) -> str:
    names = ("delivered", "pending", "sending", "failed", "cancelled")
    return " + ".join(f"{states[name]:,} {name}" for name in names)
