"""What of Radix Themes the pages carry: what they use."""

from __future__ import annotations

from typing import Any

from reflex_components_radix.plugin import RadixThemesPlugin

COLOURS = ("amber", "blue", "gray", "green", "indigo", "orange", "plum", "red", "slate", "teal", "violet")
_PACKAGE = "@radix-ui/themes"


class SmallRadixThemesPlugin(RadixThemesPlugin):
    """Eleven of its 31 colours, and the components that a page names."""

    def get_stylesheet_paths(self, **context: Any) -> tuple[str, ...]:
        """Its style sheet in parts, in their order."""
        colours = (f"{_PACKAGE}/tokens/colors/{colour}.css" for colour in COLOURS)
        parts = (f"{_PACKAGE}/{part}.css" for part in ("components", "utilities"))
        return (f"{_PACKAGE}/tokens/base.css", *colours, *parts)

    def get_frontend_dependencies(self, **context: Any) -> tuple[str, ...]:
        """None: the components bring their package. Named here, every page would carry every component,
        for those that a state makes while the pages run; there are none.
        """
        return ()
