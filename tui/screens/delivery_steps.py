"""The actions on one delivery, shared by all screens."""

from core.ids import tail
from core.models import Delivery, DeliveryState
from core.store import config, queue
from tui.dialogs.choice import Choice, ChoiceDialog
from tui.screens.frame import Frame
from tui.words import why


async def resend(frame: Frame, delivery: Delivery) -> str:
    """Resend the delivery. Return the words for the message line, or "" if the key is being held down."""
    if not frame.keeper.resends(delivery.id):
        return ""
    actor, seen = frame.keeper.actor, delivery.changed_at
    again = await queue.resend(frame.store, delivery.id, actor=actor, seen=seen)
    name = tail(again.id)
    if again.state is DeliveryState.SENDING:
        return f"✓ {name} is being sent: once more if it does not arrive"
    already = " It was delivered before." if delivery.state is DeliveryState.DELIVERED else ""
    if again.waits_for in ("now", "rate"):
        return f"✓ resent {name}: attempt {again.attempts + 1} starts now.{already}"
    sentence, _ = why(again)
    return f"! {name} goes first, but: {sentence[:1].lower()}{sentence[1:]}{already}"


async def ask_cancel(frame: Frame, delivery: Delivery) -> None:
    """Ask, then cancel the delivery. Must run in a worker, like the functions below."""
    if delivery.state in (DeliveryState.DELIVERED, DeliveryState.CANCELLED):
        frame.say(f"✗ {tail(delivery.id)} is {delivery.state} already: there is nothing to cancel.")
        return
    lines = [delivery.id, "It will not be sent any more. r sends it after all."]
    choices = [Choice("", "Back"), Choice("confirm", "Confirm")]
    if await frame.app.push_screen_wait(ChoiceDialog("Cancel delivery", lines, choices)) == "confirm":
        frame.act(_cancel(frame, delivery))


async def _cancel(frame: Frame, delivery: Delivery) -> str:
    await queue.cancel(frame.store, delivery.id, actor=frame.keeper.actor)
    return f"✓ cancelled {tail(delivery.id)}"


# The webhook forms are imported on use, so that the Monitor opens faster.


async def edit_webhook(frame: Frame, delivery: Delivery) -> None:
    """Open the form of the delivery's webhook."""
    from tui.screens import webhook_steps

    summaries = await config.list_webhooks(frame.store)
    for summary in summaries:
        if summary.webhook.id == delivery.webhook_id:
            await webhook_steps.edit(frame, summary.webhook, summaries)
            return
    _say_deleted(frame, delivery)


async def switch_webhook(frame: Frame, delivery: Delivery) -> None:
    """Ask, then disable or enable the delivery's webhook."""
    from tui.screens import webhook_steps

    for summary in await config.list_webhooks(frame.store):
        if summary.webhook.id == delivery.webhook_id:
            await webhook_steps.switch(frame, summary)
            return
    _say_deleted(frame, delivery)


def _say_deleted(frame: Frame, delivery: Delivery) -> None:
    frame.say(
        f"✗ Its webhook {tail(delivery.webhook_id)} was deleted. u on Webhooks undoes that for 24 hours."
    )
