"""The SQL of the list of campaigns: a fixed number of statements, and pages that cost the same however long it is.

`sort_*`: what the migration of the list made, each database in its own way.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Row,
    Select,
    and_,
    case,
    column,
    delete,
    func,
    insert,
    literal_column,
    select,
    table,
    update,
)
from sqlmodel import Session, col

from backend.database import is_postgresql
from backend.domain.campaign_list import CampaignQuery, CampaignSelection, Sort, Tab, TabCounts
from backend.domain.search import search_words
from backend.domain.statuses import CampaignStatus, RunState
from backend.models import (
    AuditEntry,
    Campaign,
    CampaignCategory,
    CampaignFile,
    CampaignLink,
    Category,
    LedgerEntry,
    TargetRole,
    table_of,
)
from backend.models.campaigns import CampaignTotals
from backend.repositories import campaign_search
from backend.repositories.campaign_search import STATUS

_Listing = Select[*tuple[Any, ...]]
_Conditions = list[ColumnElement[bool]]
_campaign = table_of(Campaign)
_totals = table_of(CampaignTotals)
_ledger = table_of(LedgerEntry)
_audit = table_of(AuditEntry)
_STATUS_OF = {Tab.DRAFT: CampaignStatus.INIT, Tab.VALIDATED: CampaignStatus.VALIDATE}
_NEWEST_FIRST = campaign_search.newest_first(_campaign)
_OLDEST_FIRST = campaign_search.oldest_first(_campaign)
_WORTH_SKIPPING = 1_000
_WEEK_S = 7 * 24 * 60 * 60

_weeks = table("sort_weeks", column("week", Integer), column("draft", Integer), column("validated", Integer))
_share_falling, _share_rising = (literal_column(f"campaign.sort_share_{way}") for way in ("falling", "rising"))
_LISTED = _campaign.c.deleted_at.is_(None)
# Named one by one: a body of an email can be large, and no row of the list shows it.
_SHOWN: tuple[Any, ...] = tuple(
    col(column)
    for column in (
        Campaign.id, Campaign.title, Campaign.channel, Campaign.status, Campaign.run_state, Campaign.created_at,
        Campaign.scheduled_at, Campaign.started_at, Campaign.targets_count, Campaign.preview, Campaign.template_id,
        Campaign.pending_count, Campaign.claimed_count, Campaign.accepted_count, Campaign.sent_count,
        Campaign.delivered_count, Campaign.read_count, Campaign.failed_count, Campaign.skipped_count,
        Campaign.cancelled_count, Campaign.unknown_count,
    )
)  # fmt: skip


def count_tabs(session: Session, search: str) -> TabCounts:
    """How many campaigns match the search, by status; without a search they are not counted but looked up."""
    if words := search_words(search):
        return campaign_search.count(session, words)
    row = session.execute(select(_totals.c.draft, _totals.c.validated)).one()
    return TabCounts(row.draft, row.validated)


def list_page(session: Session, query: CampaignQuery, page: int, counts: TabCounts) -> Sequence[Row[Any]]:
    """The columns of `_SHOWN`, in the order asked for; `page` counts from 1.

    The page is found in an index, and only its rows are read.
    """
    order = _order(query)
    page_ids = _page_ids(session, query, page, counts).subquery("page")
    listing: _Listing = select(*_SHOWN).join_from(_campaign, page_ids, page_ids.c.id == _campaign.c.id)
    return session.execute(listing.order_by(*order)).all()


def _page_ids(session: Session, query: CampaignQuery, page: int, counts: TabCounts) -> Select[int]:
    words, total = search_words(query.search), counts.of(query.tab)
    offset, limit = (page - 1) * query.page_size, query.page_size
    if words:
        return _found(session, query, words, total).limit(limit).offset(offset)
    order, is_by_date, backwards = _order(query), _sorted_by(query) is Sort.DATE, offset > total // 2
    if backwards:
        # Nearer to the end: counted from there.
        offset, limit = max(total - offset - limit, 0), min(limit, total - offset)
        order = _reversed(query)
    ids = select(_campaign.c.id).where(_LISTED, *_in_tab(session, query)).order_by(*order).limit(limit)
    if is_by_date and offset > _WORTH_SKIPPING and is_postgresql(session):
        return _skip_weeks(ids, query.tab, offset, newest_first=order is _NEWEST_FIRST)
    return ids.offset(offset)


def _found(session: Session, query: CampaignQuery, words: list[str], total: int) -> Select[int]:
    """The matches of a search in the order asked for; by date, they are read where their texts are."""
    is_crowded = campaign_search.is_crowded(session, words, total)
    source, found = campaign_search.found(session, words, is_crowded=is_crowded)
    if source is _campaign or _sorted_by(query) is not Sort.DATE:
        found = _results(session, words, is_crowded=is_crowded)
        return select(_campaign.c.id).where(*found, *_in_tab(session, query)).order_by(*_order(query))
    order = (
        campaign_search.newest_first(source) if _order(query) is _NEWEST_FIRST else campaign_search.oldest_first(source)
    )
    in_tab = [source.c.status == STATUS[_STATUS_OF[query.tab]]] if query.tab in _STATUS_OF else []
    return select(source.c.id).where(*found, *in_tab).order_by(*order)


def _skip_weeks(ids: Select[int], tab: Tab, offset: int, *, newest_first: bool) -> Select[int]:
    """Begin in the week that holds the offset: PostgreSQL knows how many campaigns each week has."""
    number = _weeks.c.draft + _weeks.c.validated if tab is Tab.ALL else _weeks.c[tab.value]
    deeper = _weeks.c.week.desc() if newest_first else _weeks.c.week.asc()
    before = (func.sum(number).over(order_by=deeper) - number).label("before")
    counted = select(_weeks.c.week, before).subquery("counted")
    nearest = counted.c.week.asc() if newest_first else counted.c.week.desc()
    start = select(counted.c.week, counted.c.before).where(counted.c.before <= offset).order_by(nearest).limit(1)
    start = start.cte("start")
    week, skipped = select(start.c.week).scalar_subquery(), select(start.c.before).scalar_subquery()
    if newest_first:
        ids = ids.where(_campaign.c.created_at < func.to_timestamp((week + 1) * _WEEK_S))
    else:
        ids = ids.where(_campaign.c.created_at >= func.to_timestamp(week * _WEEK_S))
    return ids.offset(offset - skipped)


def _in_tab(session: Session, query: CampaignQuery) -> _Conditions:
    if query.tab not in _STATUS_OF:
        return []
    status: ColumnElement[Any] = _campaign.c.status
    if query.sort is not Sort.DATE and not is_postgresql(session):
        # The plus keeps SQLite from the index of the tab, after which it would have to sort.
        status = literal_column("+campaign.status")
    return [status == STATUS[_STATUS_OF[query.tab]]]


def categories_of(session: Session, campaign_ids: Sequence[int]) -> dict[int, list[str]]:
    """The names of the targeted categories of each campaign, in alphabetical order."""
    targeted = (
        select(col(CampaignCategory.campaign_id), col(Category.name))
        .join(Category, col(Category.id) == col(CampaignCategory.category_id))
        .where(col(CampaignCategory.campaign_id).in_(campaign_ids))
        .where(col(CampaignCategory.role) == TargetRole.INCLUDE)
        .order_by(col(Category.name))
    )
    names: dict[int, list[str]] = {}
    for campaign_id, name in session.execute(targeted):
        names.setdefault(campaign_id, []).append(name)
    return names


def count_links(session: Session, campaign_ids: Sequence[int]) -> dict[int, int]:
    """Web links of each campaign; none of those without."""
    return _count(session, col(CampaignLink.campaign_id), campaign_ids)


def count_files(session: Session, campaign_ids: Sequence[int]) -> dict[int, int]:
    """Documents and videos of each campaign; none of those without."""
    return _count(session, col(CampaignFile.campaign_id), campaign_ids)


def _count(session: Session, owner: Any, campaign_ids: Sequence[int]) -> dict[int, int]:
    counting = select(owner, func.count()).where(owner.in_(campaign_ids)).group_by(owner)
    return dict(session.execute(counting).all())


def selected(session: Session, selection: CampaignSelection) -> _Conditions:
    """What the listed campaigns of a selection have in common; all results of a search, however many."""
    if not selection.all_results:
        return [_LISTED, _campaign.c.id.in_(selection.ids)]
    conditions = _results(session, search_words(selection.search))
    if selection.tab in _STATUS_OF:
        conditions.append(_campaign.c.status == STATUS[_STATUS_OF[selection.tab]])
    if selection.newest_id is not None:
        conditions.append(_campaign.c.id <= selection.newest_id)
    if selection.excluded_ids:
        conditions.append(_campaign.c.id.not_in(selection.excluded_ids))
    return conditions


def count_selected(session: Session, selection: CampaignSelection) -> int:
    """Listed campaigns of a selection."""
    return session.execute(
        select(func.count()).select_from(_campaign).where(*selected(session, selection))
    ).scalar_one()


def _results(session: Session, words: list[str], *, is_crowded: bool = False) -> _Conditions:
    """Not deleted, and every word somewhere in title or subject."""
    if not words:
        return [_LISTED]
    source, found = campaign_search.found(session, words, is_crowded=is_crowded)
    return found if source is _campaign else [_LISTED, _campaign.c.id.in_(select(source.c.id).where(*found))]


def _order(query: CampaignQuery) -> tuple[ColumnElement[Any], ...]:
    """The newest first among equals; a campaign with nothing to count comes last either way."""
    match _sorted_by(query), query.descending:
        case Sort.TARGETS, descending:
            targets = _campaign.c.targets_count
            return (targets.desc() if descending else targets.asc(), *_NEWEST_FIRST)
        case Sort.DELIVERABILITY, descending:
            return (_share_falling.desc() if descending else _share_rising.asc(), *_NEWEST_FIRST)
        case _, descending:
            return _NEWEST_FIRST if descending or query.sort is Sort.DELIVERABILITY else _OLDEST_FIRST


def _reversed(query: CampaignQuery) -> tuple[ColumnElement[Any], ...]:
    match _sorted_by(query), query.descending:
        case Sort.TARGETS, descending:
            targets = _campaign.c.targets_count
            return (targets.asc() if descending else targets.desc(), *_OLDEST_FIRST)
        case Sort.DELIVERABILITY, descending:
            return (_share_falling.asc() if descending else _share_rising.desc(), *_OLDEST_FIRST)
        case _, descending:
            return _OLDEST_FIRST if descending or query.sort is Sort.DELIVERABILITY else _NEWEST_FIRST


def _sorted_by(query: CampaignQuery) -> Sort:
    """No draft has anything to count: all of them are equal, and the newest comes first."""
    no_shares = query.sort is Sort.DELIVERABILITY and query.tab is Tab.DRAFT
    return Sort.DATE if no_shares else query.sort


# --- Deleting, and the trash.

_has_ended = _campaign.c.run_state.in_((RunState.DONE, RunState.CANCELLED))
_LEFT = sum((_campaign.c[f"{name}_count"] for name in ("accepted", "sent", "delivered", "read", "unknown")),
            _campaign.c.claimed_count)  # fmt: skip
_IN_TRASH = [_campaign.c[name] for name in ("id", "title", "channel", "status", "run_state", "deleted_at")]
KIND = case(
    (_campaign.c.run_state == RunState.IDLE, "drafts"),
    (_has_ended, "finished"),
    (_campaign.c.started_at.is_(None), "scheduled"),
    else_="sending",
)
"""Which number of a `DeletionSummary` a campaign is counted in."""


def sum_up(session: Session, conditions: _Conditions) -> Sequence[Row[Any]]:
    """By kind: `kind`, `number`, `left`, `stopped` (recipients) and `newest_id`."""
    return session.execute(
        select(
            KIND.label("kind"),
            func.count().label("number"),
            func.sum(_LEFT).label("left"),
            func.sum(_campaign.c.pending_count).label("stopped"),
            func.max(_campaign.c.id).label("newest_id"),
        )
        .where(*conditions)
        .group_by("kind")
    ).all()


def next_ids(session: Session, conditions: _Conditions, after_id: int, limit: int) -> list[int]:
    """The next campaigns by id."""
    query = select(_campaign.c.id).where(*conditions, _campaign.c.id > after_id).order_by(_campaign.c.id).limit(limit)
    return list(session.execute(query).scalars())


def lock_listed(session: Session, campaign_ids: Sequence[int]) -> Sequence[Row[Any]]:
    """Of these campaigns those that nobody deleted, locked: `id`, `run_state`, `kind`, `pending_count`."""
    return session.execute(
        select(_campaign.c.id, _campaign.c.run_state, KIND.label("kind"), _campaign.c.pending_count)
        .where(_campaign.c.id.in_(campaign_ids), _LISTED)
        .order_by(_campaign.c.id)
        .with_for_update()
    ).all()


def count_left(session: Session, campaign_id: int) -> int:
    """Messages of a campaign that were handed over, or are being so."""
    return session.execute(select(_LEFT).where(_campaign.c.id == campaign_id)).scalar_one()


def hide(session: Session, campaign_ids: Sequence[int], moment: datetime) -> None:
    """Take locked campaigns off the list, and end the runs that had not ended: no window is claimed any more."""
    ended = case(
        (_has_ended | (_campaign.c.run_state == RunState.IDLE), _campaign.c.run_state), else_=RunState.CANCELLED
    )
    session.execute(
        update(_campaign)
        .where(_campaign.c.id.in_(campaign_ids))
        .values(deleted_at=moment, updated_at=moment, run_state=ended)
    )


def count_trash(session: Session, since: datetime) -> int:
    """Campaigns deleted since a moment."""
    return session.execute(
        select(func.count())
        .select_from(_campaign)
        .where(_campaign.c.deleted_at.is_not(None), _campaign.c.deleted_at > since)
    ).scalar_one()


def list_trash(session: Session, since: datetime, *, limit: int, offset: int) -> Sequence[Row[Any]]:
    """The columns of `_IN_TRASH` of what was deleted since a moment, the last first."""
    return session.execute(
        select(*_IN_TRASH)
        .where(_campaign.c.deleted_at.is_not(None), _campaign.c.deleted_at > since)
        .order_by(_campaign.c.deleted_at.desc(), _campaign.c.id.desc())
        .limit(limit)
        .offset(offset)
    ).all()


def lock_trash(session: Session, campaign_ids: Sequence[int], since: datetime) -> Sequence[Row[Any]]:
    """Of these campaigns those that can be restored, locked: `id`, `run_state`."""
    return session.execute(
        select(_campaign.c.id, _campaign.c.run_state)
        .where(_campaign.c.id.in_(campaign_ids), _campaign.c.deleted_at > since)
        .order_by(_campaign.c.id)
        .with_for_update()
    ).all()


def show_again(session: Session, campaign_ids: Sequence[int], state: RunState, moment: datetime) -> None:
    """Put locked campaigns back on the list, in a run state."""
    session.execute(
        update(_campaign)
        .where(_campaign.c.id.in_(campaign_ids))
        .values(deleted_at=None, updated_at=moment, run_state=state)
    )


def latest_deletions(session: Session, campaign_ids: Sequence[int]) -> dict[int, Row[Any]]:
    """Who deleted each campaign last, from the audit: `actor` and `details`."""
    rows = session.execute(
        select(_audit.c.subject_id, _audit.c.actor, _audit.c.details)
        .where(_audit.c.subject == "campaign", _audit.c.subject_id.in_(campaign_ids), _audit.c.action == "delete")
        .order_by(_audit.c.id)
    )
    return {row.subject_id: row for row in rows}


def list_erasable(session: Session, before: datetime, limit: int) -> list[int]:
    """Drafts deleted before a moment. One that ever held credits is none of them, because its ledger stays."""
    draft = and_(_campaign.c.deleted_at.is_not(None), _campaign.c.status == STATUS[CampaignStatus.INIT])
    has_ledger = select(_ledger.c.id).where(_ledger.c.campaign_id == _campaign.c.id).exists()
    query = select(_campaign.c.id).where(draft, _campaign.c.deleted_at <= before, ~has_ledger).limit(limit)
    return list(session.execute(query).scalars())


def erase(session: Session, campaign_ids: Sequence[int], before: datetime) -> int:
    """Erase campaigns for good, unless somebody restored them; gives how many."""
    still_old = (_campaign.c.id.in_(campaign_ids), _campaign.c.deleted_at <= before)
    erased = session.execute(delete(_campaign).where(*still_old))
    return erased.rowcount  # pyright: ignore[reportAttributeAccessIssue]


# --- The totals of the tabs.


def stored_totals(session: Session) -> tuple[int, int]:
    """Drafts and validated campaigns as the triggers counted them, locked until the commit."""
    row = session.execute(select(_totals.c.draft, _totals.c.validated).with_for_update()).one()
    return row.draft, row.validated


def counted_totals(session: Session) -> tuple[int, int]:
    """Drafts and validated campaigns, counted."""
    counting = select(_campaign.c.status, func.count()).where(_LISTED).group_by(_campaign.c.status)
    counts = dict(session.execute(counting).all())
    return counts.get(CampaignStatus.INIT, 0), counts.get(CampaignStatus.VALIDATE, 0)


def set_totals(session: Session, draft: int, validated: int) -> None:
    """Overwrite the totals with a recount, and on PostgreSQL those of the weeks."""
    session.execute(update(_totals).values(draft=draft, validated=validated))
    if is_postgresql(session):
        session.execute(delete(_weeks))
        numbers = (func.count().filter(_campaign.c.status == STATUS[status]) for status in CampaignStatus)
        week = func.sort_week(_campaign.c.created_at)
        counted = select(week, *numbers).where(_LISTED).group_by(week)
        session.execute(insert(_weeks).from_select(["week", "draft", "validated"], counted))
