"""Copies parts of a delivery to the clipboard, a pager or a file.

The functions must run in a worker. All raise StoreError, and `open_body` also NoPager.
"""

import asyncio
from functools import partial

from core.delivery.curl import curl
from core.delivery.sent import sent_headers
from core.models import Delivery
from core.store import config, history
from core.text import masked_json, one_line, readable_json
from tui.dialogs.menu import MenuDialog, MenuItem
from tui.dialogs.write_file import WriteFileDialog
from tui.pager import read_in_pager
from tui.screens.frame import Frame

_MOST_COPIED = 64 * 1024
"""Most characters to copy. Terminals accept little more, and some drop a longer text altogether."""
_COPIES = (
    MenuItem("ID", "i", "ID"),
    MenuItem("URL", "u", "URL"),
    MenuItem("curl", "c", "curl, secrets left out"),
    MenuItem("body", "b", "Body, as it was sent"),
)


async def copy(frame: Frame, delivery: Delivery) -> None:
    """Ask which part of the delivery to copy, then copy it to the clipboard."""
    what = await frame.app.push_screen_wait(MenuDialog("Copy", _COPIES))
    if not what:
        return
    text = await _text(frame, delivery, what)
    if len(text) > _MOST_COPIED:
        frame.say(f"✗ {len(text):,} characters are too many for a clipboard; w writes a file")
        return
    frame.app.copy_to_clipboard(text)
    then = "its first line says what to set" if what == "curl" else "w writes a file"
    frame.say(f"✓ {what} copied, if your terminal allows it; {then}")


async def _text(frame: Frame, delivery: Delivery, what: str) -> str:
    match what:
        case "ID":
            return delivery.id
        case "URL":
            return delivery.url
    body = (await history.load_event(frame.store, delivery.event_id)).body
    if what == "body":
        return body.decode("utf-8", "replace")
    settings = await config.load_settings(frame.store)
    return curl(delivery.url, sent_headers(delivery, settings, max(1, delivery.attempts)), body)


async def open_body(frame: Frame, delivery: Delivery, *, unmasked: bool) -> None:
    """Show the body in the pager, indented, and masked unless `unmasked`."""
    body = (await history.load_event(frame.store, delivery.event_id)).body
    fields = (await config.load_settings(frame.store)).masked_fields
    readable = readable_json if unmasked else partial(masked_json, fields=fields)
    await read_in_pager(frame.app, await asyncio.to_thread(readable, body) + "\n")


async def write_body(frame: Frame, delivery: Delivery) -> None:
    """Ask for a file name and write the body to it, byte for byte."""
    body = (await history.load_event(frame.store, delivery.event_id)).body
    path = await frame.app.push_screen_wait(WriteFileDialog(body, f"{delivery.id}.json"))
    if path is not None:
        frame.say(f"✓ {one_line(path.name)} written, {len(body):,} B, in {one_line(str(path.parent))}")
