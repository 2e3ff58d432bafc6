"""The packs that are sold, in words."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import quote

from backend.domain.credit_packs import Pack, price_of, saving_percent, tenths_a_credit
from backend.services.credit_view import CreditView, Shop
from unisoft_ui.texts import credit as texts
from unisoft_ui.texts import number
from unisoft_ui.texts.money import fine_money, money, percent


@dataclass(frozen=True)
class PackCard:
    """One pack. `value` is what its radio button is called; `saving` and `request` may be ""."""

    value: str = ""
    label: str = ""
    price: str = ""
    each: str = ""
    saving: str = ""
    is_most_chosen: bool = False
    line: str = ""
    vat_label: str = ""
    vat: str = ""
    total: str = ""
    total_minor: int = 0
    after: str = ""
    buy: str = ""
    request: str = ""
    request_label: str = ""


@dataclass(frozen=True)
class ShopView:
    """`mode`: buy, request, ask (no right), closed (no payment and nowhere to ask)."""

    mode: str = "ask"
    note: str = ""
    cards: list[PackCard] = field(default_factory=list)


def shop_view(view: CreditView) -> ShopView:
    shop = view.shop
    mode, note = _mode(shop)
    return ShopView(mode, note, [_card(pack, view) for pack in shop.packs])


def chosen_card(cards: list[PackCard], value: str) -> PackCard:
    """The card that was chosen; at first the most chosen, or the smallest."""
    return next(
        (card for card in cards if card.value == value),
        next((card for card in cards if card.is_most_chosen), cards[0] if cards else PackCard()),
    )


def _mode(shop: Shop) -> tuple[str, str]:
    if shop.can_pay:
        return ("buy", texts.PAID_ELSEWHERE) if shop.may_buy else ("ask", texts.ASK_ADMINISTRATOR)
    if shop.may_buy and shop.request_email:
        return "request", texts.NO_PAYMENT_ASK
    return "closed", texts.NO_PAYMENT if shop.may_buy else texts.ASK_ADMINISTRATOR


def _card(pack: Pack, view: CreditView) -> PackCard:
    shop, sms = view.shop, number(pack.credits)
    price = price_of(pack.net_minor, shop.vat_basis_points)
    each = fine_money(tenths_a_credit(pack), shop.currency)
    saved = saving_percent(pack, shop.packs)
    return PackCard(
        value=str(pack.credits),
        label=texts.SMS.format(number=sms),
        price=money(pack.net_minor, shop.currency),
        each=texts.PER_SMS.format(price=each),
        saving=texts.SAVES.format(percent=saved) if saved else "",
        is_most_chosen=pack.is_most_chosen,
        line=texts.SMS_TIMES.format(number=sms, price=each),
        vat_label=texts.VAT.format(percent=percent(shop.vat_basis_points)),
        vat=money(price.vat_minor, shop.currency),
        total=money(price.total_minor, shop.currency),
        total_minor=price.total_minor,
        after=texts.NEW_BALANCE.format(number=number(max(view.available + pack.credits - view.owed, 0))),
        buy=texts.BUY.format(number=sms),
        request=_mailto(pack, view) if shop.request_email and not shop.can_pay else "",
        request_label=texts.REQUEST.format(number=sms),
    )


def _mailto(pack: Pack, view: CreditView) -> str:
    shop = view.shop
    price = price_of(pack.net_minor, shop.vat_basis_points)
    body = texts.REQUEST_BODY.format(
        number=number(pack.credits),
        organisation=view.organisation,
        net=money(pack.net_minor, shop.currency),
        total=money(price.total_minor, shop.currency),
    )
    subject = texts.REQUEST_SUBJECT.format(organisation=view.organisation)
    return f"mailto:{quote(shop.request_email, safe='@')}?subject={quote(subject)}&body={quote(body)}"
