"""SMS credits: an append-only ledger, and its running totals."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field

from backend.domain.statuses import LedgerKind
from backend.models.base import Table, created_field, enum_field

_OF_AN_ORDER = text("order_id IS NOT NULL")


class CreditBalance(Table, table=True):
    """The sums of the ledger, in one row: `available = bought - charged - reserved`, never negative.

    Updating it is the lock under which credits move.
    """

    __tablename__ = "credit_balance"
    __table_args__ = (
        CheckConstraint("id = 1", name="single_row"),
        CheckConstraint("bought >= 0 AND charged >= 0 AND reserved >= 0", name="not_negative"),
        CheckConstraint("bought - charged - reserved >= 0", name="available"),
    )

    id: int = Field(default=1, primary_key=True)
    bought: int = 0
    charged: int = 0
    reserved: int = 0


class LedgerEntry(Table, table=True):
    """One movement of credits. Rows are never changed or deleted.

    `idempotency_key` names a movement that must happen once: a purchase, what a refund takes back, an adjustment.
    What campaigns move hangs on the state of their recipients instead (docs/decisions/0009). `order_id`: the order that
    a purchase is of, or that credits were taken back for.
    `available_after`: credits available once it was made; entries are made one after the other, under the lock.
    """

    __tablename__ = "credit_ledger"
    __table_args__ = (
        CheckConstraint("amount > 0 OR kind = 'adjust'", name="amount"),
        Index("ix_credit_ledger_idempotency_key", "idempotency_key", unique=True),
        Index("ix_credit_ledger_kind", "kind", "id"),
        Index("ix_credit_ledger_created_at", "created_at"),
        Index("ix_credit_ledger_order_id", "order_id", sqlite_where=_OF_AN_ORDER, postgresql_where=_OF_AN_ORDER),
    )

    id: int | None = Field(default=None, primary_key=True)
    kind: LedgerKind = enum_field(LedgerKind)
    amount: int
    campaign_id: int | None = Field(default=None, foreign_key="campaign.id", index=True)
    user_id: int | None = Field(default=None, foreign_key="user_account.id")
    note: str = Field(default="", max_length=200)
    idempotency_key: str | None = Field(default=None, max_length=100)
    available_after: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})
    created_at: datetime = created_field()
    order_id: int | None = Field(default=None, foreign_key="credit_order.id")
