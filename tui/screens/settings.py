"""The screen for the general webhook settings: edits and saves them, and tests the authorization."""

import asyncio
from collections.abc import Collection
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.events import Resize
from textual.message import Message
from textual.widgets import Button, Checkbox, Input, Select, Static

from core.errors import HookkeeperError
from core.models import GeneralSettings
from core.store import Conflict, config, nodes, requests
from tui.actions import SETTINGS, SETTINGS_BUTTON, SETTINGS_FIELD, bindings
from tui.dialogs.conflict import ask_whose, rebased, settings_words
from tui.dialogs.dialog import button
from tui.screens.frame import Frame
from tui.screens.history import HistoryScreen
from tui.widgets.field import FormRow, fail_at
from tui.widgets.header_row import HeaderRow
from tui.widgets.lines import KeyBar, bar_actions
from tui.widgets.settings_form import SettingsForm

SIDE_BY_SIDE = 140
"""Screen width, in columns, from which the two sections are side by side."""
_SCROLLS = {
    "j,down": "down",
    "k,up": "up",
    "pagedown,ctrl+d": "page_down",
    "pageup,ctrl+u": "page_up",
    "home,g": "home",
    "end,G": "end",
}
_PATIENCE = 20.0
_READS_ONLY = "This window only reads."
_TESTED = (
    "authentication_url",
    "client_id",
    "secret_key",
    "client_authentication",
    "scopes",
    "allowed_networks",
    "ca_file",
    "client_certificate",
)
"""The fields that "Test authorization" uses. Errors in other fields do not prevent the test."""


