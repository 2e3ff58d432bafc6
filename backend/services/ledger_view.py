"""The ledger page: every movement with the balance after it, the purchases with their receipts, and the export."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from backend.database import reading
from backend.domain.credit_orders import OrderStatus
from backend.domain.ledger_query import LedgerQuery
from backend.domain.rights import Right, Role
from backend.domain.schedules import to_local
from backend.domain.statuses import LedgerKind
from backend.errors import NotFoundError
from backend.repositories import credits, ledger_pages, organisations
from backend.repositories.credits import Balance
from backend.repositories.ledger_pages import Entry, Where
from backend.services.acting import ActingUser

__all__ = ["Balance", "Entry", "LedgerPage", "Purchase", "Receipt", "export_ledger", "find_receipt", "ledger_page"]

PAGE_SIZE = 25
_ORDERS = 12
_EXPORTED_AT_ONCE = 2_000
_COLUMNS = ("date", "time", "kind", "sms", "balance", "campaign", "note", "user")
_TAKES = {LedgerKind.RESERVE: -1, LedgerKind.CHARGE: 0}
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Purchase:
    """One paid order. `owed_credits` went with a refund or a dispute, but had been used."""

    receipt_number: int
    paid_at: datetime
    credits: int
    total_minor: int
    currency: str
    status: OrderStatus
    owed_credits: int


@dataclass(frozen=True, slots=True)
class LedgerPage:
    """`newer` and `older` are ids to go on from, 0 where there are none. `may_adjust`: an administrator."""

    entries: tuple[Entry, ...]
    newer: int
    older: int
    purchases: tuple[Purchase, ...]
    balance: Balance
    campaign_title: str
    time_zone: str
    may_adjust: bool


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a receipt says. Amounts in the minor unit of `currency`; VAT in hundredths of a percent.

    `sold_by`: the seller in lines; none where no seller was set when it was paid.
    """

    number: int
    reference: str
    billed_to: str
    sold_by: tuple[str, ...]
    paid_on: date
    credits: int
    net_minor: int
    vat_minor: int
    total_minor: int
    vat_basis_points: int
    currency: str
    refunded_minor: int


def ledger_page(actor: ActingUser, query: LedgerQuery) -> LedgerPage:
    """One page of the ledger, newest first. At most six statements, whatever the ledger holds.

    Raises:
        ForbiddenError: without the right `credits.view`.
    """
    actor.require(Right.CREDITS_VIEW)
    with reading() as session:
        zone = organisations.get(session).time_zone
        where = _where(query, zone)
        if query.after:
            found = ledger_pages.newer(session, where, query.after, PAGE_SIZE + 1)
            more_newer, more_older = len(found) > PAGE_SIZE, True
            found = found[-PAGE_SIZE:]
        else:
            found = ledger_pages.older(session, where, query.before, PAGE_SIZE + 1)
            more_newer, more_older = bool(query.before), len(found) > PAGE_SIZE
            found = found[:PAGE_SIZE]
        return LedgerPage(
            entries=tuple(found),
            newer=found[0].id if found and more_newer else 0,
            older=found[-1].id if found and more_older else 0,
            purchases=tuple(_purchase(order) for order in ledger_pages.list_orders(session, _ORDERS)),
            balance=credits.get_balance(session),
            campaign_title=ledger_pages.campaign_title(session, query.campaign_id) or "" if query.campaign_id else "",
            time_zone=zone,
            may_adjust=actor.role is Role.ADMINISTRATOR,
        )


def _purchase(order: ledger_pages.CreditOrder) -> Purchase:
    assert order.paid_at is not None
    return Purchase(
        receipt_number=order.receipt_number or 0,
        paid_at=order.paid_at,
        credits=order.credits,
        total_minor=order.total_minor,
        currency=order.currency,
        status=order.status,
        owed_credits=order.owed_credits,
    )


def _where(query: LedgerQuery, zone: str) -> Where:
    return Where(
        kind=query.kind,
        since=_midnight(query.since, zone) if query.since else None,
        until=_midnight(query.until + timedelta(days=1), zone) if query.until else None,
        campaign_id=query.campaign_id,
    )


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(zone))


def export_ledger(actor: ActingUser, query: LedgerQuery) -> Iterator[str]:
    """CSV with a head, newest first, in pieces of 2,000 entries; each piece is read in a view of its own.

    Raises:
        ForbiddenError: without the right `credits.view`, before anything is given.
    """
    actor.require(Right.CREDITS_VIEW)
    with reading() as session:
        zone = organisations.get(session).time_zone
    return _pieces(_where(query, zone), zone)


def _pieces(where: Where, zone: str) -> Iterator[str]:
    yield "\ufeff" + _csv([_COLUMNS])  # the mark makes spreadsheets read UTF-8
    before = 0
    while True:
        with reading() as session:
            entries = ledger_pages.older(session, where, before, _EXPORTED_AT_ONCE)
        if entries:
            yield _csv([_row(entry, zone) for entry in entries])
        if len(entries) < _EXPORTED_AT_ONCE:
            return
        before = entries[-1].id


def _row(entry: Entry, zone: str) -> tuple[object, ...]:
    at = to_local(entry.at, zone)
    texts = (entry.campaign_title or "", entry.note, entry.who or "")
    signed = _TAKES.get(entry.kind, 1) * entry.amount
    return (
        f"{at:%Y-%m-%d}", f"{at:%H:%M:%S}", entry.kind.value, signed, entry.available_after, *map(_harmless, texts)
    )  # fmt: skip


def _harmless(text: str) -> str:
    # A spreadsheet would take it for a formula, and run it.
    return f"'{text}" if text.startswith(_FORMULA) else text


def _csv(rows: list[tuple[object, ...]] | list[tuple[str, ...]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


def find_receipt(actor: ActingUser, number: int) -> Receipt:
    """The receipt of a paid order, for its buyer and whoever sees the ledger.

    Raises:
        NotFoundError: no such receipt, or somebody else's.
    """
    with reading() as session:
        order = ledger_pages.find_receipt(session, number)
        zone = organisations.get(session).time_zone
    own = order is not None and actor.may(Right.CREDITS_PURCHASE) and actor.id == order.user_id
    if order is None or order.paid_at is None or not (own or actor.may(Right.CREDITS_VIEW)):
        raise NotFoundError(what="receipt")
    return Receipt(
        number=number,
        reference=order.reference,
        billed_to=order.billed_to,
        sold_by=tuple(order.sold_by.splitlines()),
        paid_on=to_local(order.paid_at, zone).date(),
        credits=order.credits,
        net_minor=order.net_minor,
        vat_minor=order.vat_minor,
        total_minor=order.total_minor,
        vat_basis_points=order.vat_basis_points,
        currency=order.currency,
        refunded_minor=order.refunded_minor,
    )
