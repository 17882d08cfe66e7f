"""The question on quitting while the dispatcher started here still has work."""

from tui.dialogs.choice import Choice, ChoiceDialog


def quit_dialog(sending: int, waiting: int) -> ChoiceDialog:
    """Return the dialog, which answers "stop", "leave", or "" to stay. Both numbers are those of `Totals`."""
    sends = f"{sending:,} send{'s' if sending != 1 else ''} in flight, {waiting:,} waiting"
    return ChoiceDialog(
        "Quit",
        [f"This program's dispatcher is at work: {sends}.", "After it stops nobody delivers."],
        [Choice("", "Cancel"), Choice("stop", "Finish and stop"), Choice("leave", "Leave it running")],
    )
