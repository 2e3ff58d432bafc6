"""A receipt as a PDF, drawn when it is asked for: what it says never changes, so it is kept nowhere else."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import NamedTuple

from fpdf import FPDF
from fpdf.bidi import BidiParagraph

from backend.domain.written_amounts import money, number, percent
from backend.services.ledger_view import Receipt

_FONTS = Path(__file__).resolve().parents[1] / "fonts"
_FAMILIES = {"latin": "inter-latin.ttf", "latin-ext": "inter-latin-ext.ttf", "hebrew": "heebo-hebrew.ttf"}
_MIRRORED = dict(zip("()[]{}<>«»", ")(][}{><»«", strict=True))
_WIDTH_MM, _AMOUNT_MM = 170, 45
_ENGLISH = "en"


class _Words(NamedTuple):
    """What a receipt says in one language. `day`: how a date is written."""

    title: str
    number: str
    paid_on: str
    day: str
    order: str
    seller: str
    organisation: str
    credits: str
    vat: str
    total: str
    refunded: str


_WORDS = {
    _ENGLISH: _Words(
        "Receipt",
        "Number",
        "Paid on",
        "%Y-%m-%d",
        "Order",
        "Seller",
        "Organisation",
        "{number} SMS credits, without VAT",
        "VAT {percent}",
        "Total paid",
        "Refunded since",
    ),
    "fr": _Words(
        "Reçu",
        "Numéro",
        "Payé le",
        "%d/%m/%Y",
        "Commande",
        "Vendeur",
        "Organisation",
        "{number} crédits SMS, hors taxes",
        "TVA {percent}",
        "Total payé",
        "Remboursé depuis",
    ),
}


def draw_receipt(receipt: Receipt, language: str = _ENGLISH) -> bytes:
    """One A4 page, in English or French; in English for any other language."""
    logging.getLogger("fontTools").setLevel(logging.WARNING)
    language = language if language in _WORDS else _ENGLISH
    words = _WORDS[language]
    page = _page()
    page.set_font_size(20)
    page.cell(0, 12, words.title, new_x="LMARGIN", new_y="NEXT")
    page.set_font_size(11)
    facts = [
        (words.number, f"{receipt.number:06}"),
        (words.paid_on, f"{receipt.paid_on:{words.day}}"),
        (words.order, receipt.reference),
        *zip((words.seller, *[""] * len(receipt.sold_by)), receipt.sold_by, strict=False),
        (words.organisation, receipt.billed_to),
    ]
    for label, value in facts:
        page.cell(40, 7, label)
        page.multi_cell(_WIDTH_MM - 40, 7, _in_sight(value), align="L", new_x="LMARGIN", new_y="NEXT")
    page.ln(8)
    for label, amount in _sums(receipt, words, language):
        _line(page, label, amount)
    page.line(page.l_margin, page.get_y() + 1, page.l_margin + _WIDTH_MM, page.get_y() + 1)
    page.ln(2)
    page.set_font_size(13)
    _line(page, words.total, money(receipt.total_minor, receipt.currency, language))
    if receipt.refunded_minor:
        page.set_font_size(11)
        _line(page, words.refunded, money(receipt.refunded_minor, receipt.currency, language))
    return bytes(page.output())


def _sums(receipt: Receipt, words: _Words, language: str) -> list[tuple[str, str]]:
    sms = words.credits.format(number=number(receipt.credits, language))
    vat = words.vat.format(percent=percent(receipt.vat_basis_points, language))
    return [
        (sms, money(receipt.net_minor, receipt.currency, language)),
        (vat, money(receipt.vat_minor, receipt.currency, language)),
    ]


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
    page.cell(_WIDTH_MM - _AMOUNT_MM, 8, _with_glyphs(label))
    page.cell(_AMOUNT_MM, 8, _with_glyphs(amount), align="R", new_x="LMARGIN", new_y="NEXT")


def _with_glyphs(text: str) -> str:
    return text.replace("\u202f", "\u00a0")  # the fonts have no narrow space


def _in_sight(text: str) -> str:
    """In the order in which it is seen: the library draws letters one after the other, from the left."""
    seen = BidiParagraph(text=text).get_reordered_characters()
    return "".join(_MIRRORED.get(c.character, c.character) if c.embedding_level % 2 else c.character for c in seen)
