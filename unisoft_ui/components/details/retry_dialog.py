"""The dialog that tries failed recipients, or those whose answer was lost, again."""

from __future__ import annotations

import reflex as rx

from unisoft_ui.components.confirmation.summary import amount, figures, summary_line
from unisoft_ui.components.kit.buttons import quiet_button, word_button
from unisoft_ui.components.kit.dialog import computing, failure, question
from unisoft_ui.components.kit.dialog_header import close_button
from unisoft_ui.states.attention import AttentionState
from unisoft_ui.states.retry import BUTTON_ID, RetryState
from unisoft_ui.states.session import ShellState
from unisoft_ui.texts import confirmation, credit
from unisoft_ui.texts import retry as texts
from unisoft_ui.view_models.retry import OWN_WAY, Plan

_PLAN = RetryState.plan


def retry_button() -> rx.Component:
    """In the bar of the page; nothing where nobody may be tried again."""
    return rx.cond(
        AttentionState.retry_label != "",
        quiet_button("rotate-ccw", AttentionState.retry_label, on_click=RetryState.ask(0, OWN_WAY), id=BUTTON_ID),
    )


def retry_dialog() -> rx.Component:
    return question(
        rx.cond(RetryState.loading, computing(texts.COMPUTING), rx.cond(RetryState.plans, _shown())),
        failure(RetryState.error),
        title=rx.cond(RetryState.is_unknown, texts.TITLE_UNKNOWN, texts.TITLE),
        text=rx.cond(RetryState.is_unknown, texts.TEXT_UNKNOWN, texts.TEXT),
        footer=rx.fragment(_back(), _confirm()),
        close=close_button(on_click=RetryState.set_open(False)),
        is_open=RetryState.is_open,
        on_open_change=RetryState.set_open,
        on_appear=RetryState.forget,
    )


def _shown() -> rx.Component:
    missing = _PLAN.missing != ""
    left = rx.cond(
        missing,
        amount(confirmation.MISSING, _PLAN.missing, "figure-bad"),
        amount(confirmation.LEFT, _PLAN.left, "figure-good"),
    )
    amounts = rx.el.ul(
        amount(confirmation.NEEDED, _PLAN.needed),
        amount(confirmation.AVAILABLE, _PLAN.available),
        left,
        class_name="figures",
    )
    return rx.fragment(
        rx.cond(RetryState.plans.length() > 1, _ways()),
        rx.el.dl(
            *summary_line(texts.TRIED_AGAIN, figures(_PLAN.tried)),
            *_when(_PLAN.not_tried.length() > 0, summary_line(texts.NOT_TRIED, figures(_PLAN.not_tried, "left-out"))),
            *_when(_PLAN.needs_credit, summary_line(texts.CREDIT, amounts)),
            class_name="summary",
            data_testid="retry-plan",
        ),
        rx.cond(_PLAN.notes, _notes()),
        rx.cond(_PLAN.blocked != "", _blocked()),
        rx.cond(missing, _pricing()),
    )


def _when(shown: rx.Var[bool], line: tuple[rx.Component, rx.Component]) -> tuple[rx.Component, ...]:
    return tuple(rx.cond(shown, part) for part in line)


def _ways() -> rx.Component:
    return rx.el.fieldset(
        rx.el.legend(texts.WAY, class_name="field-label"),
        rx.el.div(rx.foreach(RetryState.plans, _way), class_name="segmented-radios retry-ways"),
        class_name="field retry-choice",
    )


def _way(plan: rx.Var[Plan]) -> rx.Component:
    return rx.el.label(
        rx.el.input(
            type="radio",
            name="retry-way",
            value=plan.way,
            checked=_PLAN.way == plan.way,
            on_change=RetryState.choose_way(plan.way),
        ),
        plan.label,
        key=plan.way,
    )


def _notes() -> rx.Component:
    return rx.el.div(
        rx.icon("triangle-alert", size=16, aria_hidden="true"),
        rx.el.ul(rx.foreach(_PLAN.notes, lambda text: rx.el.li(text, key=text))),
        class_name="note-box amber-box",
    )


def _blocked() -> rx.Component:
    return rx.el.div(
        rx.icon("circle-x", size=16, aria_hidden="true"),
        rx.el.span(_PLAN.blocked),
        class_name="note-box red-box",
        role="status",
    )


def _pricing() -> rx.Component:
    """Where credit is bought. One dialog at a time: this one closes."""
    return rx.button(
        credit.INFO,
        variant="surface",
        color_scheme="gray",
        high_contrast=True,
        on_click=[RetryState.set_open(False), ShellState.set_credit_open(True)],
    )


def _back() -> rx.Component:
    return rx.alert_dialog.cancel(rx.button(texts.BACK, variant="surface", color_scheme="gray", high_contrast=True))


def _confirm() -> rx.Component:
    useless = (_PLAN.blocked != "") | ~RetryState.plans.bool()
    return word_button(
        "rotate-ccw",
        _PLAN.confirm,
        color_scheme=rx.cond(RetryState.is_unknown, "orange", "indigo"),
        high_contrast=RetryState.is_unknown,
        loading=RetryState.running,
        disabled=RetryState.running | RetryState.loading | useless,
        on_click=RetryState.confirm,
    )
