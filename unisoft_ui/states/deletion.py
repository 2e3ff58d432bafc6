"""The dialog that deletes campaigns: what it would do, doing it once, and taking it back."""

from __future__ import annotations

import reflex as rx
from reflex.event import EventSpec
from reflex_components_sonner.toast import ToastAction

from backend.domain.campaign_list import CampaignSelection, DeletionSummary
from backend.services.deleting import delete, describe, restore
from unisoft_ui import bridge, routes
from unisoft_ui.states.failures import explained
from unisoft_ui.states.focus import focus_first
from unisoft_ui.states.selection import SelectionState
from unisoft_ui.texts import trash as texts
from unisoft_ui.view_models.addresses import valid_id
from unisoft_ui.view_models.deletion import Deletion, can_be_undone, deleted_sentence, deletion

_TOAST_MS = 8_000  # longer than others: it offers a way back


class DeletionState(rx.State):
    """`_campaign_id` is the row that asked, 0 for the whole selection. `running`: a second click does nothing."""

    is_open: bool = False
    _campaign_id: int = 0
    loading: bool = False
    running: bool = False
    error: str = ""
    shown: Deletion = Deletion()
    _undo_ids: list[int] = []

    @rx.event(background=True)
    async def ask(self, campaign_id: int = 0):
        """Open the dialog at once, then fill in what deleting would do."""
        async with self:
            self._campaign_id, self.is_open, self.loading = valid_id(campaign_id), True, True
            self.error, self.running, self.shown = "", False, Deletion()
            meant = await self._meant()
        error, shown = "", Deletion()
        try:
            shown = deletion(await bridge.call(self, describe, meant))
        except Exception as failure:  # noqa: BLE001 - whatever it was, the dialog must not wait for ever
            error = explained(failure)
        async with self:
            self.shown, self.error, self.loading = shown, error, False

    @rx.event(background=True)
    async def confirm(self):
        """Delete."""
        async with self:
            if not self.is_open or self.running or self.loading:
                return []
            self.running, self.error = True, ""
            meant = await self._meant()
        try:
            done = await bridge.call(self, delete, meant)
        except Exception as failure:  # noqa: BLE001 - whatever it was, the button comes back
            sentence = explained(failure)
            async with self:
                self.running, self.error = False, sentence
            return []
        return await self._finish(meant, done)

    @rx.event
    def set_open(self, value: bool):
        """Escape and the button that changes nothing; while it is being done the dialog stays."""
        if value or self.running:
            return None
        self.is_open = False
        row = [f"menu-{self._campaign_id}"] if self._campaign_id else []
        return focus_first(*row, "delete-desktop", "delete-phone")

    @rx.event
    def forget(self):
        """A page appeared: whatever was being asked on the one before is over."""
        self.is_open = False

    @rx.event(background=True)
    async def undo(self):
        """Bring back what was deleted last."""
        async with self:
            ids, self._undo_ids = self._undo_ids, []
        if not ids:
            return None
        done = await bridge.call(self, restore, ids)
        return rx.toast.success(texts.restored(len(done.ids))) if done.ids else rx.toast.info(texts.RESTORE_GONE)

    async def _meant(self) -> CampaignSelection:
        if self._campaign_id:
            return CampaignSelection(ids=[self._campaign_id])
        return (await self.get_state(SelectionState)).selection()

    async def _finish(self, meant: CampaignSelection, done: DeletionSummary) -> list[EventSpec]:
        undoable = can_be_undone(done, meant)
        async with self:
            self.is_open, self.running = False, False
            gone = self.router.url.path == routes.CAMPAIGN_DETAIL
            self._undo_ids = list(meant.ids) if undoable else []
            selected = await self.get_state(SelectionState)
            if self._campaign_id:
                selected.drop(meant.ids)
            else:
                selected.forget_all()
        toast = _toast(done, undoable=undoable)
        return [toast, rx.redirect(routes.CAMPAIGNS) if gone else focus_first()]


def _toast(done: DeletionSummary, *, undoable: bool) -> EventSpec:
    sentence = deleted_sentence(done)
    if not done.total:
        return rx.toast.info(sentence)
    way_back = (
        ToastAction(texts.UNDO, DeletionState.undo)
        if undoable
        else ToastAction(texts.VIEW_TRASH, rx.redirect(routes.TRASH))
    )
    return rx.toast.success(sentence, action=way_back, duration=_TOAST_MS)
