"""What stands in place of a page whose own code failed."""

from __future__ import annotations

import reflex as rx

from unisoft_ui.texts import en


def crash_notice() -> rx.Component:
    return rx.el.main(
        rx.el.h1(en.CRASH_TITLE),
        rx.el.p(en.CRASH_TEXT),
        rx.el.a(en.CRASH_RELOAD, href="", class_name="link"),
        class_name="notice-page",
        role="alert",
    )
