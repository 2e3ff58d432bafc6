"""For addresses that lead nowhere."""

from __future__ import annotations

import reflex as rx

from unisoft_ui import routes
from unisoft_ui.texts import en


def not_found_page() -> rx.Component:
    return rx.el.main(
        rx.el.h1(en.NOT_FOUND_TITLE),
        rx.el.p(en.NOT_FOUND_TEXT, class_name="secondary"),
        rx.link(en.NOT_FOUND_LINK, href=routes.CAMPAIGNS),
        class_name="notice-page",
    )
