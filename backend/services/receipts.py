"""A receipt as a PDF, drawn when it is asked for: what it says never changes, so it is kept nowhere else."""

from __future__ import annotations

import logging
from decimal import Decimal
from pathlib import Path

from fpdf import FPDF
from fpdf.bidi import BidiParagraph

from backend.domain.credit_packs import plain_amount
from backend.services.ledger_view import Receipt

_FONTS = Path(__file__).resolve().parents[1] / "fonts"
_FAMILIES = {"latin": "inter-latin.ttf", "latin-ext": "inter-latin-ext.ttf", "hebrew": "heebo-hebrew.ttf"}
_MIRRORED = dict(zip("()[]{}<>«»", ")(][}{><»«", strict=True))
_WIDTH_MM, _AMOUNT_MM = 170, 45


def draw_receipt(receipt: Receipt) -> bytes:
    """One A4 page."""
    logging.getLogger("fontTools").setLevel(logging.WARNING)
    page = _page()
    page.set_font_size(20)
    page.cell(0, 12, "Receipt", new_x="LMARGIN", new_y="NEXT")
    page.set_font_size(11)
    facts = [
        ("Number", f"{receipt.number:06}"),
        ("Paid on", f"{receipt.paid_on:%Y-%m-%d}"),
        ("Order", receipt.reference),
        ("Organisation", receipt.billed_to),
    ]
    for label, value in facts:
        page.cell(40, 7, label)
        page.multi_cell(_WIDTH_MM - 40, 7, _in_sight(value), align="L", new_x="LMARGIN", new_y="NEXT")
    page.ln(8)
    rate = Decimal(receipt.vat_basis_points) / 100
    _line(page, f"{receipt.credits:,} SMS credits, without VAT", plain_amount(receipt.net_minor, receipt.currency))
    _line(page, f"VAT {rate.normalize():f}%", plain_amount(receipt.vat_minor, receipt.currency))
    page.line(page.l_margin, page.get_y() + 1, page.l_margin + _WIDTH_MM, page.get_y() + 1)
    page.ln(2)
    page.set_font_size(13)
    _line(page, "Total paid", plain_amount(receipt.total_minor, receipt.currency))
    if receipt.refunded_minor:
        page.set_font_size(11)
        _line(page, "Refunded since", plain_amount(receipt.refunded_minor, receipt.currency))
    return bytes(page.output())


def _page() -> FPDF:
    page = FPDF(format="A4")
    page.set_margin(20)
    for family, file in _FAMILIES.items():
        page.add_font(family, fname=_FONTS / file)
    page.set_fallback_fonts(["latin-ext", "hebrew"])
    page.set_font("latin", size=11)
    page.add_page()
    return page


def _line(page: FPDF, label: str, amount: str) -> None:
    page.cell(_WIDTH_MM - _AMOUNT_MM, 8, label)
    page.cell(_AMOUNT_MM, 8, amount, align="R", new_x="LMARGIN", new_y="NEXT")


def _in_sight(text: str) -> str:
    """In the order in which it is seen: the library draws letters one after the other, from the left."""
    seen = BidiParagraph(text=text).get_reordered_characters()
    return "".join(_MIRRORED.get(c.character, c.character) if c.embedding_level % 2 else c.character for c in seen)
