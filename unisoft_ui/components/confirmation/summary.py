"""What validating would do, line by line."""

from __future__ import annotations

import reflex as rx

from unisoft_ui.components.campaigns.cells import channel_tag
from unisoft_ui.components.kit.badge import MEDIUM_ICONS, icon_of
from unisoft_ui.states.confirmation import ConfirmationState
from unisoft_ui.states.session import ShellState
from unisoft_ui.texts import confirmation as texts
from unisoft_ui.texts import credit
from unisoft_ui.view_models.confirmation import Figure

_SHOWN = ConfirmationState.shown


def summary() -> rx.Component:
    return rx.cond(
        _SHOWN.title != "",
        rx.el.div(
            rx.el.dl(
                *summary_line(texts.CAMPAIGN, _campaign()),
                *summary_line(texts.RECIPIENTS, figures(_SHOWN.recipients), rx.cond(_SHOWN.left_out, _left_out())),
                *_credit(),
                *summary_line(texts.SCHEDULE, _schedule()),
                class_name="summary",
            ),
            rx.cond(_SHOWN.warnings, _warnings()),
            rx.cond(_SHOWN.blocked != "", _callout("circle-x", "red", _SHOWN.blocked)),
            rx.cond(_SHOWN.missing != "", _pricing()),
            rx.cond(_SHOWN.passed, _callout("calendar-x", "amber", texts.PASSED)),
            rx.cond((_SHOWN.typed_label != "") & (_SHOWN.blocked == ""), _typed()),
        ),
    )


def summary_line(label: str, *content: rx.Component | rx.Var) -> tuple[rx.Component, rx.Component]:
    """A line of a summary: what, and how much."""
    return rx.el.dt(label), rx.el.dd(*content)


def _campaign() -> rx.Component:
    return rx.fragment(rx.el.div(_SHOWN.title, class_name="medium", dir="auto"), rx.el.div(channel_tag(_SHOWN.channel)))


def figures(shown: rx.Var[list[Figure]], class_name: str = "") -> rx.Component:
    """Words with their numbers."""
    return rx.el.ul(rx.foreach(shown, _figure), class_name=f"figures {class_name}")


def _figure(figure: Figure) -> rx.Component:
    return rx.el.li(
        rx.el.span(icon_of(figure.icon, (*MEDIUM_ICONS, "triangle-alert"), size=14), figure.label),
        rx.el.bdi(figure.value, dir="ltr"),
        key=figure.label,
    )


def _left_out() -> rx.Component:
    return rx.fragment(
        rx.el.div(texts.LEFT_OUT, class_name="small secondary left-out-heading"), figures(_SHOWN.left_out, "left-out")
    )


def _credit() -> tuple[rx.Component, ...]:
    left = rx.cond(
        _SHOWN.missing != "",
        amount(texts.MISSING, _SHOWN.missing, "figure-bad"),
        amount(texts.LEFT, _SHOWN.left, "figure-good"),
    )
    amounts = rx.el.ul(
        amount(texts.NEEDED, _SHOWN.needed), amount(texts.AVAILABLE, _SHOWN.available), left, class_name="figures"
    )
    label, shown = summary_line(texts.CREDIT, amounts)
    return rx.cond(_SHOWN.needs_credit, label), rx.cond(_SHOWN.needs_credit, shown)


def amount(label: str, value: rx.Var[str], class_name: str = "") -> rx.Component:
    """One amount of credit."""
    return rx.el.li(rx.el.span(label), rx.el.bdi(value, dir="ltr", class_name=class_name))


def _schedule() -> rx.Component:
    return rx.fragment(
        rx.el.div(_SHOWN.moment, class_name="medium"),
        rx.cond(_SHOWN.remaining != "", rx.el.div(_SHOWN.remaining, class_name="secondary")),
        rx.cond(_SHOWN.lasts != "", rx.el.div(_SHOWN.lasts, class_name="secondary")),
    )


def _warnings() -> rx.Component:
    return rx.el.div(
        rx.icon("triangle-alert", size=16, aria_hidden="true"),
        rx.el.ul(rx.foreach(_SHOWN.warnings, lambda text: rx.el.li(text, key=text))),
        class_name="note-box amber-box",
    )


def _pricing() -> rx.Component:
    """Where credit is bought. One dialog at a time: this one closes."""
    return rx.button(
        credit.INFO,
        variant="surface",
        color_scheme="gray",
        high_contrast=True,
        on_click=[ConfirmationState.set_open(False), ShellState.set_credit_open(True)],
    )


def _typed() -> rx.Component:
    return rx.el.div(
        rx.el.label(_SHOWN.typed_label, html_for="typed-total", class_name="field-label"),
        rx.el.input(
            id="typed-total",
            type="text",
            input_mode="numeric",
            auto_complete="off",
            max_length=20,
            on_change=ConfirmationState.set_typed,
            dir="ltr",
            class_name="text-input",
        ),
        class_name="field",
    )


def _callout(icon: str, colour: str, text: rx.Var[str] | str) -> rx.Component:
    return rx.el.div(
        rx.icon(icon, size=16, aria_hidden="true"), rx.el.span(text), class_name=f"note-box {colour}-box", role="status"
    )
