"""What the SMS cost, and whether the credit is enough."""

from __future__ import annotations

import reflex as rx

from unisoft_ui.components.kit.buttons import word_button
from unisoft_ui.states.content import ContentState
from unisoft_ui.states.message import MessageState
from unisoft_ui.states.session import ShellState
from unisoft_ui.states.targets import TargetsState
from unisoft_ui.texts import message as texts


def cost() -> rx.Component:
    box = MessageState.cost
    return rx.fragment(
        _counted_again(),
        rx.el.section(
            rx.cond(box.hint != "", rx.el.p(box.hint, class_name="secondary"), _numbers()),
            aria_label=texts.COST,
            aria_live="polite",
            aria_busy=MessageState.counting,
            class_name="sms-cost",
            data_testid="sms-cost",
        ),
        rx.cond(
            MessageState.media.contains("whatsapp"), rx.el.p(texts.RESERVED_FOR_SECOND, class_name="small secondary")
        ),
        rx.cond(box.missing != "", _buy("circle-alert", texts.NOT_ENOUGH, "not-enough")),
        rx.cond(box.low != "", _buy("triangle-alert", box.low, "low-afterwards")),
    )


def _counted_again() -> rx.Component:
    """Appears whenever the targets have been counted, or links and files changed: what the SMS cost is counted then."""
    changed = f"{TargetsState.reach.hint} {ContentState.summary}"
    again = rx.el.div(hidden=True, on_mount=MessageState.count_cost, key=changed)
    return rx.cond(TargetsState.counting, rx.fragment(), again)


def _numbers() -> rx.Component:
    box = MessageState.cost
    return rx.el.dl(
        _number(texts.RECIPIENTS, box.recipients),
        _number(texts.SMS_EACH, box.each),
        _number(texts.NEEDED, box.needed),
        _number(texts.AVAILABLE, box.available),
        rx.cond(
            box.missing != "",
            _number(texts.MISSING, box.missing, icon="circle-alert", look="is-missing"),
            _number(texts.LEFT_AFTER, box.left, icon="circle-check", look="is-enough"),
        ),
    )


def _number(label: str, value: rx.Var[str], icon: str = "", look: str = "") -> rx.Component:
    picture = [rx.icon(icon, size=14, aria_hidden="true")] if icon else []
    return rx.el.div(
        rx.el.dt(label, class_name="small secondary"),
        rx.el.dd(*picture, value, class_name="semibold tabular"),
        class_name=look,
    )


def _buy(icon: str, why: rx.Var[str] | str, look: str) -> rx.Component:
    return rx.el.div(
        rx.el.p(rx.icon(icon, size=16, aria_hidden="true"), why, class_name=look),
        word_button(
            "credit-card", texts.BUY_CREDIT, type="button", variant="soft", on_click=ShellState.set_credit_open(True)
        ),
        class_name="credit-missing",
    )
