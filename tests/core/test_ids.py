"""The IDs that the system assigns."""

import re

from core.ids import new_id, tail


def test_ids() -> None:
    """A prefix and 18 characters without look-alikes; no two are the same; the short form shows the tail."""
    identities = [new_id("evt") for _ in range(1000)]
    assert len(set(identities)) == 1000
    assert all(re.fullmatch(r"evt_[0-9a-hjkmnp-tv-z]{18}", identity) for identity in identities)
    # The first ten characters are the time.
    times = [identity[:14] for identity in identities]
    assert times == sorted(times)
    assert tail("wh_01jd2h0p5vw36n2cx0") == "wh_…2cx0"
