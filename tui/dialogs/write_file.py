"""The dialog that asks for a file name and writes a body to it."""

import asyncio
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Button, Input

from core.errors import HookkeeperError
from tui.actions import Action
from tui.dialogs.dialog import Dialog, button, text
from tui.files import write_new
from tui.widgets.field import Field
from tui.widgets.fields import TextField


class WriteFileDialog(Dialog[Path | None]):
    """Answers with the path of the written file. An existing file is never overwritten."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+s", "write", show=False, priority=True)]
    title_words = "Write body to a file"
    keys = (Action("", "", "Next", "Tab"), Action("", "", "Write", "^s"), Action("", "", "Cancel", "Esc"))

    def __init__(self, body: bytes, suggested: str) -> None:
        super().__init__()
        self._body = body
        self._suggested = suggested

    def compose_fields(self) -> ComposeResult:
        yield text(f"{len(self._body):,} B as they were sent, nothing masked. Only you can read the file.")
        yield Field("path", "File", TextField(self._suggested, id="path"))

    def compose_buttons(self) -> ComposeResult:
        yield button("Cancel", "cancel")
        yield button("Write", "write")

    def on_mount(self) -> None:
        self._field.control.focus()

    @property
    def _field(self) -> Field:
        return self.query_one("#field-path", Field)

    @on(Button.Pressed, "#cancel")
    def _cancel(self) -> None:
        self.action_cancel()

    @on(Button.Pressed, "#write")
    @on(Input.Submitted)
    def action_write(self) -> None:
        self.run_worker(self._write(), exclusive=True, exit_on_error=True)

    async def _write(self) -> None:
        try:
            path = await asyncio.to_thread(write_new, self._field.value, self._body)
        except HookkeeperError as error:
            self._field.fail(str(error))
            self._field.control.focus()
        else:
            self.dismiss(path)
