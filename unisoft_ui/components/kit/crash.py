"""What stands in place of a page whose own code failed."""

from __future__ import annotations

import reflex as rx
from reflex_components_core.el.elements.base import BaseHTML

from unisoft_ui.texts import en


class _LoadingLink(BaseHTML):
    """A link the browser follows itself, because the page's own router may be what failed."""

    tag = "a"


def crash_notice() -> rx.Component:
    """Shows nothing of the error: that goes to the server's log."""
    return rx.el.main(
        rx.el.h1(en.CRASH_TITLE),
        rx.el.p(en.CRASH_TEXT, class_name="secondary"),
        _LoadingLink.create(en.CRASH_RELOAD, class_name="link", custom_attrs={"href": ""}),
        class_name="notice-page",
        role="alert",
    )
