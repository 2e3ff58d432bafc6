from __future__ import annotations

from datetime import UTC, date, datetime

from backend.domain.credit_orders import OrderStatus
from backend.domain.ledger_query import LedgerQuery
from backend.domain.statuses import LedgerKind
from backend.services.ledger_view import Balance, Entry, LedgerPage, Purchase
from unisoft_ui.view_models.ledger import LedgerShown, address, ledger_shown

AT = datetime(2026, 9, 16, 22, 30, tzinfo=UTC)
ENTRY = Entry(7, AT, LedgerKind.RESERVE, 405, 845, 3, "Kol Nidre", "", None)


def shown(*entries: Entry, query: LedgerQuery = LedgerQuery(), may_adjust: bool = True) -> LedgerShown:  # noqa: B008 - frozen
    purchase = Purchase(12, AT, 1000, 7440, "EUR", OrderStatus.DISPUTED, 300)
    return ledger_shown(
        LedgerPage(entries, 9, 5, (purchase,), Balance(7000, 4000, 1000), "", "Europe/Paris", may_adjust), query
    )


def test_an_address_holds_what_is_asked_for_and_nothing_else() -> None:
    query = LedgerQuery(LedgerKind.PURCHASE, date(2026, 9, 1), None, 3)
    assert address(LedgerQuery()) == "/app/settings/credits"
    assert address(query, before=5) == "/app/settings/credits?kind=purchase&since=2026-09-01&campaign=3&before=5"


def test_a_line_is_written_for_people_and_leads_to_its_campaign() -> None:
    (line,) = shown(ENTRY).lines
    assert (line.date, line.time, line.amount, line.balance) == ("17 Sep 2026", "00:30", "−405", "845")
    assert (line.campaign, line.href, line.who) == ("Kol Nidre", "/app/settings/credits?campaign=3", "—")


def test_pages_and_the_export_keep_what_is_asked_for() -> None:
    found = shown(ENTRY, query=LedgerQuery(kind=LedgerKind.RESERVE, before=20))
    assert found.newer == "/app/settings/credits?kind=reserve&after=9"
    assert found.older == "/app/settings/credits?kind=reserve&before=5"
    assert found.export == "/exports/credits.csv?kind=reserve"


def test_what_could_not_be_taken_back_is_told_to_administrators() -> None:
    assert "300 SMS of receipt 000012" in shown(ENTRY).owed[0]
    assert shown(ENTRY, may_adjust=False).owed == []
    assert [(each.href, each.state) for each in shown().purchases] == [("/receipts/12.pdf?language=en", "Disputed")]


def test_nothing_is_not_the_same_as_nothing_found() -> None:
    assert shown().status == "empty"
    assert shown(query=LedgerQuery(campaign_id=3)).status == "nothing"
