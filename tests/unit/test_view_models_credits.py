from __future__ import annotations

from datetime import UTC, datetime

import pytest

from backend.domain.statuses import LedgerKind
from backend.services.credit_view import CreditView, LedgerLine, Reservation
from unisoft_ui.texts import credit as texts
from unisoft_ui.view_models.credits import ICONS, Credit, credit

LATE = datetime(2026, 9, 16, 22, 30, tzinfo=UTC)
NOW = datetime(2026, 11, 1, tzinfo=UTC)


def view(*lines: LedgerLine, held: tuple[Reservation, ...] = (), others: int = 0, seen: bool = True) -> Credit:
    movements = lines if seen else None
    return credit(CreditView(1_250, 6_500, 3_250, 2_000, held, others, movements, "Europe/Paris"), NOW)


def line(kind: LedgerKind, amount: int = 405, title: str | None = None, note: str = "") -> LedgerLine:
    return LedgerLine(1, LATE, kind, amount, title, note, 845)


def test_sums_are_written_for_people() -> None:
    shown = view()
    assert (shown.available, shown.reserved) == ("1,250", "2,000 reserved")


def test_reservations_end_with_the_sum_of_the_others() -> None:
    shown = view(held=(Reservation(7, "Kol Nidre", 1_200),), others=800)
    assert [(row.title, row.amount) for row in shown.held] == [("Kol Nidre", "1,200"), ("Other campaigns", "800")]
    assert view().held == []


@pytest.mark.parametrize(
    ("kind", "amount", "shown"),
    [
        (LedgerKind.PURCHASE, 1_000, "+1,000"),
        (LedgerKind.RESERVE, 405, "−405"),
        (LedgerKind.CHARGE, 405, "405"),
        (LedgerKind.RELEASE, 12, "+12"),
        (LedgerKind.REFUND, 3, "+3"),
        (LedgerKind.ADJUST, -5, "−5"),
    ],
)
def test_amounts_are_signed_as_what_is_available_moves(kind: LedgerKind, amount: int, shown: str) -> None:
    assert view(line(kind, amount)).movements[0].amount == shown


def test_a_movement_has_the_day_of_the_organisation_and_the_title_of_its_campaign() -> None:
    (row,) = view(line(LedgerKind.RESERVE, title="Kol Nidre", note="x")).movements
    assert (row.date, row.what, row.note, row.balance) == ("17 Sep", "Reserved", "Kol Nidre", "845")


def test_who_may_not_see_movements_gets_none() -> None:
    assert view(line(LedgerKind.PURCHASE), seen=False).movements == []


def test_every_kind_has_words_and_an_icon() -> None:
    assert set(texts.KINDS) == set(LedgerKind)
    assert len(ICONS) == len(LedgerKind)
