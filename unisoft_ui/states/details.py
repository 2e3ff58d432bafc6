"""One campaign on its own page. The address bar says which, and where in the list of its recipients the user is."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import Any

import reflex as rx
from reflex.event import EventSpec

from backend import clock
from backend.domain.statuses import RunState
from backend.domain.tracking import CampaignDetails, RecipientPage, RecipientQuery, RecipientSort
from backend.errors import AppError, NotFoundError
from backend.services.acting import ActingUser
from backend.services.runs import back_to_draft
from backend.services.sending_by_sms import SmsPlan, find_sms_plan
from backend.services.tracking import campaign_details, list_recipients
from unisoft_ui import bridge, live, routes
from unisoft_ui.shown import Shown, Values
from unisoft_ui.states.failures import reference_of
from unisoft_ui.texts import campaigns, error_sentence
from unisoft_ui.texts import details as texts
from unisoft_ui.view_models.addresses import id_of, place_of, valid_id
from unisoft_ui.view_models.course import Chart, chart
from unisoft_ui.view_models.details import Details, details
from unisoft_ui.view_models.exports import ExportLink, export_links
from unisoft_ui.view_models.recipient_addresses import read_recipients_address, recipients_address
from unisoft_ui.view_models.recipients import (
    RecipientLine,
    choice_of,
    next_choice,
    recipients,
    sort_code,
    tab_labels,
    told_by,
)

# One reading for all who may see the same.
_pages: bridge.Shared[Values] = bridge.Shared()


class DetailsState(rx.State):
    """`status`: loading, ready, missing or error, of the campaign that `place` names, as the address had it.

    Cursors are -1 where the list of recipients ends.
    """

    status: str = "loading"
    place: str = ""
    busy: bool = False
    shown: Details = Details()
    chart: Chart = Chart()
    lines: list[RecipientLine] = []
    tabs: list[str] = tab_labels(campaigns.COUNT_LOADING)
    next_after: int = -1
    next_at: int = -1
    previous_before: int = -1
    previous_at: int = -1
    is_first: bool = True
    sort: str = "sending-asc"
    may_sort_by_change: bool = False
    exports: list[ExportLink] = []
    nothing: str = ""
    error: str = ""
    reference: str = ""
    tab: str = "all"
    search: str = ""
    # The search field keeps what is typed by itself; a new key gives it `search` again.
    search_key: int = 0
    _campaign_id: int = 0

    @rx.event(background=True, supersedes=True)
    async def watch(self):
        """Show the campaign the address names, and keep it true while it is open."""
        shown, session = Shown(self), bridge.session_hash(self)
        async with self:
            parameters = self.router.url.query_parameters
            self.place = place_of(parameters.get("id"))
            campaign_id, query = id_of(self.place), read_recipients_address(parameters)
            self._show_place(campaign_id, query)

        async def turn(signal: int) -> None:
            await shown.show(await _page(session, campaign_id, query, signal))

        await live.follow(turn, live.campaign_topic(campaign_id), min_interval_s=1.0)

    @rx.event
    def retry(self):
        """Read again after an error."""
        self.status = "loading"
        return DetailsState.watch

    @rx.event(background=True)
    async def unschedule(self, campaign_id: int):
        """Back to draft; what that leaves is read at once."""
        if not valid_id(campaign_id):
            return []
        try:
            await bridge.call(self, back_to_draft, campaign_id)
        except bridge.SessionEndedError:
            raise
        except AppError as error:
            return [bridge.error_toast(error), DetailsState.watch]
        return [rx.toast.success(campaigns.UNSCHEDULED), DetailsState.watch]

    @rx.event
    def open_tab(self, tab: str):
        return self._go(tab=tab)

    @rx.event
    def search_for(self, search: str):
        """Look for words; back to the first page. The browser's history keeps one step."""
        self.search = RecipientQuery(search=search).search
        return self._go(search=search, keep_history=bool(self._query().search))

    @rx.event
    def clear_search(self):
        self.search_key += 1
        self.search = ""
        return self._go(search="")

    @rx.event
    def choose_sort(self, code: str):
        """An order by its code; back to the first page."""
        sort, descending = choice_of(code)
        return self._go(sort=sort, descending=descending)

    @rx.event
    def sort_by(self, column: str):
        """By a column, then the other way round, then in the order of sending again."""
        sort, descending = choice_of(next_choice(self._query(), column))
        return self._go(sort=sort, descending=descending)

    @rx.event
    def open_first(self):
        return self._go()

    @rx.event
    def open_next(self, after: int, at: int):
        return self._go(after=after, at=at)

    @rx.event
    def open_previous(self, before: int, at: int):
        return self._go(before=before, at=at)

    def _query(self) -> RecipientQuery:
        return read_recipients_address(self.router.url.query_parameters)

    def _go(self, *, keep_history: bool = False, **changes: Any) -> EventSpec | None:
        """Change the address; the page it leads to is shown by `watch`. Nothing given is trusted."""
        query = self._query()
        place = {
            "tab": query.tab, "search": query.search, "sort": query.sort, "descending": query.descending, **changes,
        }  # fmt: skip
        wanted = RecipientQuery(**place)
        # Typed words arrive a moment late: by then the user may have gone to another page.
        if wanted == query or self.router.url.path != routes.CAMPAIGN_DETAIL:
            return None
        self.busy = True
        campaign_id = id_of(self.router.url.query_parameters.get("id", ""))
        return rx.redirect(recipients_address(campaign_id, wanted), replace=keep_history)

    def _show_place(self, campaign_id: int, query: RecipientQuery) -> None:
        if campaign_id != self._campaign_id:
            self._campaign_id, self.status = campaign_id, "loading"
        self.tab = query.tab.value
        if self.search != query.search:
            self.search = query.search
            self.search_key += 1


