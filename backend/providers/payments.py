"""What the shop asks of a payment provider, and what the provider reports."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from backend.errors import AppError


class PaymentUnavailableError(AppError):
    """No answer, or the provider cannot answer now: what was asked may have happened. Ask again with the same key."""

    code = "payment_unavailable"


class PaymentRefusedError(AppError):
    """The provider refused what was asked for good; `details["vendor_code"]` says why."""

    code = "payment_refused"


@dataclass(frozen=True, slots=True)
class CheckoutRequest:
    """A payment to be made on the provider's page. `reference` is our order, and the key with which asking is safe.

    `total_minor` is in the minor unit of `currency`, VAT included.
    """

    reference: str
    product: str
    total_minor: int
    currency: str
    expires_at: datetime
    success_url: str
    cancel_url: str
    email: str = ""


@dataclass(frozen=True, slots=True)
class Checkout:
    """The provider's page for one payment, as it is now. `url` is "" once nothing can be paid there any more."""

    id: str
    url: str
    is_paid: bool
    is_expired: bool
    reference: str
    total_minor: int
    currency: str
    payment_id: str | None


class PaymentEventKind(StrEnum):
    """What a report is about."""

    PAID = "paid"
    EXPIRED = "expired"
    FAILED = "failed"
    REFUNDED = "refunded"
    DISPUTED = "disputed"


@dataclass(frozen=True, slots=True)
class PaymentEvent:
    """One report. `event_id` is the same when it is repeated.

    `amount_minor`: what was paid; or what was given back so far, all refunds together; or what is disputed.
    `reference` is our order, "" when the report does not name it. `dispute`: open, won or lost.
    """

    event_id: str
    word: str
    kind: PaymentEventKind
    reference: str
    payment_id: str | None
    amount_minor: int
    currency: str
    checkout_id: str | None = None
    dispute: str = ""
