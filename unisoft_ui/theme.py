"""Design tokens that Python has to know; the rest is in `assets/unisoft.css`, by the names of Radix Themes."""

from __future__ import annotations

import reflex as rx

STYLESHEETS = [
    "/unisoft.css",
    "/campaigns.css",
    "/credit.css",
    "/details.css",
    "/editor.css",
    "/targets.css",
    "/message.css",
    "/content.css",
    "/templates.css",
    "/settings.css",
]


def radix_theme() -> rx.Component:
    """The one theme of every page, light and dark."""
    return rx.theme(
        accent_color="indigo",
        gray_color="slate",
        radius="medium",
        scaling="100%",
        panel_background="solid",
        appearance="inherit",
    )
