"""Events on their way: stored, claimed, recorded, taken back, sent again."""

from core.store.queue.claims import Claim, Slots, claim, due_times, next_epoch
from core.store.queue.intake import BULK, FRESH, RETRY, Emitted, deliver, emit, emit_test
from core.store.queue.outcomes import Verdict, move_due_times, record, recover, set_token_wait
from core.store.queue.wishes import cancel, resend

__all__ = [
    "BULK",
    "FRESH",
    "RETRY",
    "Claim",
    "Emitted",
    "Slots",
    "Verdict",
    "cancel",
    "claim",
    "deliver",
    "due_times",
    "emit",
    "emit_test",
    "move_due_times",
    "next_epoch",
    "record",
    "recover",
    "resend",
    "set_token_wait",
]
