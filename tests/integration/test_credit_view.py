from __future__ import annotations

from dataclasses import replace

import pytest

from backend.database import unit_of_work
from backend.domain.channels import Channel
from backend.domain.rights import Right, Role
from backend.domain.statuses import LedgerKind
from backend.errors import ForbiddenError
from backend.repositories import credits
from backend.services import runs
from backend.services.acting import OPERATOR, ActingUser
from backend.services.credit_view import available_credit, credit_overview
from tests.makers import buy_credits, make_contacts, make_run

pytestmark = pytest.mark.usefixtures("database")

STRANGER = ActingUser(None, "stranger@example.org", "Stranger", Role.SECONDARY)
READER = replace(STRANGER, rights=frozenset({Right.CAMPAIGNS_VIEW}))
TREASURER = replace(STRANGER, rights=frozenset({Right.CREDITS_VIEW}))


def held() -> list[tuple[str, int]]:
    return [(each.title, each.segments) for each in credit_overview(OPERATOR).held]


def move(kind: LedgerKind, amount: int, campaign_id: int | None = None) -> None:
    with unit_of_work() as session:
        credits.move(session, kind, amount, campaign_id=campaign_id, note="test")


def test_a_stranger_sees_nothing() -> None:
    assert available_credit(STRANGER) is None
    with pytest.raises(ForbiddenError):
        credit_overview(STRANGER)


def test_who_sees_campaigns_sees_the_balance_but_no_movement() -> None:
    buy_credits(10)
    view = credit_overview(READER)
    assert (view.available, view.movements) == (available_credit(READER), None)
    assert credit_overview(TREASURER).movements


def test_what_is_reserved_is_told_by_campaign_the_largest_first() -> None:
    make_contacts(2)
    make_run(title="Small")
    make_contacts(3, first=10)
    make_run(title="Large")
    view = credit_overview(OPERATOR)
    assert held() == [("Large", 5), ("Small", 2)]
    assert (view.reserved, view.held_by_others) == (7, 0)


def test_what_is_spent_or_released_is_no_longer_held() -> None:
    make_contacts(3)
    campaign_id = make_run(title="Kol Nidre")
    move(LedgerKind.CHARGE, 1, campaign_id)
    assert held() == [("Kol Nidre", 2)]
    runs.cancel_campaign(OPERATOR, make_run(title="Cancelled"))
    assert held() == [("Kol Nidre", 2)]


def test_campaigns_beyond_the_first_five_are_told_as_one_sum() -> None:
    make_contacts(1)
    for number in range(7):
        make_run(title=f"Campaign {number}")
    view = credit_overview(OPERATOR)
    assert (len(view.held), view.held_by_others) == (5, 2)


def test_emails_hold_nothing() -> None:
    make_contacts(2)
    make_run(Channel.EMAIL)
    assert held() == []


def test_movements_are_the_last_ten_lines_with_the_entries_of_a_campaign_added_up() -> None:
    make_contacts(4)
    campaign_id = make_run(title="Kol Nidre")
    for _ in range(3):
        move(LedgerKind.CHARGE, 1, campaign_id)
    for amount in range(1, 9):
        move(LedgerKind.PURCHASE, amount)
    movements = credit_overview(OPERATOR).movements or ()
    assert [line.amount for line in movements] == [8, 7, 6, 5, 4, 3, 2, 1, 3, 4]
    assert [(line.kind, line.campaign_title) for line in movements[-2:]] == [
        (LedgerKind.CHARGE, "Kol Nidre"),
        (LedgerKind.RESERVE, "Kol Nidre"),
    ]


def test_a_line_counts_entries_older_than_those_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backend.repositories.ledger._LOOKED_AT", 2)
    make_contacts(4)
    campaign_id = make_run()
    for _ in range(3):
        move(LedgerKind.CHARGE, 1, campaign_id)
    movements = credit_overview(OPERATOR).movements or ()
    assert [(line.kind, line.amount) for line in movements] == [(LedgerKind.CHARGE, 3)]
