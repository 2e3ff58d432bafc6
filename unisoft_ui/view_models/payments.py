"""How a payment stands, in words."""

from __future__ import annotations

from dataclasses import dataclass

from backend.domain.credit_orders import OrderStatus
from backend.services.purchasing import OrderView
from unisoft_ui.texts import credit as texts
from unisoft_ui.texts import number

_STATES = {
    OrderStatus.CREATED: "waiting",
    OrderStatus.PENDING: "waiting",
    OrderStatus.PAID: "paid",
    OrderStatus.EXPIRED: "closed",
    OrderStatus.FAILED: "closed",
    OrderStatus.REFUNDED: "returned",
    OrderStatus.DISPUTED: "returned",
}


@dataclass(frozen=True)
class Payment:
    """`status`: waiting, abandoned, paid, closed, returned, missing or error."""

    status: str
    title: str
    text: str


def payment(order: OrderView, *, came_back: bool) -> Payment:
    """`came_back`: the buyer left the payment page by its way back, without paying."""
    status = _STATES[order.status]
    if status == "waiting" and came_back:
        status = "abandoned"
    title, text = texts.PAYMENT_STATES[status]
    values = {"number": number(order.credits), "available": number(order.available)}
    return Payment(status, title.format(**values), text.format(**values))
