"""The words of the SMS credit: the top bar, the window behind it, and the page after a payment."""

from __future__ import annotations

from backend.domain.statuses import LedgerKind
from unisoft_ui.texts import number

AVAILABLE_SUFFIX = "SMS available"
INFO = "SMS pricing and credit"
TITLE = "SMS credit"
EXPLAINED = "Shared by all administrators of {organisation}. Prices excluding VAT."
RESERVED = "{number} reserved"
RESERVED_BY = "Reserved by"
NOTHING_RESERVED = "No campaign holds any credit at the moment."
OTHER_CAMPAIGNS = "Other campaigns"
MOVEMENTS = "Recent movements"
NO_MOVEMENTS = "No movement yet."
MOVEMENTS_OF = "SMS credit of {organisation}"
BACK_TO_PACKS = "Back to packs"
COLUMNS = ("Date", "Movement", "SMS", "Balance")
PARTS = (
    "1 SMS part is 160 characters, or 70 with Hebrew letters, emoji and some accents. "
    "A longer text takes several parts, of 153 characters each, or 67."
)
COUNT_PARTS = "How many parts is your text?"
NO_PARTS = "Type a text to count its parts."

LOW = "Low credit"

# Packs
PACKS = "Packs"
MOST_CHOSEN = "Most chosen"
PER_SMS = "{price} per SMS"
SAVES = "Saves {percent}%"
SMS = "{number} SMS"
SMS_TIMES = "{number} SMS × {price}"
VAT = "VAT {percent}"
TOTAL = "Total to pay"
NEW_BALANCE = "New balance {number} SMS"
BUY = "Buy {number} SMS"
OPENING = "Opening the payment page…"
CANCEL = "Cancel"
PAID_ELSEWHERE = "You pay on the page of our payment provider, and come back here."
ASK_ADMINISTRATOR = "Only users with the right to purchase can buy credits. Ask an administrator."
NO_PAYMENT = "Credits cannot be paid here yet."
NO_PAYMENT_ASK = (
    "Credits cannot be paid here yet. Ask for them by email: an administrator enters them when they are paid."
)
REQUEST = "Request {number} SMS by email"
REQUEST_SUBJECT = "SMS credits for {organisation}"
REQUEST_BODY = (
    "Hello,\n\nWe would like to buy {number} SMS for {organisation}: {net} without VAT, {total} in total.\n\nThank you."
)

# After the payment page
PAYMENT_TITLE = "Payment"
PAYMENT_BACK = "Back to campaigns"
DOWNLOAD_RECEIPT = "Download the receipt"
PAYMENT_AGAIN = "Continue to payment"
PAYMENT_STATES = {
    "waiting": (
        "Payment received",
        "Your credits appear here in a moment. You can leave this page: nothing is lost.",
    ),
    "abandoned": ("Not paid", "You left the payment page before paying. Nothing was charged."),
    "paid": ("{number} SMS were added", "You now have {available} SMS available."),
    "closed": ("Not paid", "This payment did not go through, and nothing was credited. You can buy again."),
    "returned": ("Payment returned", "This payment was refunded or disputed."),
    "missing": ("This order is not known", "It may belong to somebody else."),
    "error": ("The order could not be loaded", "Nothing is lost. Try again in a moment."),
}


SEE_PACKS = "Buy SMS credit"
PUT_ASIDE = "Put this notice aside"


def low(limit: int) -> str:
    """What is said while less than `limit` is available."""
    return f"Low credit: fewer than {number(limit)} SMS are left."


def owed(credits: int) -> str:
    """What is said of credits that were used before their payment went back."""
    return f"{number(credits)} SMS were used before their payment went back: the next credits make up for them."


def parts(segments: int, encoding: str, units: int) -> str:
    """As "2 parts (GSM-7, 201 characters)"."""
    return f"{segments} {'part' if segments == 1 else 'parts'} ({encoding}, {units} characters)"


KINDS = {
    LedgerKind.PURCHASE: "Purchase",
    LedgerKind.RESERVE: "Reserved",
    LedgerKind.CHARGE: "Used",
    LedgerKind.RELEASE: "Released",
    LedgerKind.REFUND: "Given back",
    LedgerKind.ADJUST: "Adjustment",
}
