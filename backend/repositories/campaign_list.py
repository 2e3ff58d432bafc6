"""The SQL of the list of campaigns: a fixed number of statements, whatever the number of rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, case, func, select
from sqlmodel import Session, col

from backend.domain.campaign_list import CampaignQuery, Sort, Tab, TabCounts
from backend.domain.search import search_words
from backend.domain.statuses import CampaignStatus
from backend.models import (
    Campaign,
    CampaignCategory,
    CampaignFile,
    CampaignLink,
    Category,
    TargetRole,
)

_Listing = Select[*tuple[Any, ...]]
_STATUS_OF = {Tab.DRAFT: CampaignStatus.INIT, Tab.VALIDATED: CampaignStatus.VALIDATE}
# Named one by one: a body of an email can be large, and no row of the list shows it.
_SHOWN: tuple[Any, ...] = tuple(
    col(column)
    for column in (
        Campaign.id, Campaign.title, Campaign.channel, Campaign.status, Campaign.run_state, Campaign.created_at,
        Campaign.scheduled_at, Campaign.targets_count, Campaign.preview, Campaign.template_id,
        Campaign.pending_count, Campaign.claimed_count, Campaign.accepted_count, Campaign.sent_count,
        Campaign.delivered_count, Campaign.read_count, Campaign.failed_count, Campaign.skipped_count,
        Campaign.cancelled_count, Campaign.unknown_count,
    )
)  # fmt: skip


def count_tabs(session: Session, search: str) -> TabCounts:
    """How many campaigns match the search, by status."""
    counting = select(col(Campaign.status), func.count()).where(*_found(search)).group_by(col(Campaign.status))
    counts = dict(session.execute(counting).all())
    return TabCounts(draft=counts.get(CampaignStatus.INIT, 0), validated=counts.get(CampaignStatus.VALIDATE, 0))


def list_page(session: Session, query: CampaignQuery, page: int) -> Sequence[Row[Any]]:
    """The columns of `_SHOWN`, in the order asked for; `page` counts from 1."""
    listing: _Listing = select(*_SHOWN).where(*_found(query.search))
    if query.tab in _STATUS_OF:
        listing = listing.where(col(Campaign.status) == _STATUS_OF[query.tab])
    return session.execute(_sorted(listing, query).limit(query.page_size).offset((page - 1) * query.page_size)).all()


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


def _found(search: str) -> list[ColumnElement[bool]]:
    """Not deleted, and every word somewhere in title or subject. `autoescape`: % and _ stand for themselves."""
    listed = col(Campaign.deleted_at).is_(None)
    return [listed, *(col(Campaign.search_text).contains(word, autoescape=True) for word in search_words(search))]


def _sorted(listing: _Listing, query: CampaignQuery) -> _Listing:
    """The newest first among equals; a campaign with nothing to count comes last either way."""
    if query.sort is Sort.DATE:
        newest_first = (col(Campaign.created_at).desc(), col(Campaign.id).desc())
        return listing.order_by(*newest_first if query.descending else (col(Campaign.created_at), col(Campaign.id)))
    value = col(Campaign.targets_count) if query.sort is Sort.TARGETS else _success_share()
    direction = value.desc() if query.descending else value.asc()
    return listing.order_by(value.is_(None), direction, col(Campaign.created_at).desc(), col(Campaign.id).desc())


def _success_share() -> ColumnElement[Any]:
    """Success in thousandths of the counted recipients, as `domain.deliverability` counts them; NULL if none is."""
    success = col(Campaign.sent_count) + col(Campaign.delivered_count) + col(Campaign.read_count)
    waiting = (
        col(Campaign.pending_count)
        + col(Campaign.claimed_count)
        + col(Campaign.accepted_count)
        + col(Campaign.unknown_count)
    )
    total = success + waiting + col(Campaign.failed_count)
    return case((total > 0, success * 1.0 / total))
