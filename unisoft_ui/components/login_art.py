"""The decoration beside the sign-in form."""

from __future__ import annotations

import reflex as rx

from unisoft_ui.texts import en


def login_art() -> rx.Component:
    """Three sample cards; hidden from screen readers and on phones."""
    return rx.el.div(
        rx.el.div(_scheduled(), _progress(), _birthday(), class_name="art-stack"),
        class_name="login-art",
        aria_hidden="true",
    )


def _scheduled() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            _badge("message-square-text", "SMS", "violet"),
            rx.el.span(en.LOGIN_SAMPLE_SCHEDULED, class_name="small secondary"),
            class_name="art-row",
        ),
        rx.el.p(en.LOGIN_SAMPLE_SMS),
        class_name="art-card",
    )


def _progress() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.span(en.LOGIN_SAMPLE_TITLE, class_name="semibold"),
            rx.el.span("94%", class_name="semibold tabular"),
            class_name="art-row",
        ),
        rx.el.div(rx.el.span(class_name="art-ok"), rx.el.span(class_name="art-ko"), class_name="art-bar"),
        rx.el.div(
            rx.el.span(rx.icon("check", size=12), en.LOGIN_SAMPLE_SENT, class_name="art-sent"),
            rx.el.span(rx.icon("x", size=12), en.LOGIN_SAMPLE_FAILED, class_name="art-failed"),
            class_name="art-counts small tabular",
        ),
        class_name="art-card",
    )


def _birthday() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            _badge("message-circle", "WhatsApp", "green"),
            rx.el.span("08:30", class_name="small secondary tabular"),
            class_name="art-row",
        ),
        rx.el.p(en.LOGIN_SAMPLE_WHATSAPP),
        class_name="art-card",
    )


def _badge(icon: str, label: str, colour: str) -> rx.Component:
    return rx.badge(
        rx.icon(icon, size=13, color=rx.color(colour, 11)),
        label,
        color_scheme=colour,
        variant="soft",
        high_contrast=True,
    )
