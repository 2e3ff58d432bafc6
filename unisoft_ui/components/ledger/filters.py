"""Which movements are shown."""

from __future__ import annotations

import reflex as rx

from backend.domain.statuses import LedgerKind
from unisoft_ui import routes
from unisoft_ui.components.kit.links import text_link
from unisoft_ui.states.ledger import LedgerState
from unisoft_ui.texts import credit
from unisoft_ui.texts import ledger as texts


def ledger_filters() -> rx.Component:
    fields = rx.form(
        _field(
            texts.KIND,
            "kind",
            rx.el.select(
                rx.el.option(texts.ALL_KINDS, value=""),
                *(rx.el.option(credit.KINDS[kind], value=kind.value) for kind in LedgerKind),
                id="kind",
                name="kind",
                default_value=LedgerState.kind,
                class_name="text-input",
            ),
        ),
        _field(texts.SINCE, "since", _day("since", LedgerState.since)),
        _field(texts.UNTIL, "until", _day("until", LedgerState.until)),
        rx.button(texts.SHOW, type="submit", variant="surface", color_scheme="gray", high_contrast=True),
        text_link(texts.CLEAR, href=routes.LEDGER, class_name="medium"),
        on_submit=LedgerState.apply,
        key=LedgerState.form,
        class_name="ledger-filters",
    )
    return rx.fragment(
        fields, rx.cond(LedgerState.shown.of_campaign != "", rx.el.p(rx.el.bdi(LedgerState.shown.of_campaign)))
    )


def _day(name: str, value: rx.Var[str]) -> rx.Component:
    return rx.el.input(type="date", id=name, name=name, default_value=value, class_name="text-input")


def _field(label: str, name: str, control: rx.Component) -> rx.Component:
    return rx.el.div(rx.el.label(label, html_for=name, class_name="field-label"), control, class_name="field")