async def _page(session_hash: str, campaign_id: int, query: RecipientQuery, signal: int) -> Values:
    """The page, or the sentence and the reference of what kept it from being read.

    Raises:
        SessionEndedError: nobody is signed in any more.
    """
    try:
        actor = await bridge.watching_user(session_hash)
        read = functools.partial(_read, actor, campaign_id, query)
        return await _pages.get(signal, (actor.role, actor.rights, campaign_id, query), read)
    except bridge.SessionEndedError:
        raise
    except NotFoundError:
        return Values(status="missing", busy=False)
    except AppError as error:
        return _failed(error_sentence(error), "")
    except Exception as error:  # noqa: BLE001 - whatever it was, the page says so
        return _failed(campaigns.ERROR_TEXT, campaigns.error_reference(reference_of("campaign_details_failed", error)))


async def _read(actor: ActingUser, campaign_id: int, query: RecipientQuery) -> Values:
    return _found(*await bridge.in_thread(_ask, actor, campaign_id, query), query)


def _ask(
    actor: ActingUser, campaign_id: int, query: RecipientQuery
) -> tuple[CampaignDetails, RecipientPage, SmsPlan | None]:
    reasons, codes = told_by(query.search)
    asked = replace(query, reasons=reasons, vendor_codes=codes)
    campaign, page = campaign_details(actor, campaign_id), list_recipients(actor, campaign_id, asked)
    waits = campaign.run_state is RunState.WAITING_CONNECTION
    return campaign, page, find_sms_plan(actor, campaign_id) if waits else None


def _found(campaign: CampaignDetails, page: RecipientPage, sms_plan: SmsPlan | None, query: RecipientQuery) -> Values:
    now = clock.now()
    above, below = details(campaign, now, sms_plan), recipients(page, campaign.time_zone, now)
    return Values(
        status="ready",
        shown=above,
        chart=chart(campaign, now),
        lines=below.lines,
        tabs=below.tabs,
        next_after=below.next_after,
        next_at=below.next_at,
        previous_before=below.previous_before,
        previous_at=below.previous_at,
        is_first=query.after is None and query.before is None,
        sort=sort_code(page.sort, descending=page.descending),
        may_sort_by_change=RecipientSort.UPDATED in page.sorts,
        exports=export_links(campaign, query),
        nothing=_nothing(query) if not below.lines else "",
        busy=False,
    )


def _nothing(query: RecipientQuery) -> str:
    return texts.no_result(query.search) if query.search else texts.NO_RECIPIENT


def _failed(error: str, reference: str) -> Values:
    return Values(status="error", error=error, reference=reference, busy=False)
