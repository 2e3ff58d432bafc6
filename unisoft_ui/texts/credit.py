"""The words of the SMS credit: the top bar, and the window behind it."""

from __future__ import annotations

from backend.domain.statuses import LedgerKind

AVAILABLE_SUFFIX = "SMS available"
INFO = "SMS pricing and credit"
TITLE = "SMS credit"
EXPLAINED = "One credit pays one SMS part. Email and WhatsApp cost none."
AVAILABLE = "Available"
RESERVED = "Reserved"
CHARGED = "Used"
BOUGHT = "Bought"
RESERVED_BY = "Reserved by"
NOTHING_RESERVED = "No campaign holds any credit at the moment."
OTHER_CAMPAIGNS = "Other campaigns"
MOVEMENTS = "Recent movements"
NO_MOVEMENTS = "No movement yet."
PARTS = (
    "1 SMS part is 160 characters, or 70 with Hebrew letters, emoji and some accents.",
    "A longer text takes several parts, of 153 characters each, or 67.",
)
KINDS = {
    LedgerKind.PURCHASE: "Purchase",
    LedgerKind.RESERVE: "Reserved",
    LedgerKind.CHARGE: "Used",
    LedgerKind.RELEASE: "Released",
    LedgerKind.REFUND: "Refund",
    LedgerKind.ADJUST: "Adjustment",
}
