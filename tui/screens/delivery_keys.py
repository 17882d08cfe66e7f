"""The keys that act on one delivery, shared by the list and the delivery's page."""

from collections.abc import Awaitable, Callable
from functools import partial

from core.models import Delivery
from tui.dialogs.menu import MenuDialog, MenuItem
from tui.screens import delivery_steps, delivery_taking
from tui.screens.frame import Frame

_OF_ONE = ("detail", "resend", "cancel", "edit", "switch", "copy", "open_body", "write_body")


class DeliveryKeys(Frame):
    """A screen that shows a delivery. An action is for the delivery at its start, even if another is shown later."""

    @property
    def acted_on(self) -> Delivery | None:
        """The delivery that the keys act on, if any."""
        raise NotImplementedError

    @property
    def is_unmasked(self) -> bool:
        """Whether the delivery's masked values are shown."""
        raise NotImplementedError

    def say_what_to_do(self) -> None:
        """Say on the message line that there is no delivery to act on."""

    def begin(self, step: Callable[[Frame, Delivery], Awaitable[None]]) -> None:
        """Start an action on the delivery."""
        if self.acted_on is not None:
            self.ask(step(self, self.acted_on))
        else:
            self.say_what_to_do()

    def action_resend(self) -> None:
        if self.acted_on is not None:
            self.act(delivery_steps.resend(self, self.acted_on))
        else:
            self.say_what_to_do()

    def action_cancel(self) -> None:
        self.begin(delivery_steps.ask_cancel)

    def action_edit(self) -> None:
        self.begin(delivery_steps.edit_webhook)

    def action_switch(self) -> None:
        self.begin(delivery_steps.switch_webhook)

    def action_copy(self) -> None:
        self.begin(delivery_taking.copy)

    def action_write_body(self) -> None:
        self.begin(delivery_taking.write_body)

    def action_open_body(self) -> None:
        unmasked = self.is_unmasked
        self.begin(lambda frame, shown: delivery_taking.open_body(frame, shown, unmasked=unmasked))

    def action_menu(self) -> None:
        """Open the menu of all actions."""
        self.begin(lambda _, delivery: self._menu(delivery))

    async def _menu(self, delivery: Delivery) -> None:
        items = [
            MenuItem(
                action.name, action.key if len(action.key) == 1 else "", action.words, self.refusal(action)
            )
            for action in self.actions
            if action.name in _OF_ONE
        ]
        answer = await self.app.push_screen_wait(MenuDialog(f"Actions: {delivery.id}", items))
        if answer:
            self.call_later(partial(self.run_action, answer))
