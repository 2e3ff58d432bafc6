"""Design tokens that Python has to know; the rest is in `assets/unisoft.css`, by the names of Radix Themes."""

from __future__ import annotations

from pathlib import Path

import reflex as rx

_ASSETS = Path(__file__).resolve().parent.parent / "assets"
STYLESHEETS = [
    "/unisoft.css",
    *(f"/{sheet.name}" for sheet in sorted(_ASSETS.glob("*.css")) if sheet.name != "unisoft.css"),
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
