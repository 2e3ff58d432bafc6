"""The window with the contacts behind a number of the count."""

from __future__ import annotations

import reflex as rx

from backend.services.target_lists import list_group
from unisoft_ui import bridge
from unisoft_ui.states.failures import explained
from unisoft_ui.states.focus import focus_first
from unisoft_ui.states.targets import TargetsState
from unisoft_ui.view_models.reach import group_title
from unisoft_ui.view_models.target_list import TargetListView, target_list


class TargetListState(rx.State):
    is_open: bool = False
    loading: bool = False
    error: str = ""
    shown: TargetListView = TargetListView()

    _group: str = ""

    @rx.event(background=True)
    async def open(self, group: str):
        """Open the window, and read who is counted there now."""
        title = group_title(group) if isinstance(group, str) else ""
        async with self:
            draft = (await self.get_state(TargetsState))._entered()  # noqa: SLF001 - of the same form
            if not title or not draft.channel:
                return
            self.is_open, self.loading, self.error = True, True, ""
            self.shown, self._group = TargetListView(title=title), group
        try:
            found, error = target_list(title, await bridge.call(self, list_group, draft, group)), ""
        except Exception as failure:  # noqa: BLE001 - whatever it was, the window says so
            found, error = TargetListView(title=title), explained(failure)
        async with self:
            self.loading, self.error = False, error
            if self.is_open:
                self.shown = found

    @rx.event
    def set_open(self, value: bool):
        """Closing forgets who was listed; the focus goes back to the number."""
        if value is True:
            return None
        was_open, self.is_open = self.is_open, False
        self.loading, self.error, self.shown = False, "", TargetListView()
        return focus_first(f"reach-{self._group}") if was_open else None
