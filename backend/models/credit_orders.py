"""Orders of credits, and what the payment provider reported about them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field

from backend.domain.credit_orders import DisputeState, OrderStatus
from backend.models.base import Table, created_field, enum_field

_OWES = text("owed_credits > 0")


class CreditOrder(Table, table=True):
    """One purchase. Amounts are in the minor unit of `currency`, fixed before anything is asked of the provider.

    `returned_credits` were taken back after a refund or a dispute; `owed_credits` should have been, but were used: they
    are taken as soon as there are credits again.
    `receipt_number` has no gaps: it is given under the lock of the balance, when the order is paid. `billed_to` is
    the organisation as it was called then, `sold_by` the seller, in lines; "" where no seller was set.
    """

    __tablename__ = "credit_order"
    __table_args__ = (
        CheckConstraint("credits > 0", name="credits"),
        CheckConstraint("net_minor > 0 AND vat_minor >= 0 AND total_minor = net_minor + vat_minor", name="amounts"),
        CheckConstraint("refunded_minor >= 0 AND disputed_minor >= 0", name="returned_minor"),
        CheckConstraint("returned_credits >= 0 AND owed_credits >= 0", name="returned_credits"),
        CheckConstraint("(paid_at IS NULL) = (receipt_number IS NULL)", name="paid_has_receipt"),
        Index("ix_credit_order_status", "status", "asked_at"),
        Index("ix_credit_order_user", "user_id", "created_at"),
        Index("ix_credit_order_owed", "id", sqlite_where=_OWES, postgresql_where=_OWES),
    )

    id: int | None = Field(default=None, primary_key=True)
    reference: str = Field(max_length=40, unique=True)
    status: OrderStatus = enum_field(OrderStatus, OrderStatus.CREATED)
    credits: int
    net_minor: int
    vat_minor: int
    total_minor: int
    vat_basis_points: int
    currency: str = Field(max_length=3)
    user_id: int | None = Field(default=None, foreign_key="user_account.id")
    buyer: str = Field(default="", max_length=254)
    checkout_id: str | None = Field(default=None, max_length=200, unique=True)
    checkout_url: str = Field(default="", max_length=2000)
    payment_id: str | None = Field(default=None, max_length=200, index=True)
    refunded_minor: int = 0
    disputed_minor: int = 0
    dispute: DisputeState | None = enum_field(DisputeState, nullable=True)
    returned_credits: int = 0
    owed_credits: int = 0
    receipt_number: int | None = Field(default=None, unique=True)
    billed_to: str = Field(default="", max_length=250)
    sold_by: str = Field(default="", max_length=400, sa_column_kwargs={"server_default": text("''")})
    created_at: datetime = created_field()
    asked_at: datetime = created_field()
    paid_at: datetime | None = None


class PaymentReport(Table, table=True):
    """One event of the payment provider that was dealt with; the provider repeats events. Kept for administrators."""

    __tablename__ = "payment_report"

    event_id: str = Field(max_length=200, primary_key=True)
    kind: str = Field(max_length=64)
    order_id: int | None = Field(default=None, foreign_key="credit_order.id", index=True)
    outcome: str = Field(max_length=64)
    created_at: datetime = created_field()
