"""The rows of the trash, in words."""

from __future__ import annotations

from dataclasses import dataclass, field

from backend.domain.campaign_list import TrashPage, TrashRow, restored_state
from backend.domain.schedules import to_local
from unisoft_ui.texts import campaigns, formats
from unisoft_ui.texts import trash as texts
from unisoft_ui.view_models.channels import ChannelTag, channel_tag
from unisoft_ui.view_models.pagination import Pagination, pagination


@dataclass(frozen=True)
class TrashLine:
    """One row. `comes_back` says what restoring changes; "" where it changes nothing."""

    id: int
    title: str
    channel: ChannelTag
    state: str
    comes_back: str
    date: str
    time: str
    deleted_by: str
    left: str
    select_label: str
    restore_label: str
    restore_id: str


@dataclass(frozen=True)
class TrashList:
    """Everything of the page that comes from the database. `status`: loading, ready, empty."""

    lines: list[TrashLine] = field(default_factory=list)
    line_ids: list[int] = field(default_factory=list)
    pagination: Pagination = field(default_factory=Pagination)
    status: str = "loading"


def trash_list(page: TrashPage) -> TrashList:
    """A page of the trash as it is shown, in the organisation's zone."""
    return TrashList(
        lines=[_line(row, page.time_zone) for row in page.rows],
        line_ids=[row.id for row in page.rows],
        pagination=pagination(page.page, page.page_size, page.total),
        status="ready" if page.rows else "empty",
    )


def _line(row: TrashRow, zone: str) -> TrashLine:
    deleted = to_local(row.deleted_at, zone)
    title = row.title or texts.UNTITLED
    return TrashLine(
        id=row.id,
        title=title,
        channel=channel_tag(row.channel),
        state=texts.STATES[row.run_state],
        comes_back="" if restored_state(row.run_state) is row.run_state else texts.COMES_BACK_CANCELLED,
        date=formats.day(deleted),
        time=formats.time(deleted),
        deleted_by=row.deleted_by or texts.SYSTEM,
        left=texts.days(row.days_left),
        select_label=campaigns.select(title, formats.day(deleted), formats.time(deleted)),
        restore_label=texts.restore_one(title),
        restore_id=f"restore-{row.id}",
    )
