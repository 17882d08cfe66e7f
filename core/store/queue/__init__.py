"""The queue: storing events, claiming deliveries, recording outcomes, recovering and resending."""

from core.store.claimed import Claim
from core.store.lanes import BULK, FRESH, RETRY
from core.store.queue.claims import Outlook, Slots, claim, look_out, next_epoch
from core.store.queue.fan_out import finish_fan_outs
from core.store.queue.intake import Arrival, Emitted, deliver, emit, emit_many, emit_test
from core.store.queue.outcomes import (
    Ending,
    move_due_times,
    record,
    record_all,
    recover,
    set_token_wait,
)
from core.store.queue.requested_actions import cancel, resend
from core.store.queue.rules import Verdict
from core.store.queue.unwanted import count_unwanted, deliver_unwanted

__all__ = [
    "BULK",
    "FRESH",
    "RETRY",
    "Arrival",
    "Claim",
    "Emitted",
    "Ending",
    "Outlook",
    "Slots",
    "Verdict",
    "cancel",
    "claim",
    "count_unwanted",
    "deliver",
    "deliver_unwanted",
    "emit",
    "emit_many",
    "emit_test",
    "finish_fan_outs",
    "look_out",
    "move_due_times",
    "next_epoch",
    "record",
    "record_all",
    "recover",
    "resend",
    "set_token_wait",
]
