from __future__ import annotations

from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest

from backend.domain.credit_orders import OrderStatus
from backend.domain.credit_packs import Pack
from backend.services.credit_view import CreditView, Shop
from backend.services.purchasing import OrderView
from unisoft_ui.texts.money import fine_money, money, percent
from unisoft_ui.view_models.payments import payment
from unisoft_ui.view_models.shop import PackCard, chosen_card, shop_view

SHOP = Shop((Pack(250, 1750), Pack(1000, 6200, is_most_chosen=True)), "EUR", 2000, can_pay=True, may_buy=True)
VIEW = CreditView(1_250, 0, 0, 0, (), 0, (), "Europe/Paris", "Beth & Shalom", SHOP)


@pytest.mark.parametrize(
    ("minor", "currency", "written"),
    [
        (6200, "EUR", "€62.00"),
        (225_000, "EUR", "€2,250.00"),
        (5, "CHF", "CHF 0.05"),
        (5000, "JPY", "¥5,000"),
        (-99, "EUR", "−€0.99"),
    ],
)
def test_amounts_are_written_from_the_minor_unit(minor: int, currency: str, written: str) -> None:
    assert money(minor, currency) == written


def test_what_one_sms_costs_is_a_digit_finer() -> None:
    assert [fine_money(62, "EUR"), fine_money(7, "EUR"), fine_money(62, "JPY")] == ["€0.062", "€0.007", "¥6.2"]


def test_rates_have_no_zeros_at_their_end() -> None:
    assert [percent(each) for each in (2000, 550, 525, 0, 5)] == ["20%", "5.5%", "5.25%", "0%", "0.05%"]


def test_a_pack_says_what_it_costs_saves_and_adds() -> None:
    small, large = shop_view(VIEW).cards
    assert (large.line, large.vat_label, large.vat, large.total) == (
        "1,000 SMS × €0.062",
        "VAT 20%",
        "€12.40",
        "€74.40",
    )
    assert (large.saving, small.saving, large.total_minor) == ("Saves 11%", "", 7440)
    assert (large.after, large.buy, large.request) == ("New balance 2,250 SMS", "Buy 1,000 SMS", "")


def test_the_most_chosen_pack_is_offered_first_and_a_choice_stays() -> None:
    cards = shop_view(VIEW).cards
    assert [chosen_card(cards, value).value for value in ("", "7", "250")] == ["1000", "1000", "250"]
    assert chosen_card([], "250") == PackCard()


def test_without_a_payment_provider_credits_are_asked_for_by_email() -> None:
    shop = replace(SHOP, can_pay=False, request_email="shop@example.org")
    shown = shop_view(replace(VIEW, shop=shop))
    address = urlsplit(shown.cards[1].request)
    asked = parse_qs(address.query)
    assert (shown.mode, address.scheme, address.path) == ("request", "mailto", "shop@example.org")
    assert asked["subject"] == ["SMS credits for Beth & Shalom"]
    assert "1,000 SMS for Beth & Shalom: €62.00 without VAT, €74.40" in asked["body"][0]


@pytest.mark.parametrize(
    ("can_pay", "may_buy", "mode"),
    [(True, True, "buy"), (True, False, "ask"), (False, True, "closed"), (False, False, "closed")],
)
def test_who_can_do_what(*, can_pay: bool, may_buy: bool, mode: str) -> None:
    assert shop_view(replace(VIEW, shop=replace(SHOP, can_pay=can_pay, may_buy=may_buy))).mode == mode


@pytest.mark.parametrize("status", OrderStatus)
def test_every_order_has_its_words(status: OrderStatus) -> None:
    order = OrderView("UNI-1", status, 500, 4200, "EUR", "", None, 1_750)
    shown = payment(order, came_back=False)
    assert "{" not in shown.title + shown.text
    is_open = status in {OrderStatus.CREATED, OrderStatus.PENDING}
    assert (payment(order, came_back=True).status == "abandoned") == is_open
