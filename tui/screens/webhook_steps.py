"""The actions on one webhook, shared by all screens. Functions that ask must run in a worker."""

from collections.abc import Sequence
from functools import partial
from typing import Literal

from core.ids import tail
from core.models import Webhook
from core.store import Conflict, config, queue
from core.store.config import WebhookSummary
from tui.dialogs.conflict import deleted_words
from tui.dialogs.secret import SecretDialog
from tui.dialogs.test_event import TestDialog
from tui.dialogs.webhook import Draft, WebhookDialog
from tui.dialogs.webhook_questions import (
    delete_question,
    disable_question,
    enable_question,
    rotate_question,
    unwanted_question,
)
from tui.screens.frame import Frame


async def edit(frame: Frame, webhook: Webhook, others: Sequence[WebhookSummary]) -> Draft | None:
    """Edit the webhook in its form. Return what was typed if somebody deleted the webhook meanwhile, otherwise None."""
    saved = await frame.app.push_screen_wait(WebhookDialog(frame.store, others, webhook))
    if isinstance(saved, Webhook):
        frame.say(f"✓ saved: {tail(saved.id)}")
    frame.keeper.look()
    return saved if isinstance(saved, Draft) else None


async def delete(frame: Frame, summary: WebhookSummary) -> None:
    """Ask, then delete the webhook."""
    if await frame.app.push_screen_wait(delete_question(summary)) == "confirm":
        frame.act(_delete(frame, summary.webhook))


async def _delete(frame: Frame, webhook: Webhook) -> str:
    try:
        cancelled = await config.delete_webhook(frame.store, webhook.id, actor=frame.keeper.actor)
    except Conflict as conflict:
        return f"! {deleted_words(conflict, webhook.id)} already"
    noun = "delivery" if cancelled == 1 else "deliveries"
    words = f", {cancelled:,} {noun} cancelled" if cancelled else ""
    return f"✓ Webhook deleted{words}. u undoes it"


async def send_test(frame: Frame, webhook: Webhook) -> str | None:
    """Open the test event dialog. Return the ID of the delivery to show, or None."""
    if webhook.enabled:
        return await frame.app.push_screen_wait(TestDialog(frame.store, webhook))
    frame.say(f"✗ {tail(webhook.id)} is disabled: x enables it, then test it.")
    return None


async def switch(frame: Frame, summary: WebhookSummary) -> None:
    """Ask, then disable the webhook, or enable it and release or cancel the held deliveries."""
    ask = disable_question if summary.webhook.enabled else enable_question
    answer = await frame.app.push_screen_wait(ask(summary))
    if answer:
        frame.act(_set_enabled(frame, summary.webhook, answer))


async def _set_enabled(frame: Frame, webhook: Webhook, answer: str) -> str:
    held: Literal["release", "cancel"] = "cancel" if answer == "cancel" else "release"
    enabled = answer != "disable"
    try:
        await config.set_enabled(frame.store, webhook.id, enabled, actor=frame.keeper.actor, held=held)
    except Conflict as conflict:
        return f"! {deleted_words(conflict, webhook.id)} already"
    return f"✓ {'enabled' if enabled else 'disabled'}: {tail(webhook.id)}"


async def show_secret(frame: Frame, webhook: Webhook) -> None:
    """Show the signing secret on request, and rotate it if asked to."""
    reveal = partial(config.reveal_secret, frame.store, webhook.id, actor=frame.keeper.actor)
    answer = await frame.app.push_screen_wait(SecretDialog(webhook, reveal=reveal))
    if answer != "rotate" or not (how := await frame.app.push_screen_wait(rotate_question(webhook))):
        return
    now = how == "now"
    secret = await config.rotate_secret(frame.store, webhook.id, actor=frame.keeper.actor, now=now)
    older = "those before have ended" if now else "the one before is used for 24 hours more"
    frame.say(f"✓ {tail(webhook.id)} signs with a new secret; {older}")
    await frame.app.push_screen_wait(SecretDialog(webhook, secret=secret, reveal=reveal))


async def deliver_unwanted(frame: Frame, webhook: Webhook) -> None:
    """Ask, then deliver the events of the webhook's type that had no subscriber."""
    number = await queue.count_unwanted(frame.store, webhook.id)
    if not number:
        frame.say("✗ No event of its type went to nobody.")
    elif await frame.app.push_screen_wait(unwanted_question(webhook, number)) == "confirm":
        frame.act(deliver_unwanted_now(frame, webhook))


async def deliver_unwanted_now(frame: Frame, webhook: Webhook) -> str:
    """Deliver the unwanted events without asking. Return the words for the message line."""
    number = await queue.deliver_unwanted(frame.store, webhook.id)
    noun = "event goes" if number == 1 else "events go"
    return f"✓ {number:,} unwanted {noun} to {tail(webhook.id)}"
