"""The rows of the list of campaigns, in words."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from backend.domain.campaign_list import Action, CampaignPage, CampaignQuery, CampaignRow, Tab, TabCounts
from backend.domain.schedules import to_local
from backend.domain.search import matches, search_words
from backend.domain.statuses import CampaignStatus
from unisoft_ui import routes
from unisoft_ui.texts import campaigns as texts
from unisoft_ui.texts import formats, number
from unisoft_ui.view_models.channels import ChannelTag, channel_tag
from unisoft_ui.view_models.excerpts import Part, cut, marked_parts
from unisoft_ui.view_models.outcomes import Outcome, outcome_of
from unisoft_ui.view_models.pagination import Pagination, pagination
from unisoft_ui.view_models.run_notes import RunNote, run_note

_PREVIEW_LENGTH = 80
_TOOLTIP_LENGTH = 300
_CATEGORIES_SHOWN = 2
_IN_MENU = {
    Action.DUPLICATE,
    Action.BACK_TO_DRAFT,
    Action.PAUSE,
    Action.RESUME,
    Action.CANCEL,
    Action.DELETE,
}


@dataclass(frozen=True)
class CampaignLine:
    """One row. Texts are ready to show; an empty one is not shown. `matched_title` only while searching."""

    id: int
    date: str
    time: str
    title: str
    select_label: str
    matched_title: list[Part]
    channel: ChannelTag
    targets: str
    outcome: Outcome
    note: RunNote
    categories: list[str]
    more_categories: str
    more_names: str
    preview: list[Part]
    tooltip: str
    from_template: bool
    links: str
    links_spoken: str
    files: str
    files_spoken: str
    may_edit: bool
    edit_href: str
    may_validate: bool
    validate_id: str
    may_see_details: bool
    details_href: str
    may_connect: bool
    connect_id: str
    may_duplicate: bool
    may_go_back: bool
    may_pause: bool
    may_resume: bool
    may_cancel: bool
    may_delete: bool
    has_menu: bool
    menu_id: str


@dataclass(frozen=True)
class CampaignList:
    """Everything of the page that comes from the database. `status`: loading, ready, empty, empty_tab, no_result.

    `select_results` offers to select what is on other pages too; "" when there is nothing.
    """

    lines: list[CampaignLine] = field(default_factory=list)
    line_ids: list[int] = field(default_factory=list)
    select_results: str = ""
    tabs: list[str] = field(default_factory=lambda: tab_labels(texts.COUNT_LOADING))
    pagination: Pagination = field(default_factory=Pagination)
    status: str = "loading"
    may_create: bool = True


def campaign_list(page: CampaignPage, query: CampaignQuery, now: datetime) -> CampaignList:
    """A page of the list as it is shown, in the organisation's zone."""
    words = search_words(query.search)
    return CampaignList(
        lines=[_line(row, words, page.time_zone, now) for row in page.rows],
        line_ids=[row.id for row in page.rows],
        select_results=_select_results(page, query),
        tabs=_counted_tabs(page.counts),
        pagination=pagination(page.page, page.page_size, page.total, _counted(page.counts, query.tab)),
        status=_status(page, query),
        may_create=page.may_create,
    )


def tab_labels(count: str) -> list[str]:
    """The tabs with the same sign for every count: loading, or unknown."""
    return [texts.tab(tab, count) for tab in Tab]


def _status(page: CampaignPage, query: CampaignQuery) -> str:
    if page.rows:
        return "ready"
    if query.search:
        return "no_result"
    return "empty_tab" if page.counts.all else "empty"


def _select_results(page: CampaignPage, query: CampaignQuery) -> str:
    if page.total <= len(page.rows):
        return ""
    return texts.select_results("" if page.counts.bounded else number(page.total), of_search=bool(query.search))


def _counted_tabs(counts: TabCounts) -> list[str]:
    return [texts.tab(tab, _counted(counts, tab)) for tab in Tab]


def _counted(counts: TabCounts, tab: Tab) -> str:
    counted = number(counts.of(tab))
    return texts.at_least(counted) if counts.is_least(tab) else counted


def _line(row: CampaignRow, words: list[str], zone: str, now: datetime) -> CampaignLine:
    created = to_local(row.created_at, zone)
    preview = cut(row.preview, _PREVIEW_LENGTH)
    others = row.categories[_CATEGORIES_SHOWN:]
    return CampaignLine(
        id=row.id,
        date=formats.day(created),
        time=formats.time(created),
        title=row.title,
        select_label=texts.select(row.title, formats.day(created), formats.time(created)),
        matched_title=_matched_title(row.title, preview, words),
        channel=channel_tag(row.channel),
        targets=number(row.targets),
        outcome=outcome_of(row.deliverability, is_draft=row.status is CampaignStatus.INIT),
        note=run_note(row, zone, now),
        categories=list(row.categories[:_CATEGORIES_SHOWN]),
        more_categories=f"+{len(others)}" if others else "",
        more_names=texts.more_categories(", ".join(others)) if others else "",
        preview=marked_parts(preview, words),
        tooltip=_tooltip(row.preview, "" if row.from_template else preview),
        from_template=row.from_template,
        links=number(row.link_count) if row.link_count else "",
        links_spoken=texts.links(row.link_count),
        files=number(row.file_count) if row.file_count else "",
        files_spoken=texts.files(row.file_count),
        may_edit=Action.EDIT in row.actions,
        edit_href=routes.campaign_edit(row.id),
        may_validate=Action.VALIDATE in row.actions,
        validate_id=f"validate-{row.id}",
        may_see_details=Action.DETAILS in row.actions,
        details_href=routes.campaign_detail(row.id),
        may_connect=Action.CONNECT_WHATSAPP in row.actions,
        connect_id=f"qr-{row.id}",
        may_duplicate=Action.DUPLICATE in row.actions,
        may_go_back=Action.BACK_TO_DRAFT in row.actions,
        may_pause=Action.PAUSE in row.actions,
        may_resume=Action.RESUME in row.actions,
        may_cancel=Action.CANCEL in row.actions,
        may_delete=Action.DELETE in row.actions,
        menu_id=f"menu-{row.id}",
        has_menu=bool(_IN_MENU & set(row.actions)),
    )


def _matched_title(title: str, preview: str, words: list[str]) -> list[Part]:
    """The title has no column: it is shown when a search found it and nothing else in the row says why."""
    return marked_parts(title, words) if words and not matches(preview, words) else []


def _tooltip(stored: str, shown: str) -> str:
    """What a tooltip adds to the text shown; "" when that is the whole message."""
    if stored == shown:
        return ""
    # Stored previews end at 300 characters: one of that length is the beginning of a longer message.
    return cut(stored + " ", _TOOLTIP_LENGTH) if len(stored) >= _TOOLTIP_LENGTH else stored
