"""The list of campaigns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row
from sqlmodel import Session

from backend.database import reading
from backend.domain.campaign_list import (
    CampaignPage,
    CampaignQuery,
    CampaignRow,
    CampaignSelection,
    RowFacts,
    actions_for,
)
from backend.domain.channels import ConnectionState
from backend.domain.deliverability import deliverability
from backend.domain.rights import Right
from backend.domain.statuses import RecipientStatus, RunState
from backend.repositories import campaign_list as campaigns
from backend.repositories import organisations
from backend.services.acting import ActingUser
from backend.services.hold_ups import find_hold_ups


def list_campaigns(actor: ActingUser, query: CampaignQuery) -> CampaignPage:
    """One page of the campaigns that are not deleted, and how many each tab holds.

    Six statements at most, and up to two more while any of them is sending.

    Raises:
        ForbiddenError: without the right `campaigns.view`.
    """
    actor.require(Right.CAMPAIGNS_VIEW)
    with reading() as session:
        counts = campaigns.count_tabs(session, query.search)
        total = counts.of(query.tab)
        page = min(query.page, max(-(-total // query.page_size), 1))
        organisation = organisations.get(session)
        connected = organisation.whatsapp_state is ConnectionState.CONNECTED
        found = campaigns.list_page(session, query, page, counts) if total else []
        rows = _rows(session, actor, found, whatsapp_connected=connected)
    may_create = actor.may(Right.CAMPAIGNS_EDIT)
    return CampaignPage(rows, counts, total, page, query.page_size, organisation.time_zone, may_create)


def count_selection(actor: ActingUser, selection: CampaignSelection) -> int:
    """How many campaigns a selection holds now, beyond what the tabs count of a search.

    Raises:
        ForbiddenError: without the right `campaigns.view`.
    """
    actor.require(Right.CAMPAIGNS_VIEW)
    with reading() as session:
        return campaigns.count_selected(session, selection)


def _rows(
    session: Session, actor: ActingUser, found: Sequence[Row[Any]], *, whatsapp_connected: bool
) -> list[CampaignRow]:
    if not found:
        return []
    ids = [row.id for row in found]
    categories = campaigns.categories_of(session, ids)
    links, files = campaigns.count_links(session, ids), campaigns.count_files(session, ids)
    hold_ups = find_hold_ups(session, [row.id for row in found if row.run_state is RunState.SENDING])
    rights = {right for right in Right if actor.may(right)}
    return [
        _row(
            row,
            categories=categories.get(row.id, []),
            link_count=links.get(row.id, 0),
            file_count=files.get(row.id, 0),
            hold_up=hold_ups.get(row.id),
            actions=actions_for(
                RowFacts(row.run_state, row.channel, row.started_at is not None, whatsapp_connected), rights
            ),
        )
        for row in found
    ]


def _row(row: Row[Any], **joined: Any) -> CampaignRow:
    outcome = deliverability({status: getattr(row, f"{status.value}_count") for status in RecipientStatus})
    return CampaignRow(
        id=row.id,
        title=row.title,
        channel=row.channel,
        status=row.status,
        run_state=row.run_state,
        created_at=row.created_at,
        scheduled_at=row.scheduled_at,
        targets=row.targets_count,
        deliverability=outcome,
        processed=outcome.total - row.pending_count - row.claimed_count,
        preview=row.preview,
        from_template=row.template_id is not None,
        **joined,
    )
