from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.domain.credit_orders import (
    DisputeState,
    OrderStatus,
    credits_due_back,
    later_dispute,
    status_of_paid,
)
from backend.domain.credit_packs import Pack, price_of, saving_percent, tenths_a_credit
from backend.price_list import parse_packs


def test_packs_are_sorted_and_the_marked_one_is_known() -> None:
    assert parse_packs(" 1000:6200* , 500:3500") == (Pack(500, 3500), Pack(1000, 6200, is_most_chosen=True))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1000",
        "1000:",
        ":6200",
        "1000:62.00",
        "1000:-1",
        "-5:1",
        "0:1",
        "1:0",
        "1:1,1:2",
        "1:1*,2:2*",
        "١:1",
        "1:1,",
    ],
)
def test_a_list_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        parse_packs(text)


@pytest.mark.parametrize(
    ("net", "basis_points", "vat"),
    [(6200, 2000, 1240), (1, 2000, 0), (3, 2000, 1), (1750, 550, 96), (999, 0, 0), (5, 1000, 1), (4, 1000, 0)],
)
def test_vat_is_rounded_to_the_minor_unit(net: int, basis_points: int, vat: int) -> None:
    price = price_of(net, basis_points)
    assert (price.vat_minor, price.total_minor) == (vat, net + vat)


def test_what_a_credit_costs_and_what_is_saved() -> None:
    small, large = Pack(250, 1750), Pack(1000, 6200)
    assert (tenths_a_credit(small), tenths_a_credit(large), tenths_a_credit(Pack(3, 1))) == (70, 62, 3)
    assert saving_percent(large, [large, small]) == 11
    assert saving_percent(small, [large, small]) == 0
    assert saving_percent(Pack(10, 100), [small, Pack(5, 1)]) == 0


@given(st.integers(1, 10**7), st.integers(1, 10**8), st.lists(st.integers(0, 10**8), max_size=5))
def test_credits_go_back_with_the_money_and_never_more(credits: int, total: int, returned: list[int]) -> None:
    due = [credits_due_back(credits, total, minor) for minor in sorted(returned)]
    assert due == sorted(due)
    assert all(0 <= each <= credits for each in due)
    assert credits_due_back(credits, total, total) == credits
    assert credits_due_back(credits, total, 0) == 0


def test_the_end_of_a_dispute_is_the_end() -> None:
    open_, won, lost = DisputeState.OPEN, DisputeState.WON, DisputeState.LOST
    assert [later_dispute(before, open_) for before in (None, open_, won, lost)] == [open_, open_, won, lost]
    assert [later_dispute(before, won) for before in (None, open_, lost)] == [won, won, lost]


@pytest.mark.parametrize(
    ("refunded", "dispute", "status"),
    [
        (0, None, OrderStatus.PAID),
        (99, None, OrderStatus.PAID),
        (100, None, OrderStatus.REFUNDED),
        (0, DisputeState.OPEN, OrderStatus.DISPUTED),
        (100, DisputeState.LOST, OrderStatus.DISPUTED),
        (0, DisputeState.WON, OrderStatus.PAID),
        (100, DisputeState.WON, OrderStatus.REFUNDED),
    ],
)
def test_the_status_of_a_paid_order(refunded: int, dispute: DisputeState | None, status: OrderStatus) -> None:
    assert status_of_paid(100, refunded, dispute) is status
