"""The field that searches a list while it is typed in."""

from __future__ import annotations

from typing import Any

import reflex as rx

_PAUSE_IN_TYPING_MS = 300
_LONGEST = 200


def search_field(
    label: str, state: Any, *, element_id: str | None = None, class_name: str = "search-field"
) -> rx.Component:
    """Keeps what is typed by itself, so that no answer of the server can overtake the typist.

    `state` has `search`, the handler `search_for`, and the number `search_key`: with a new one, the field takes
    `search` again.
    """
    named = {} if element_id is None else {"id": element_id}
    return rx.text_field(
        rx.text_field.slot(rx.icon("search", size=16, aria_hidden="true")),
        key=state.search_key.to_string(),
        **named,
        type="search",
        placeholder=label,
        aria_label=label,
        default_value=state.search,
        on_change=state.search_for.debounce(_PAUSE_IN_TYPING_MS),
        max_length=_LONGEST,
        auto_complete="off",
        class_name=class_name,
    )
