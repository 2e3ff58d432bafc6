"""The list of campaigns: what it shows, and where in it the user is. The address bar holds the place."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import Any

import reflex as rx
from reflex.event import EventSpec

from backend import clock
from backend.domain.campaign_list import CampaignQuery
from backend.domain.rights import Right
from backend.errors import AppError
from backend.services.acting import ActingUser
from backend.services.campaign_list import list_campaigns
from unisoft_ui import bridge, live, routes
from unisoft_ui.shown import Shown, Values
from unisoft_ui.states.failures import reference_of
from unisoft_ui.texts import campaigns as texts
from unisoft_ui.texts import error_sentence
from unisoft_ui.view_models.addresses import list_address, read_address
from unisoft_ui.view_models.campaigns import CampaignLine, CampaignList, campaign_list, tab_labels
from unisoft_ui.view_models.pagination import Pagination

# One reading for all who may see the same.
_lists: bridge.Shared[Values] = bridge.Shared()


class CampaignsState(rx.State):
    """One page of the list. `status`: as in `CampaignList`, or error."""

    status: str = "loading"
    busy: bool = False
    may_create: bool = True
    may_delete: bool = True
    lines: list[CampaignLine] = []
    line_ids: list[int] = []
    select_results: str = ""
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
        shown, query, session = Shown(self), None, bridge.session_hash(self)

        async def turn(signal: int) -> None:
            nonlocal query
            if query is None:
                async with self:
                    query = read_address(self.router.url.query_parameters)
                    self._show_place(query)
            await shown.show(await _list(session, query, signal))

        await live.follow(turn, live.LIST_TOPIC)

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


async def _list(session_hash: str, query: CampaignQuery, signal: int) -> Values:
    """The list, or the sentence and the reference of what kept it from being read.

    Raises:
        SessionEndedError: nobody is signed in any more.
    """
    try:
        actor = await bridge.watching_user(session_hash)
        read = functools.partial(_read, actor, query)
        return await _lists.get(signal, (actor.role, actor.rights, query), read)
    except bridge.SessionEndedError:
        raise
    except AppError as error:
        return _failed(error_sentence(error), "")
    except Exception as error:  # noqa: BLE001 - whatever it was, the page says so
        return _failed(texts.ERROR_TEXT, texts.error_reference(reference_of("campaign_list_failed", error)))


async def _read(actor: ActingUser, query: CampaignQuery) -> Values:
    page = await bridge.in_thread(list_campaigns, actor, query)
    may_delete = actor.may(Right.CAMPAIGNS_DELETE)
    return _found(campaign_list(page, query, clock.now()), query, may_delete=may_delete)


def _found(shown: CampaignList, query: CampaignQuery, *, may_delete: bool) -> Values:
    return Values(
        lines=shown.lines,
        line_ids=shown.line_ids,
        select_results=shown.select_results,
        may_delete=may_delete,
        tabs=shown.tabs,
        pagination=shown.pagination,
        status=shown.status,
        may_create=shown.may_create,
        no_result=texts.no_result(query.search) if query.search else "",
        busy=False,
    )


def _failed(error: str, reference: str) -> Values:
    return Values(
        status="error",
        error=error,
        reference=reference,
        busy=False,
        lines=[],
        line_ids=[],
        select_results="",
        tabs=tab_labels(texts.COUNT_UNKNOWN),
        pagination=Pagination(),
    )
