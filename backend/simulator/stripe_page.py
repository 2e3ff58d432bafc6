"""The pretend card page. No card number is kept, and none is real."""

from __future__ import annotations

from html import escape

GOOD_CARD = "4242 4242 4242 4242"
DECLINED_CARD = "4000000000000002"

_SENTENCES = {"complete": "This has been paid.", "expired": "This checkout has expired. Nothing was charged."}
_WAYS = {
    "late": "Pay, and report it five seconds late",
    "twice": "Pay, and report it twice",
    "wrong_amount": "Pay, and report another amount",
}


def card_page(product: str, amount_minor: int, currency: str, *, status: str, problem: str) -> str:
    """The page for one checkout, `open`, `complete` or `expired`."""
    amount = f"{currency.upper()} {amount_minor // 100}.{amount_minor % 100:02}"
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Simulated payment</title><link rel="stylesheet" href="/simulator/style.css"></head>
<body><header><h1>Simulated payment</h1></header>
<main><section><h2>{escape(product)}: {amount}</h2>
<p>No money moves here. The card {GOOD_CARD} pays; {_grouped(DECLINED_CARD)} is declined.</p>
{f'<p class="bad" role="alert">{escape(problem)}</p>' if problem else ""}
{_form() if status == "open" else f"<p>{_SENTENCES[status]}</p>{_back()}"}
</section></main></body></html>"""


def _form() -> str:
    ways = "".join(f'<button name="do" value="{value}">{label}</button> ' for value, label in _WAYS.items())
    return f"""<form method="post"><p><label>Card number
<input name="card" value="{GOOD_CARD}" autocomplete="off" inputmode="numeric"></label></p>
<p><button name="do" value="pay">Pay</button> <button name="do" value="back">Back without paying</button></p>
<p>{ways}</p></form>"""


def _back() -> str:
    return '<form method="post"><button name="do" value="back">Back</button></form>'


def _grouped(card: str) -> str:
    return " ".join(card[start : start + 4] for start in range(0, len(card), 4))
