"""A text with looks, written in the browser. The page's form sends it as the HTML of a hidden field."""

from __future__ import annotations

from typing import Any

import reflex as rx
from reflex_base.components.component import NoSSRComponent
from reflex_base.event import passthrough_event_spec

_VERSION = "3.35.0"


class RichText(NoSSRComponent):
    """`assets/rich_text.js`, fetched by the pages that have one. `field`: the id of the hidden field it keeps."""

    library = "$/public/rich_text.js"
    tag = "RichText"
    is_default = False
    lib_dependencies: list[str] = [  # noqa: RUF012 - declared so by Reflex
        f"@tiptap/react@{_VERSION}",
        f"@tiptap/starter-kit@{_VERSION}",
        f"@tiptap/pm@{_VERSION}",
    ]

    field: rx.Var[str]
    initial: rx.Var[str]
    label: rx.Var[str]
    placeholder: rx.Var[str]
    labels: rx.Var[dict[str, str]]
    known: rx.Var[list[str]]
    is_invalid: rx.Var[bool]
    on_change: rx.EventHandler[passthrough_event_spec(str, bool)]


def rich_text(*tools: rx.Component, **props: Any) -> rx.Component:
    """`tools` stand at the end of its toolbar."""
    return RichText.create(*tools, **props)
