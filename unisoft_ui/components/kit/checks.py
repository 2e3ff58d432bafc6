"""Checkboxes of a table: one for each row, and one for all rows of the page."""

from __future__ import annotations

import reflex as rx
from reflex_base.vars import FunctionStringVar

from unisoft_ui.components.kit.data_table import cell

_NONE: rx.Var[list[int]] = rx.Var.create([])
# How many of the ids on the page are picked: none, all, or something between.
_PAGE_STATE = FunctionStringVar.create(
    "((shown, picked, all, excluded, newest) => {"
    "const isPicked = id => all ? id <= newest && !excluded.includes(id) : picked.includes(id);"
    "const count = shown.filter(isPicked).length;"
    "return count === 0 ? 'false' : count === shown.length ? 'true' : 'mixed'; })"
)


def page_state(
    shown: rx.Var[list[int]] | list[int],
    picked: rx.Var[list[int]] | list[int],
    *,
    all_results: rx.Var[bool] | bool = False,
    excluded: rx.Var[list[int]] | list[int] = _NONE,
    newest: rx.Var[int] | int = 0,
) -> rx.Var[str]:
    """As `aria-checked` says it: "true", "mixed" or "false". The browser finds out, of the rows it shows."""
    return _PAGE_STATE.call(shown, picked, all_results, excluded, newest).to(str)


def row_check(
    label: rx.Var[str] | str,
    *,
    picked: rx.Var[bool],
    version: rx.Var[int] | int,
    on_pick: rx.event.EventType,
) -> rx.Component:
    """A cell with a checkbox that ticks at once, and is asked again when `version` changes."""
    box = rx.el.input(
        type="checkbox",
        key=rx.Var.create(version).to_string(),
        default_checked=picked,
        on_change=on_pick,
        aria_label=label,
        class_name="check row-check",
    )
    return cell(rx.el.label(box, class_name="check-target"), class_name="cell-select")


def page_check(
    *text: rx.Component | rx.Var, label: str, state: rx.Var[str], on_pick: rx.event.EventType
) -> rx.Component:
    """The checkbox of the whole page. A native one has no mixed state that survives a rendering."""
    return rx.el.button(
        rx.el.span(class_name="check", aria_hidden="true", custom_attrs={"data-state": state}),
        *text,
        type="button",
        role="checkbox",
        aria_checked=state,
        aria_label=label,
        on_click=on_pick,
        class_name="check-target",
    )