class SettingsScreen(Frame):
    """General webhook settings. What was typed stays until it is saved or the program ends."""

    number = 1
    actions = SETTINGS
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(SETTINGS),
        Binding("escape", "leave_field", show=False),
        *(Binding(keys, f"scroll_form('{where}')", show=False) for keys, where in _SCROLLS.items()),
    ]
    AUTO_FOCUS = ""

    class Edited(Message):
        """The unsaved changes have changed."""

        def __init__(self, screen: "SettingsScreen") -> None:
            super().__init__()
            self.screen = screen

    def __init__(self) -> None:
        super().__init__()
        self._last_field: Input | Select[str] | None = None

    def compose_body(self) -> ComposeResult:
        yield SettingsForm(reads_only=bool(self.keeper.read_only))

    def compose_strip(self) -> ComposeResult:
        with Horizontal(id="bottom"):
            reads_only = bool(self.keeper.read_only)
            yield Static(_READS_ONLY if reads_only else "", id="unsaved", markup=False)
            for each in (button("Test authorization", "test"), button("Update settings", "save")):
                each.disabled = reads_only
                yield each

    def on_resize(self, event: Resize) -> None:
        self.set_class(event.size.width >= SIDE_BY_SIDE, "side-by-side")

    @property
    def form(self) -> SettingsForm:
        return self.query_one(SettingsForm)

    @property
    def changes(self) -> int:
        """The number of fields that differ from the stored settings."""
        return self.form.changes if self.is_mounted else 0

    async def reload(self) -> None:
        """Load others' changes, unless there are unsaved changes here that would be lost."""
        stored = self.form.stored
        if stored is not None and self.changes:
            return
        now = await config.load_settings(self.store)
        if stored is None or now.version != stored.version:
            await self._fill(now)

    async def _fill(self, settings: GeneralSettings) -> None:
        await self.form.fill(settings)
        self._draw_changes()

    @on(Input.Changed)
    @on(Select.Changed)
    @on(Checkbox.Changed)
    def _draw_changes(self) -> None:
        number = self.changes
        words = f"{number} change{'s' if number > 1 else ''} not saved" if number else ""
        words = _READS_ONLY if self.keeper.read_only else words
        self.query_one("#unsaved", Static).update(words, layout=False)
        self.post_message(self.Edited(self))

    def on_descendant_focus(self) -> None:
        if isinstance(self.focused, (Input, Select)):
            self._last_field = self.focused
        self._draw_keys()

    def on_descendant_blur(self) -> None:
        self._draw_keys()

    def _draw_keys(self) -> None:
        """Show the keys that work where the focus is."""
        if self.focused is None:
            self.query_one(KeyBar).show(bar_actions(self.app, SETTINGS))
        else:
            is_button = isinstance(self.focused, Button)
            self.query_one(KeyBar).show(SETTINGS_BUTTON if is_button else SETTINGS_FIELD, "F1")

    @on(Button.Pressed)
    async def _pressed(self, event: Button.Pressed) -> None:
        match event.button.id:
            case "save":
                self.action_save()
            case "test":
                self.action_test()
            case "add":
                await self._add_header()
            case "remove":
                row = next(parent for parent in event.button.ancestors if isinstance(parent, HeaderRow))
                self.set_focus(self.query_one("#add", Button))  # now: removing the row moves the focus
                await row.remove()
                self._draw_changes()

    def action_add_header(self) -> None:
        self.run_worker(self._add_header(), group="add", exit_on_error=True)

    async def _add_header(self) -> None:
        await self.form.add_header()
        self._draw_changes()

    def action_history(self) -> None:
        self.app.push_screen(HistoryScreen("settings"))

    @on(Input.Submitted)
    def _next(self) -> None:
        self.focus_next()

    def action_into_form(self) -> None:
        """Focus the field last used; if something has the focus already, focus the next field."""
        if self.focused is not None:
            self.focus_next()
        else:
            self.run_worker(self._enter_form(), exclusive=True, group="enter", exit_on_error=True)

    async def _enter_form(self) -> None:
        await self.form.filled.wait()
        last = self._last_field
        (
            last if last is not None and last.is_attached else self.form.field("authentication_url").control
        ).focus()

    def action_leave_field(self) -> None:
        self.set_focus(None)

    def action_scroll_form(self, where: str) -> None:
        getattr(self.form, f"scroll_{where}")(animate=False)

    def action_save(self) -> None:
        """Save the whole form, or nothing if anything is invalid."""
        self.run_worker(self._save(), exclusive=True, group="save", exit_on_error=True)

    async def _validated(self, only: Collection[str] = ()) -> GeneralSettings | None:
        """Return the form as settings. If it is invalid, show the errors, focus the first, and return None."""
        form = self.form
        form.look_at_urls()
        settings, problems = form.read(only)
        if settings is not None and not problems:
            problems = await form.unusable_files(settings)
        rows: list[FormRow] = [form.field(name) for name in only] or form.rows
        if fail_at(rows, problems):
            row = next(row for row in rows if row in problems)
            self.say(f"✗ {row.name_words}: {problems[row]}")
            return None
        if (url := form.asking(only)) is not None:
            url.ask()
            self.say(f"✗ {url.name_words}: {url.error}")
            return None
        return settings

    async def _save(self) -> None:
        settings = await self._validated()
        if settings is not None and not self.changes:
            self.say("✓ Nothing has changed")
        elif settings is not None:
            await self._store(settings)

    async def _store(self, settings: GeneralSettings) -> None:
        try:
            stored = await config.save_settings(self.store, settings, actor=self.keeper.actor)
        except Conflict as conflict:
            await self._resolve(conflict, settings)
            return
        except HookkeeperError as error:
            self.say(f"✗ {error}")
            return
        await self._fill(stored)
        self.say("✓ Settings updated")
        self.keeper.look()

    async def _resolve(self, conflict: Conflict, mine: GeneralSettings) -> None:
        theirs = conflict.theirs
        if not isinstance(theirs, GeneralSettings):
            return
        before = self.form.stored or GeneralSettings()
        both = rebased(mine, before, theirs)
        words = settings_words(theirs, before, both), settings_words(both, before, theirs)
        answer = await ask_whose(self.app, "the settings", conflict, *words)
        if answer == "theirs":
            await self._fill(theirs)
        elif answer == "mine":
            problem = await self.form.problem_of(both, theirs)
            if problem is not None:
                self.say(f"✗ {problem} Take theirs, then change it again.")
            else:
                await self._store(both)

    def action_test(self) -> None:
        """Test the authorization with the values in the form, saved or not."""
        self.run_worker(self._begin_test(), exclusive=True, group="test", exit_on_error=True)

    async def _begin_test(self) -> None:
        settings = await self._validated(_TESTED)
        if settings is None:
            return
        if not settings.uses_oidc:
            self.say("✗ Enter Authentication URL, Client ID and Secret Key first.")
        elif not nodes.standing(self.store).running:
            self.say("! Nobody delivers, so nobody can test it. ^p Start dispatcher.")
        else:
            self.say("… asking the token endpoint")
            self.act(self._test(settings))

    async def _test(self, settings: GeneralSettings) -> str:
        number = await requests.ask_authorization(self.store, settings)
        try:
            async with asyncio.timeout(_PATIENCE):
                async for _ in self.store.changes(1 / 8):
                    answer = await requests.authorization_answer(self.store, number)
                    if answer is not None:
                        return f"{'✓' if answer.ok else '✗'} {answer.words}"
        except TimeoutError:
            pass
        return "✗ The dispatcher did not answer within 20 s."
