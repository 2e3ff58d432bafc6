"""The whole ledger by pages, its export, receipts, and what an administrator corrects by hand."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import httpx
import pytest
from starlette.routing import Router

from backend import clock
from backend.database import unit_of_work
from backend.domain.credit_orders import OrderStatus
from backend.domain.ledger_query import LedgerQuery
from backend.domain.rights import Right, Role
from backend.domain.statuses import LedgerKind
from backend.errors import AppError, ForbiddenError, InsufficientCreditError, InvalidInputError, NotFoundError
from backend.http import credit_files
from backend.models import CreditOrder
from backend.repositories import credits
from backend.services import ledger_view, proofs, sessions, users
from backend.services.acting import OPERATOR, ActingUser
from backend.services.adjusting import adjust_credits
from backend.services.credit_view import available_credit
from backend.services.ledger_view import export_ledger, find_receipt, ledger_page
from tests.integration.test_credit_races import all_at_once
from tests.makers import buy_credits, make_contacts, make_run

pytestmark = pytest.mark.usefixtures("database")

TREASURER = ActingUser(None, "t@example.org", "T", Role.SECONDARY, frozenset({Right.CREDITS_VIEW, Right.SETTINGS_EDIT}))
READER = replace(TREASURER, rights=frozenset({Right.CAMPAIGNS_VIEW, Right.CREDITS_PURCHASE}))


def move(number: int, kind: LedgerKind = LedgerKind.PURCHASE, note: str = "") -> None:
    with unit_of_work() as session:
        credits.move(session, kind, number, note=note)


def amounts(query: LedgerQuery) -> list[int]:
    return [entry.amount for entry in ledger_page(TREASURER, query).entries]


def rows(query: LedgerQuery = LedgerQuery()) -> Iterator[dict[str, str]]:  # noqa: B008 - frozen
    return csv.DictReader(io.StringIO("".join(export_ledger(TREASURER, query)).removeprefix("\ufeff")))


def test_pages_go_down_and_up_again_without_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger_view, "PAGE_SIZE", 3)
    for number in range(1, 9):
        move(number)
    first = ledger_page(TREASURER, LedgerQuery())
    second = ledger_page(TREASURER, LedgerQuery(before=first.older))
    third = ledger_page(TREASURER, LedgerQuery(before=second.older))
    assert [[entry.amount for entry in page.entries] for page in (first, second, third)] == [
        [8, 7, 6],
        [5, 4, 3],
        [2, 1],
    ]
    assert (first.newer, third.older) == (0, 0)
    back = ledger_page(TREASURER, LedgerQuery(after=third.newer))
    assert back.entries == second.entries
    assert ledger_page(TREASURER, LedgerQuery(after=back.newer)).newer == 0


def test_the_balance_after_each_movement_is_told() -> None:
    move(100)
    move(30, LedgerKind.RESERVE)
    move(20, LedgerKind.CHARGE)
    move(10, LedgerKind.RELEASE)
    move(5, LedgerKind.REFUND)
    adjust_credits(OPERATOR, -40, "Given back", "form")
    assert [entry.available_after for entry in ledger_page(TREASURER, LedgerQuery()).entries] == [
        45,
        85,
        80,
        70,
        70,
        100,
    ]


def test_movements_are_found_by_kind_day_and_campaign() -> None:
    make_contacts(2)
    campaign_id = make_run(title="Kol Nidre")
    today = clock.now().date()
    assert amounts(LedgerQuery(kind=LedgerKind.RESERVE)) == [2]
    assert amounts(LedgerQuery(campaign_id=campaign_id)) == [2]
    assert ledger_page(TREASURER, LedgerQuery(campaign_id=campaign_id)).campaign_title == "Kol Nidre"
    assert len(amounts(LedgerQuery(since=date(2020, 1, 1), until=date(2090, 1, 1)))) == 2
    assert amounts(LedgerQuery(until=date(2020, 1, 1))) == amounts(LedgerQuery(since=date(2090, 1, 1))) == []
    assert (
        LedgerQuery.read(kind="x", since="2026-13-01", until="x" * 50, campaign="-1", before="9" * 30) == LedgerQuery()
    )
    assert LedgerQuery.read(since=today.isoformat()).since == today


def test_only_who_sees_the_ledger_sees_it() -> None:
    with pytest.raises(ForbiddenError):
        ledger_page(READER, LedgerQuery())
    with pytest.raises(ForbiddenError):
        export_ledger(READER, LedgerQuery())
    assert ledger_page(OPERATOR, LedgerQuery()).may_adjust
    assert not ledger_page(TREASURER, LedgerQuery()).may_adjust


def test_the_export_has_every_movement_and_no_formula(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger_view, "_EXPORTED_AT_ONCE", 2)
    move(100, note='=HYPERLINK("https://evil.example")')
    move(30, LedgerKind.RESERVE, note='Kol Nidre, "19:15"')
    move(20, LedgerKind.CHARGE)
    found = list(rows())
    assert [(row["kind"], row["sms"], row["balance"]) for row in found] == [
        ("charge", "0", "70"),
        ("reserve", "-30", "70"),
        ("purchase", "100", "100"),
    ]
    assert found[1]["note"] == 'Kol Nidre, "19:15"'
    assert found[2]["note"].startswith("'=")
    assert [row["kind"] for row in rows(LedgerQuery(kind=LedgerKind.PURCHASE))] == ["purchase"]


# --- By hand.


@pytest.mark.parametrize(
    ("actor", "amount", "reason", "error"),
    [
        (TREASURER, 10, "Bank transfer", ForbiddenError),
        (OPERATOR, 0, "Bank transfer", InvalidInputError),
        (OPERATOR, 1_000_001, "Bank transfer", InvalidInputError),
        (OPERATOR, 10, " x ", InvalidInputError),
        (OPERATOR, 10, "x" * 200, InvalidInputError),
        (OPERATOR, -6, "Bank transfer", InsufficientCreditError),
    ],
)
def test_an_adjustment_that_is_refused(actor: ActingUser, amount: int, reason: str, error: type[AppError]) -> None:
    buy_credits(5)
    with pytest.raises(error):
        adjust_credits(actor, amount, reason, "form")
    assert available_credit(OPERATOR) == 5


def test_a_form_adjusts_once_however_often_it_is_sent() -> None:
    done = all_at_once([lambda: adjust_credits(OPERATOR, 7, "Bank transfer", "form")] * 4)
    assert sum(done) == 1
    assert adjust_credits(OPERATOR, 7, "Bank transfer", "another form")
    assert available_credit(OPERATOR) == 14
    assert proofs.audit_credits() == []


# --- Receipts.


def make_paid_order(number: int, billed_to: str = "Beth Shalom, Paris", user_id: int | None = None) -> None:
    with unit_of_work() as session:
        session.add(
            CreditOrder(
                reference=f"UNI-{number}", status=OrderStatus.PAID, credits=1000, net_minor=6200, vat_minor=1240,
                total_minor=7440, vat_basis_points=2000, currency="EUR", paid_at=clock.now(), receipt_number=number,
                billed_to=billed_to, user_id=user_id, owed_credits=12, sold_by="Unisoft SAS\n1 rue de la Paix, Paris",
            )
        )  # fmt: skip


def test_a_receipt_is_for_its_buyer_and_who_sees_the_ledger() -> None:
    make_paid_order(1)
    assert find_receipt(TREASURER, 1).total_minor == 7440
    [purchase] = ledger_page(TREASURER, LedgerQuery()).purchases
    assert (purchase.receipt_number, purchase.owed_credits) == (1, 12)
    for actor, number in ((replace(READER, id=9), 1), (TREASURER, 2)):
        with pytest.raises(NotFoundError):
            find_receipt(actor, number)


def get(path: str, user_id: int | None) -> httpx.Response:
    token = sessions.open_session(user_id, stay_signed_in=False)[0] if user_id else ""

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(Router(credit_files.routes))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
            return await client.get(path, headers={"cookie": f"unisoft_session={token}"} if token else {})

    return asyncio.run(ask())


def test_receipts_and_the_export_are_downloads_with_a_session_and_a_right() -> None:
    for email, role in (("admin@example.org", Role.ADMINISTRATOR), ("reader@example.org", Role.SECONDARY)):
        users.create_user(OPERATOR, email=email, role=role)
    make_paid_order(1, "Congrégation Œcuménique Žižkov, קהילת בית שלום, ירושלים")
    found = get("/receipts/1.pdf", 1)
    assert (found.status_code, found.headers["content-type"]) == (200, "application/pdf")
    assert found.content.startswith(b"%PDF-")
    assert "receipt-000001.pdf" in found.headers["content-disposition"]
    assert len({len(get(f"/receipts/1.pdf?language={language}", 1).content) for language in ("en", "fr")}) == 2
    exported = get("/exports/credits.csv?kind=purchase&since=x", 1)
    assert (exported.status_code, exported.text.splitlines()[0]) == (200, "\ufeff" + ",".join(ledger_view._COLUMNS))
    assert [get(path, 2).status_code for path in ("/receipts/1.pdf", "/exports/credits.csv")] == [404, 403]
    assert [get(path, None).status_code for path in ("/receipts/1.pdf", "/exports/credits.csv")] == [303, 303]
    assert get(f"/receipts/{10**30}.pdf", 1).status_code == 404
