"""The words of the ledger page."""

from __future__ import annotations

TITLE = "SMS credit"
SUBTITLE = "Every movement, with the balance after it."
BACK = "Back to campaigns"
EXPORT = "Export CSV"
FULL_LEDGER = "Full ledger"
AVAILABLE = "Available"
RESERVED = "Reserved"
CHARGED = "Used"
BOUGHT = "Bought"
TABLE_LABEL = "Movements of the SMS credit"
COLUMNS = ("Date", "Movement", "By", "SMS", "Balance")
BY_ENGINE = "—"

KIND = "Movement"
ALL_KINDS = "All movements"
SINCE = "From"
UNTIL = "To"
SHOW = "Show"
CLEAR = "Show all"
OF_CAMPAIGN = "Only of the campaign “{title}”"
ONLY_THIS_CAMPAIGN = "Show only the movements of {title}"
PAGES = "Pages of movements"
NEWER = "Newer"
OLDER = "Older"
NOTHING_TITLE = "No movement"
NOTHING_TEXT = "Nothing was bought, reserved or used yet."
NOTHING_FOUND = "No movement fits what you asked for."
ERROR_TITLE = "The ledger could not be loaded"

PURCHASES = "Purchases"
RECEIPT = "Receipt {number:06}"
PURCHASE = "{number} SMS, {total}"
STATES = {"paid": "Paid", "refunded": "Refunded", "disputed": "Disputed"}
OWED = "{number} SMS of receipt {receipt:06} were used before its payment went back: the next credits make up for them."

ADJUST = "Adjust"
ADJUST_TITLE = "Adjust the SMS credit"
ADJUST_TEXT = "Credits bought elsewhere, given or taken back. The reason stays in the ledger and in the audit trail."
AMOUNT = "Number of SMS"
AMOUNT_HELP = "Below zero takes credits away, such as -50."
REASON = "Reason"
REASON_HELP = "Such as “Bank transfer of 12 November, invoice 118”."
CANCEL = "Cancel"
CONFIRM = "Adjust the credit"
ADJUSTED = "The credit was adjusted."
ADJUST_ERRORS = {
    "wrong_adjustment": "Enter a whole number other than 0, at most 1,000,000.",
    "reason_needed": "Say why, in 3 to 180 characters.",
    "insufficient_credit": "Only {available} SMS are available: more cannot be taken away.",
}
