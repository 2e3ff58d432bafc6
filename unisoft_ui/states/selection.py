"""Which campaigns of the list are ticked."""

from __future__ import annotations

from collections.abc import Collection

import reflex as rx
from reflex.event import EventSpec

from backend.domain.campaign_list import MOST_SELECTED, CampaignSelection, Tab
from backend.services.deleting import describe
from unisoft_ui import bridge
from unisoft_ui.texts import campaigns as texts
from unisoft_ui.view_models.addresses import read_address, valid_id


class SelectionState(rx.State):
    """Campaigns one by one, or every result of a search but some. It goes along from page to page of one search.

    The browser keeps the ticks of the rows; a new `version` makes it take them from here again.
    """

    ids: list[int] = []
    all_results: bool = False
    excluded_ids: list[int] = []
    newest_id: int = 0
    version: int = 0
    spoken: str = ""
    _tab: str = Tab.ALL.value
    _search: str = ""
    _results: int = 0

    @rx.var
    def count(self) -> int:
        """How many are selected."""
        return max(self._results - len(self.excluded_ids), 0) if self.all_results else len(self.ids)

    @rx.var
    def shown(self) -> str:
        """As "2 selected"."""
        return texts.selected(self.count)

    @rx.var
    def delete_label(self) -> str:
        """As "Delete (2)"."""
        return texts.delete_selected(self.count) if self.count else texts.DELETE

    @rx.event
    def settle(self):
        """A page of the list appeared: another tab or another search begins with nothing selected."""
        query = read_address(self.router.url.query_parameters)
        if (query.tab.value, query.search) != (self._tab, self._search):
            self._tab, self._search = query.tab.value, query.search
            if self.ids or self.all_results:  # a new version takes a tick away that is still on its way here
                self._empty()
                self.spoken = ""

    @rx.event
    def pick(self, campaign_id: int, picked: bool):
        """Tick one, or take its tick away. The browser has shown that already."""
        return self._pick([campaign_id], picked=picked is True)

    @rx.event
    def pick_page(self, campaign_ids: list[int], picked: bool):
        """The same for the campaigns on the page."""
        self.version += 1
        return self._pick(campaign_ids, picked=picked is True)

    @rx.event(background=True)
    async def pick_results(self):
        """Select all that the tab and the search find now, whatever page it is on."""
        async with self:
            meant = CampaignSelection(all_results=True, tab=Tab(self._tab), search=self._search)
        found = await bridge.call(self, describe, meant)
        async with self:
            self._empty()
            self.all_results, self._results, self.newest_id = True, found.total, found.newest_id or 0
            self.spoken = texts.selected(found.total)

    @rx.event
    def clear(self):
        """Select nothing."""
        self._empty()
        self.spoken = texts.NOTHING_SELECTED

    def selection(self) -> CampaignSelection:
        """What is selected, for the services."""
        return CampaignSelection(
            ids=self.ids,
            all_results=self.all_results,
            tab=Tab(self._tab),
            search=self._search,
            excluded_ids=self.excluded_ids,
            newest_id=self.newest_id or None,
        )

    def forget_all(self) -> None:
        """What was selected is gone."""
        self._empty()
        self.spoken = ""

    def drop(self, campaign_ids: Collection[int]) -> None:
        """These are gone."""
        self._pick(campaign_ids, picked=False)

    def _pick(self, campaign_ids: Collection[int], *, picked: bool) -> EventSpec | None:
        given = {number for number in map(valid_id, campaign_ids) if number}
        before = set(self.excluded_ids if self.all_results else self.ids)
        kept = before | given if picked is not self.all_results else before - given
        if len(kept) > MOST_SELECTED:
            self.version += 1
            return rx.toast.error(texts.TOO_MANY_SELECTED)
        if self.all_results:
            self.excluded_ids = sorted(number for number in kept if number <= self.newest_id)
        else:
            self.ids = sorted(kept)
        self.spoken = self.shown if self.count else texts.NOTHING_SELECTED
        return None

    def _empty(self) -> None:
        self.ids, self.excluded_ids = [], []
        self.all_results, self._results, self.newest_id = False, 0, 0
        self.version += 1
