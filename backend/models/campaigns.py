"""A campaign: its content, its targets, its life, and the counters of its recipients."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field

from backend.domain.channels import Channel, Medium
from backend.domain.file_types import FileKind
from backend.domain.statuses import CampaignStatus, RunState
from backend.models.base import Table, created_field, enum_field


class TargetMatch(StrEnum):
    """How several categories combine."""

    ANY = "any"
    ALL = "all"


class TargetRole(StrEnum):
    """Whether a category or a contact is added to the targets or taken out of them."""

    INCLUDE = "include"
    EXCLUDE = "exclude"


COUNTED = ("pending", "claimed", "accepted", "sent", "delivered", "read", "failed", "skipped", "cancelled", "unknown")

_LISTED = text("deleted_at IS NULL")
_DELETED = text("deleted_at IS NOT NULL")
_DELETED_DRAFT = text("deleted_at IS NOT NULL AND status = 'INIT'")
_FROM_TEMPLATE = text("template_id IS NOT NULL AND deleted_at IS NULL")
_IN_MIGRATIONS_ONLY = ("campaign_search", "sort_", "ix_recipient_status", "status_group")


def is_modelled(name: str | None, _kind: str, _parents: object) -> bool:
    """Alembic's `include_name`: leaves out what only migrations know, because the two databases do it differently.

    That is what the list is searched in, what it is sorted and its pages are skipped by, and the index of statuses.
    """
    return not (name or "").startswith(_IN_MIGRATIONS_ONLY)


class Campaign(Table, table=True):
    """One message to one frozen set of contacts on one channel.

    The `*_count` columns change in the same transaction as the recipients they count.
    `version` grows with every edit: a save or a validation of an older version is refused.
    `drain_seen_at`: the last time a drain was woken or began; `worker_seen_at`: a worker was at the run without an
    error, or the run was made to send. `held_up_*`: since when the provider of a medium takes nothing, while the run
    is sending.
    `clicked_count`: recipients who clicked at least once.
    """

    __tablename__ = "campaign"
    __table_args__ = (
        CheckConstraint("(status = 'INIT') = (run_state = 'idle')", name="draft_is_idle"),
        CheckConstraint("status = 'INIT' OR validated_at IS NOT NULL", name="validated_at"),
        CheckConstraint(" AND ".join(f"{name}_count >= 0" for name in COUNTED), name="counts_not_negative"),
        CheckConstraint("clicked_count >= 0", name="clicked_count"),
        # They end with all that a page is chosen by, so that pages are skipped in the index alone.
        Index("ix_campaign_list", "created_at", "id", "status", "deleted_at",
              sqlite_where=_LISTED, postgresql_where=_LISTED),
        Index("ix_campaign_tab", "status", "created_at", "id", "deleted_at",
              sqlite_where=_LISTED, postgresql_where=_LISTED),
        Index("ix_campaign_trash", "deleted_at", "id", sqlite_where=_DELETED, postgresql_where=_DELETED),
        Index("ix_campaign_erasable", "deleted_at", sqlite_where=_DELETED_DRAFT, postgresql_where=_DELETED_DRAFT),
        Index("ix_campaign_template", "template_id", sqlite_where=_FROM_TEMPLATE, postgresql_where=_FROM_TEMPLATE),
        Index("ix_campaign_run_state", "run_state", "scheduled_at"),
    )  # fmt: skip

    id: int | None = Field(default=None, primary_key=True)
    title: str = Field(max_length=120)
    subject: str = Field(default="", max_length=200)
    search_text: str = Field(default="", max_length=400)
    channel: Channel = enum_field(Channel)
    status: CampaignStatus = enum_field(CampaignStatus, CampaignStatus.INIT)
    run_state: RunState = enum_field(RunState, RunState.IDLE)
    version: int = 1

    sms_text: str = ""
    whatsapp_text: str = ""
    template_id: int | None = Field(default=None, foreign_key="template.id")
    preview: str = Field(default="", max_length=300)

    targets_everyone: bool = False
    target_match: TargetMatch = enum_field(TargetMatch, TargetMatch.ANY)
    one_per_household: bool = False
    targets_count: int = 0

    scheduled_at: datetime | None = None
    schedule_zone: str = Field(default="", max_length=64)
    late_by_s: int = 0

    created_at: datetime = created_field()
    created_by_id: int | None = Field(default=None, foreign_key="user_account.id")
    updated_at: datetime = created_field()
    validated_at: datetime | None = None
    validated_by_id: int | None = Field(default=None, foreign_key="user_account.id")
    started_at: datetime | None = None
    finished_at: datetime | None = None
    deleted_at: datetime | None = None
    drain_seen_at: datetime | None = None
    halt_code: str | None = Field(default=None, max_length=64)
    worker_seen_at: datetime | None = None
    held_up_code: str | None = Field(default=None, max_length=32)
    held_up_since: datetime | None = None
    held_up_medium: Medium | None = enum_field(Medium, nullable=True, name="held_up_medium")

    pending_count: int = 0
    claimed_count: int = 0
    accepted_count: int = 0
    sent_count: int = 0
    delivered_count: int = 0
    read_count: int = 0
    failed_count: int = 0
    skipped_count: int = 0
    cancelled_count: int = 0
    unknown_count: int = 0
    handed_over_count: int = 0
    refused_count: int = 0
    clicked_count: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})

    email_html: str = ""
    """Last, because a row is read up to the columns that are asked for, and this one may be long."""


class CampaignTotals(Table, table=True):
    """How many campaigns are listed (not deleted), by status, in one row.

    Triggers keep it, in the transaction that makes, validates, deletes or restores a campaign. On PostgreSQL
    they act as it commits, so that a long transaction holds nobody up here.
    """

    __tablename__ = "campaign_totals"
    __table_args__ = (CheckConstraint("id = 1", name="single_row"),)

    id: int = Field(default=1, primary_key=True)
    draft: int = 0
    validated: int = 0


class CampaignCategory(Table, table=True):
    """A category among the targets, or taken out of them."""

    __tablename__ = "campaign_category"

    campaign_id: int = Field(foreign_key="campaign.id", primary_key=True, ondelete="CASCADE")
    category_id: int = Field(foreign_key="category.id", primary_key=True, ondelete="CASCADE")
    role: TargetRole = enum_field(TargetRole, TargetRole.INCLUDE)


class CampaignContact(Table, table=True):
    """A single contact among the targets, or taken out of them."""

    __tablename__ = "campaign_contact"

    campaign_id: int = Field(foreign_key="campaign.id", primary_key=True, ondelete="CASCADE")
    contact_id: int = Field(foreign_key="contact.id", primary_key=True, ondelete="CASCADE")
    role: TargetRole = enum_field(TargetRole, TargetRole.INCLUDE)


class CampaignLink(Table, table=True):
    """A web link that goes with the message (counted in 🔗)."""

    __tablename__ = "campaign_link"

    id: int | None = Field(default=None, primary_key=True)
    campaign_id: int = Field(foreign_key="campaign.id", index=True, ondelete="CASCADE")
    url: str = Field(max_length=2000)
    title: str = Field(default="", max_length=200)
    position: int = 0


class CampaignFile(Table, table=True):
    """A document or video that goes with the message (counted in 📎). Content lives in the file store.

    `upload_id`: the upload it was, so that a form that was saved and does not know it yet can be saved again.
    """

    __tablename__ = "campaign_file"
    __table_args__ = (CheckConstraint("size_bytes >= 0", name="size"),)

    id: int | None = Field(default=None, primary_key=True)
    campaign_id: int = Field(foreign_key="campaign.id", index=True, ondelete="CASCADE")
    kind: FileKind = enum_field(FileKind)
    name: str = Field(max_length=255)
    content_type: str = Field(max_length=127)
    size_bytes: int
    sha256: str = Field(max_length=64, index=True)
    position: int = 0
    upload_id: int | None = None
