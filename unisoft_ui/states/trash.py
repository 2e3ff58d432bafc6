"""The trash: what it shows, what is ticked in it, and restoring."""

from __future__ import annotations

from collections.abc import Collection

import reflex as rx
from reflex.event import EventSpec

from backend.domain.campaign_list import MOST_SELECTED, CampaignQuery
from backend.services.deleting import list_trash, restore
from unisoft_ui import bridge, live, routes
from unisoft_ui.states.failures import explained
from unisoft_ui.states.focus import focus_first
from unisoft_ui.texts import campaigns
from unisoft_ui.texts import trash as texts
from unisoft_ui.view_models.addresses import valid_id
from unisoft_ui.view_models.pagination import Pagination
from unisoft_ui.view_models.trash import TrashLine, TrashList, trash_list


class TrashState(rx.State):
    """One page of the trash. `status`: as in `TrashList`, or error. The browser keeps the ticks, as in the list."""

    status: str = "loading"
    error: str = ""
    lines: list[TrashLine] = []
    line_ids: list[int] = []
    pagination: Pagination = Pagination()
    ids: list[int] = []
    version: int = 0
    spoken: str = ""
    running: bool = False

    @rx.var
    def restore_label(self) -> str:
        """As "Restore (2)"."""
        return texts.restore_selected(len(self.ids)) if self.ids else texts.RESTORE

    @rx.event(background=True, supersedes=True)
    async def watch(self):
        """Show the page the address asks for, and keep it true while it is open."""
        async with self:
            page = CampaignQuery(page=self.router.url.query_parameters.get("page", "")).page
        last = TrashList()

        async def turn(_signal: int) -> None:
            nonlocal last
            found = trash_list(await bridge.call(self, list_trash, page))
            if found != last:
                async with self:
                    self._show(found)
                last = found

        try:
            await live.follow(turn, live.LIST_TOPIC)
        except Exception as failure:  # noqa: BLE001 - such as a right that was taken away
            sentence = explained(failure)
            async with self:
                self._show(TrashList(status="error"))
                self.error = sentence

    @rx.event
    def open_page(self, page: int):
        """The page the arrows and the numbers lead to."""
        wanted = CampaignQuery(page=page).page
        return rx.redirect(routes.trash(wanted))

    @rx.event
    def pick(self, campaign_id: int, picked: bool):
        """Tick one, or take its tick away. The browser has shown that already."""
        self._pick([campaign_id], picked=picked is True)

    @rx.event
    def pick_page(self, campaign_ids: list[int], picked: bool):
        """The same for the campaigns on the page."""
        self.version += 1
        self._pick(campaign_ids, picked=picked is True)

    @rx.event
    def clear(self):
        """Select nothing: a button, or the page appeared."""
        if self.ids:  # a new version takes a tick away that is still on its way here
            self.ids, self.spoken = [], ""
            self.version += 1

    @rx.event(background=True)
    async def restore_one(self, campaign_id: int):
        """Bring one campaign back."""
        return await self._restore([campaign_id])

    @rx.event(background=True)
    async def restore_selected(self):
        """Bring back what is ticked."""
        async with self:
            ids = list(self.ids)
        return await self._restore(ids)

    async def _restore(self, campaign_ids: Collection[int]) -> list[EventSpec]:
        async with self:
            ids = [number for number in map(valid_id, campaign_ids) if number]
            if self.running or not ids:
                return []
            self.running = True
        try:
            done = await bridge.call(self, restore, ids)
        finally:
            async with self:
                self.running = False
        async with self:
            self._pick(ids, picked=False)
            self.version += 1
        if not done.ids:
            return [rx.toast.info(texts.RESTORE_GONE), TrashState.watch, focus_first()]  # pyright: ignore[reportReturnType]
        return [rx.toast.success(texts.restored(len(done.ids))), focus_first()]

    def _pick(self, campaign_ids: Collection[int], *, picked: bool) -> None:
        given = {number for number in map(valid_id, campaign_ids) if number}
        kept = set(self.ids) | given if picked else set(self.ids) - given
        self.ids = sorted(kept)[:MOST_SELECTED]
        self.spoken = campaigns.selected(len(self.ids)) if self.ids else campaigns.NOTHING_SELECTED

    def _show(self, found: TrashList) -> None:
        self.status, self.error = found.status, ""
        self.lines, self.line_ids, self.pagination = found.lines, found.line_ids, found.pagination
