"""A page of the ledger in words."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlencode

from backend.domain.ledger_query import LedgerQuery
from backend.domain.schedules import to_local
from backend.services.ledger_view import Entry, LedgerPage, Purchase
from unisoft_ui import routes
from unisoft_ui.texts import LANGUAGE, credit, formats, number
from unisoft_ui.texts import ledger as texts
from unisoft_ui.texts.money import money
from unisoft_ui.view_models.credits import icon_of_kind, signed


@dataclass(frozen=True)
class LedgerLine:
    """One movement. `campaign` is a title, with `href` to its movements; otherwise both are ""."""

    id: int
    date: str
    time: str
    icon: str
    what: str
    note: str
    campaign: str
    href: str
    only: str
    who: str
    amount: str
    balance: str


@dataclass(frozen=True)
class PurchaseLine:
    """One paid order."""

    receipt: str
    href: str
    date: str
    what: str
    state: str


@dataclass(frozen=True)
class LedgerShown:
    """`status`: ready, empty, nothing (found), or error. `newer` and `older` are addresses, "" where there is none."""

    status: str = "ready"
    lines: list[LedgerLine] = field(default_factory=list)
    newer: str = ""
    older: str = ""
    export: str = ""
    of_campaign: str = ""
    available: str = ""
    reserved: str = ""
    charged: str = ""
    bought: str = ""
    purchases: list[PurchaseLine] = field(default_factory=list)
    owed: list[str] = field(default_factory=list)
    may_adjust: bool = False


def ledger_shown(page: LedgerPage, query: LedgerQuery) -> LedgerShown:
    status = "ready" if page.entries else "nothing" if query.is_filtered else "empty"
    return LedgerShown(
        status=status,
        lines=[_line(entry, page.time_zone) for entry in page.entries],
        newer=address(query, after=page.newer) if page.newer else "",
        older=address(query, before=page.older) if page.older else "",
        export=address(query, path=routes.LEDGER_EXPORT),
        of_campaign=texts.OF_CAMPAIGN.format(title=page.campaign_title) if page.campaign_title else "",
        available=number(page.balance.available),
        reserved=number(page.balance.reserved),
        charged=number(page.balance.charged),
        bought=number(page.balance.bought),
        purchases=[_purchase(each, page.time_zone) for each in page.purchases],
        owed=[
            texts.OWED.format(number=number(each.owed_credits), receipt=each.receipt_number)
            for each in page.purchases
            if each.owed_credits and page.may_adjust
        ],
        may_adjust=page.may_adjust,
    )


def address(query: LedgerQuery, *, before: int = 0, after: int = 0, path: str = routes.LEDGER) -> str:
    """The path of a page of the ledger: what is not asked for does not stand in it."""
    values = {
        "kind": query.kind.value if query.kind else "",
        "since": query.since.isoformat() if query.since else "",
        "until": query.until.isoformat() if query.until else "",
        "campaign": query.campaign_id or "",
        "before": before or "",
        "after": after or "",
    }
    given = {name: value for name, value in values.items() if value}
    return f"{path}?{urlencode(given)}" if given else path


def _line(entry: Entry, zone: str) -> LedgerLine:
    at, title = to_local(entry.at, zone), entry.campaign_title or ""
    return LedgerLine(
        id=entry.id,
        date=formats.day(at),
        time=formats.time(at),
        icon=icon_of_kind(entry.kind),
        what=credit.KINDS[entry.kind],
        note=entry.note,
        campaign=title,
        href=address(LedgerQuery(campaign_id=entry.campaign_id or 0)) if title else "",
        only=texts.ONLY_THIS_CAMPAIGN.format(title=title) if title else "",
        who=entry.who or texts.BY_ENGINE,
        amount=signed(entry.kind, entry.amount),
        balance=number(entry.available_after),
    )


def _purchase(purchase: Purchase, zone: str) -> PurchaseLine:
    total = money(purchase.total_minor, purchase.currency)
    return PurchaseLine(
        receipt=texts.RECEIPT.format(number=purchase.receipt_number),
        href=routes.receipt(purchase.receipt_number, LANGUAGE),
        date=formats.day(to_local(purchase.paid_at, zone)),
        what=texts.PURCHASE.format(number=number(purchase.credits), total=total),
        state=texts.STATES[purchase.status.value],
    )
