"""The list of campaigns: what it shows, and where in it the user is. The address bar holds the place."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import Any

import reflex as rx
from reflex.event import EventSpec

from backend import clock
from backend.domain.campaign_list import CampaignQuery
from backend.errors import AppError
from backend.logs import get_logger
from backend.services.campaign_list import list_campaigns
from unisoft_ui import bridge, live, routes
from unisoft_ui.texts import campaigns as texts
from unisoft_ui.texts import error_sentence
from unisoft_ui.view_models.addresses import list_address, read_address
from unisoft_ui.view_models.campaigns import CampaignLine, CampaignList, campaign_list, tab_labels
from unisoft_ui.view_models.pagination import Pagination

log = get_logger(__name__)


class CampaignsState(rx.State):
    """One page of the list. `status`: as in `CampaignList`, or error."""

    status: str = "loading"
    busy: bool = False
    may_create: bool = True
    lines: list[CampaignLine] = []
    tabs: list[str] = tab_labels(texts.COUNT_LOADING)
    pagination: Pagination = Pagination()
    tab: str = "all"
    search: str = ""
    sort_code: str = "date-desc"
    page_size: str = "10"
    no_result: str = ""
    error: str = ""
    reference: str = ""
    # The search field keeps what is typed by itself; a new key gives it `search` again.
    search_key: int = 0

    @rx.event(background=True, supersedes=True)
    async def watch(self):
        """Show the page the address asks for, and keep it true while it is open."""
        async with self:
            query = read_address(self.router.url.query_parameters)
            self._show_place(query)
        async for _ in live.changes(live.LIST_TOPIC):
            shown, error, reference = await _read(self, query)
            async with self:
                if shown is None:
                    self._show_error(error, reference)
                else:
                    self._show(shown, query)

    @rx.event
    def retry(self):
        """Read again after an error."""
        self.status = "loading"
        self.tabs = tab_labels(texts.COUNT_LOADING)
        return CampaignsState.watch

    @rx.event
    def open_tab(self, tab: str):
        return self._go(tab=tab, page=1)

    @rx.event
    def search_for(self, search: str):
        """Look for words. The list goes back to its first page; the browser's history keeps one step."""
        self.search = CampaignQuery(search=search).search
        return self._go(search=search, page=1, keep_history=bool(self._query().search))

    @rx.event
    def clear_search(self):
        self.search_key += 1
        self.search = ""
        return self._go(search="", page=1)

    @rx.event
    def sort_by(self, column: str):
        """Sort by a column; by the one already sorted by: the other way round."""
        query = self._query()
        descending = not query.descending if query.sort == column else True
        return self._go(sort=column, descending=descending, page=1)

    @rx.event
    def choose_sort(self, code: str):
        """A column and a direction, as "targets-asc"."""
        column, _, order = code.partition("-") if isinstance(code, str) else ("", "", "")
        return self._go(sort=column, descending=order != "asc", page=1)

    @rx.event
    def open_page(self, page: int):
        return self._go(page=page)

    @rx.event
    def choose_page_size(self, size: str):
        return self._go(page_size=size, page=1)

    def _query(self) -> CampaignQuery:
        return read_address(self.router.url.query_parameters)

    def _go(self, *, keep_history: bool = False, **changes: Any) -> EventSpec | None:
        """Change the address; the page it leads to is shown by `watch`. Nothing given is trusted."""
        query = self._query()
        # `replace` builds a new query, which makes a valid one of whatever came from the browser.
        wanted = replace(query, **changes)
        # Typed words arrive a moment late: by then the user may have gone to another page.
        if wanted == query or self.router.url.path != routes.CAMPAIGNS:
            return None
        self.busy = True
        return rx.redirect(list_address(wanted), replace=keep_history)

    def _show_place(self, query: CampaignQuery) -> None:
        self.tab = query.tab.value
        self.sort_code = f"{query.sort}-{'desc' if query.descending else 'asc'}"
        self.page_size = str(query.page_size)
        if self.search != query.search:
            self.search = query.search
            self.search_key += 1

    def _show(self, shown: CampaignList, query: CampaignQuery) -> None:
        """Assign what differs: only that travels to the browser."""
        values = {
            "lines": shown.lines,
            "tabs": shown.tabs,
            "pagination": shown.pagination,
            "status": shown.status,
            "may_create": shown.may_create,
            "no_result": texts.no_result(query.search) if query.search else "",
            "busy": False,
        }
        for name, value in values.items():
            if getattr(self, name) != value:
                setattr(self, name, value)

    def _show_error(self, error: str, reference: str) -> None:
        self.status, self.error, self.reference, self.busy = "error", error, reference, False
        self.lines, self.tabs, self.pagination = [], tab_labels(texts.COUNT_UNKNOWN), Pagination()


async def _read(state: rx.State, query: CampaignQuery) -> tuple[CampaignList | None, str, str]:
    """The list, or the sentence and the reference of what kept it from being read."""
    try:
        page = await bridge.call(state, list_campaigns, query)
    except bridge.SessionEndedError:
        raise
    except AppError as error:
        return None, error_sentence(error), ""
    except Exception:
        reference = secrets.token_hex(4)
        log.exception("campaign_list_failed", reference=reference)
        return None, texts.ERROR_TEXT, texts.error_reference(reference)
    return campaign_list(page, query, clock.now()), "", ""
