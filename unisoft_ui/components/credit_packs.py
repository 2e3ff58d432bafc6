"""The packs, what the chosen one costs, and the button to its payment."""

from __future__ import annotations

import reflex as rx

from unisoft_ui.components.kit.buttons import word_button
from unisoft_ui.states.shop import ShopState
from unisoft_ui.texts import credit as texts
from unisoft_ui.view_models.shop import PackCard


def packs() -> rx.Component:
    return rx.fragment(
        rx.el.div(
            rx.foreach(ShopState.cards, _card), role="radiogroup", aria_label=texts.PACKS, class_name="pack-cards"
        ),
        _sums(),
        rx.el.p(texts.PARTS, class_name="small secondary"),
        _counter(),
        rx.el.p(ShopState.note, class_name="small secondary"),
        rx.el.div(
            rx.cond(
                ShopState.problem != "",
                rx.el.p(
                    rx.icon("circle-x", size=14, aria_hidden="true"),
                    rx.el.span(ShopState.problem),
                    class_name="field-error",
                ),
            ),
            role="alert",
        ),
    )


def packs_footer() -> rx.Component:
    card = ShopState.chosen
    cancel = rx.dialog.close(
        rx.button(texts.CANCEL, type="button", variant="surface", color_scheme="gray", high_contrast=True)
    )
    buy = word_button(
        "credit-card",
        rx.cond(ShopState.buying, texts.OPENING, card.buy),
        type="button",
        disabled=ShopState.buying,
        on_click=ShopState.buy,
    )
    request = rx.button(rx.el.a(card.request_label, href=card.request), as_child=True)
    return rx.el.div(
        rx.cond(
            (ShopState.mode == "buy") | (ShopState.mode == "request"),
            rx.el.span(card.after, class_name="secondary tabular grow", aria_live="polite"),
        ),
        cancel,
        rx.match(ShopState.mode, ("buy", buy), ("request", request), rx.fragment()),
        class_name="question-footer credit-footer",
    )


def _card(card: PackCard) -> rx.Component:
    return rx.el.label(
        rx.cond(card.is_most_chosen, rx.el.span(texts.MOST_CHOSEN, class_name="pack-mark small")),
        rx.el.input(
            type="radio",
            name="pack",
            value=card.value,
            default_checked=card.value == ShopState.chosen.value,
            on_change=ShopState.choose,
        ),
        rx.el.span(card.label, class_name="medium"),
        rx.el.span(card.price, class_name="pack-price tabular"),
        rx.el.span(card.each, class_name="small secondary tabular"),
        rx.cond(card.saving != "", rx.el.span(card.saving, class_name="small pack-saving")),
        class_name="pack-card",
        key=card.value,
    )


def _sums() -> rx.Component:
    card = ShopState.chosen
    return rx.el.dl(
        _sum(card.line, card.price),
        _sum(card.vat_label, card.vat, "secondary"),
        _sum(texts.TOTAL, card.total, "semibold"),
        class_name="pack-sums",
        data_testid="pack-sums",
    )


def _sum(label: rx.Var[str] | str, value: rx.Var[str], look: str = "") -> rx.Component:
    return rx.el.div(rx.el.dt(label, class_name=look), rx.el.dd(value, class_name="medium tabular"))


def _counter() -> rx.Component:
    return rx.el.div(
        rx.el.label(texts.COUNT_PARTS, html_for="count-parts", class_name="field-label"),
        rx.el.textarea(
            id="count-parts",
            rows=2,
            max_length=2000,
            on_change=ShopState.count.debounce(300),
            class_name="text-input",
            aria_describedby="counted-parts",
        ),
        rx.el.p(ShopState.parts, id="counted-parts", role="status", class_name="small secondary tabular"),
        class_name="field",
    )
