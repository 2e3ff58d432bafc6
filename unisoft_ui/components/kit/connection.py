"""Says calmly that the server is out of reach, and goes away by itself."""

from __future__ import annotations

import reflex as rx
from reflex_components_core.core.banner import has_too_many_connection_errors

from unisoft_ui.texts import en


def connection_notice() -> rx.Component:
    return rx.el.div(
        rx.cond(
            has_too_many_connection_errors,
            rx.el.div(
                rx.icon("wifi-off", size=16, aria_hidden="true"),
                en.CONNECTION_LOST,
                class_name="connection-notice",
            ),
        ),
        role="status",
    )
