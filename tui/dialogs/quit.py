"""Quit, while the dispatcher that was started here is at work."""

from tui.dialogs.choice import Choice, ChoiceDialog


def quit_dialog(sending: int, waiting: int) -> ChoiceDialog:
    """Answers "stop", "leave" or "" to stay; the two figures are those of `Totals`."""
    sends = f"{sending:,} send{'s' if sending != 1 else ''} in flight, {waiting:,} waiting"
    return ChoiceDialog(
        "Quit",
        [f"This program's dispatcher is at work: {sends}.", "After it stops nobody delivers."],
        [Choice("", "Cancel"), Choice("stop", "Finish and stop"), Choice("leave", "Leave it running")],
    )
