"""Recipients of a campaign, and the attempts made for them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Boolean, CheckConstraint, Column, Computed, Index, UniqueConstraint, text
from sqlmodel import Field

from backend.domain.channels import Medium
from backend.domain.statuses import CreditState, Reason, RecipientStatus
from backend.models.base import Table, created_field, enum_field

# Whoever is left out has a reason. The status would say so too, but then every change of it would write the index.
_HOLDS_ITS_ADDRESS = text("address IS NOT NULL AND reason IS NULL")
_PENDING = text("status = 'pending'")
_PENDING_GROUP = text("status_group = 'pending'")
_RESERVED = text("credit_state = 'reserved'")
_LEASED = text("lease_until IS NOT NULL")
_UNJUDGED = text("unjudged_since IS NOT NULL")


class Recipient(Table, table=True):
    """One contact inside one campaign, with one outcome.

    `address` is where the current medium sends; `email` and `mobile_e164` are the usable addresses
    frozen at validation, for the cascade. `fields` holds the frozen personal fields as a JSON object.
    `views`: how often the message was opened or read; `clicks`: how often something in it was; machines are left out.
    `segments` are the SMS parts its current try costs; `credit_state` says where those credits are.
    `first_attempt`: the number of the first attempt of the current try, which is the second try once somebody had a
    failed recipient retried. `segments_before`: what earlier tries were charged. The index of statuses, and what
    it has on PostgreSQL, are made by migrations: see `repositories.standing_at`.
    """

    __tablename__ = "recipient"
    __table_args__ = (
        UniqueConstraint("campaign_id", "contact_id"),
        Index("uq_recipient_campaign_address", "campaign_id", "address", unique=True,
              sqlite_where=_HOLDS_ITS_ADDRESS, postgresql_where=_HOLDS_ITS_ADDRESS),
        Index("ix_recipient_pending", "campaign_id", "medium", "id",
              sqlite_where=_PENDING, postgresql_where=_PENDING_GROUP),
        Index("ix_recipient_lease", "lease_until", sqlite_where=_LEASED, postgresql_where=_LEASED),
        Index("ix_recipient_contact_id", "contact_id"),
        Index("ix_recipient_reserved", "campaign_id", sqlite_where=_RESERVED, postgresql_where=_RESERVED),
        CheckConstraint("segments >= 0", name="segments"),
        CheckConstraint("views >= 0", name="views"),
        CheckConstraint("clicks >= 0", name="clicks"),
        CheckConstraint("first_attempt >= 1", name="first_attempt"),
        CheckConstraint("segments_before >= 0", name="segments_before"),
        CheckConstraint("(status = 'claimed') = (lease_until IS NOT NULL)", name="lease_of_claim"),
        CheckConstraint("status <> 'skipped' OR reason IS NOT NULL", name="skipped_has_reason"),
        CheckConstraint("status NOT IN ('pending', 'claimed') OR address IS NOT NULL", name="sendable_has_address"),
    )  # fmt: skip

    id: int | None = Field(default=None, primary_key=True)
    campaign_id: int = Field(foreign_key="campaign.id", ondelete="CASCADE")
    contact_id: int = Field(foreign_key="contact.id")
    status: RecipientStatus = enum_field(RecipientStatus)
    reason: Reason | None = enum_field(Reason, nullable=True)
    medium: Medium | None = enum_field(Medium, nullable=True)
    address: str | None = Field(default=None, max_length=254)
    email: str | None = Field(default=None, max_length=254)
    mobile_e164: str | None = Field(default=None, max_length=20)
    fields: str = "{}"
    segments: int = 0
    credit_state: CreditState = enum_field(CreditState, CreditState.NONE)
    attempt_count: int = 0
    lease_until: datetime | None = None
    vendor_code: str | None = Field(default=None, max_length=64)
    updated_at: datetime = created_field()
    views: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})
    clicks: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})
    first_attempt: int = Field(default=1, sa_column_kwargs={"server_default": text("1")})
    segments_before: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})


class Attempt(Table, table=True):
    """One message handed to a provider for a recipient on one medium.

    Written when the recipient is claimed, before anything leaves: whatever a provider reports later,
    there is a row to hold it. `status` follows the recipient's words; `claimed` means no answer yet.
    `sent_to` is written when its recipient is tried anew, perhaps elsewhere; until then it went to the recipient's.
    `assumed_at`: since when somebody takes it for delivered, as long as it is `unknown`. `ask_since`: when somebody
    wanted the provider asked again what became of it. `charged`: the SMS parts its try was charged, written when its
    recipient is tried anew; until then its recipient says so. `ended_as`: the provider's word for how an SMS ended that
    it took and that came to nothing; `unjudged_since`: its last report, until it is judged by that word whether its
    credits are given back; `refunded_at`: when they were (docs/decisions/0010). `campaign_id` is its recipient's,
    without a key of its own, which every message would pay for. `is_unknown` is for the index: did its condition name
    the status, PostgreSQL would write all indexes at every change of it.
    """

    __tablename__ = "attempt"
    __table_args__ = (
        UniqueConstraint("recipient_id", "number"),
        UniqueConstraint("provider", "provider_message_id"),
        Index("ix_attempt_unknown", "id", sqlite_where=text("status = 'unknown'"), postgresql_where=text("is_unknown")),
        Index("ix_attempt_unjudged", "unjudged_since", sqlite_where=_UNJUDGED, postgresql_where=_UNJUDGED),
    )  # fmt: skip

    id: int | None = Field(default=None, primary_key=True)
    recipient_id: int = Field(foreign_key="recipient.id", ondelete="CASCADE")
    campaign_id: int
    number: int
    medium: Medium = enum_field(Medium)
    provider: str = Field(max_length=32)
    status: RecipientStatus = enum_field(RecipientStatus)
    provider_message_id: str | None = Field(default=None, max_length=200)
    vendor_code: str | None = Field(default=None, max_length=64)
    claimed_at: datetime = created_field()
    answered_at: datetime | None = None
    asked_at: datetime | None = None
    sent_to: str | None = Field(default=None, max_length=254)
    assumed_at: datetime | None = None
    ask_since: datetime | None = None
    is_unknown: bool | None = Field(default=None, sa_column=Column(Boolean, Computed("status = 'unknown'")))
    charged: int | None = None
    ended_as: str | None = None
    unjudged_since: datetime | None = None
    refunded_at: datetime | None = None
