"""A table that becomes cards on a phone.

Roles are written out: a table laid out as a grid is no table any more to several screen readers.
"""

from __future__ import annotations

from collections.abc import Sequence

import reflex as rx


def data_table(
    columns: Sequence[rx.Component], *rows: rx.Component, label: str, busy: rx.Var[bool] | bool, class_name: str
) -> rx.Component:
    """`columns` are header cells; `rows` stand in the body."""
    return rx.el.div(
        rx.el.table(
            rx.el.thead(rx.el.tr(*columns, role="row"), role="rowgroup"),
            rx.el.tbody(*rows, role="rowgroup"),
            role="table",
            aria_label=label,
            aria_busy=busy,
        ),
        class_name=f"data-table {class_name}",
    )


def column(label: str, class_name: str = "") -> rx.Component:
    """The head of a column."""
    return rx.el.th(label, scope="col", role="columnheader", class_name=class_name)


def sortable_column(
    label: str, spoken: str, *, direction: rx.Var[str], on_sort: rx.event.EventType, class_name: str = ""
) -> rx.Component:
    """`direction`: ascending, descending or none."""
    arrows = rx.match(
        direction,
        ("ascending", rx.icon("arrow-up", size=12, aria_hidden="true")),
        ("descending", rx.icon("arrow-down", size=12, aria_hidden="true")),
        rx.icon("chevrons-up-down", size=12, aria_hidden="true", class_name="when-hovered"),
    )
    return rx.el.th(
        rx.el.button(label, arrows, type="button", title=spoken, on_click=on_sort, class_name="sort-button"),
        scope="col",
        role="columnheader",
        aria_sort=direction,
        class_name=class_name,
    )


def cell(*content: rx.Component | rx.Var | str, class_name: str, label: str = "") -> rx.Component:
    """`label` is written before the content where there are no heads, on a phone."""
    heading = {"data-label": label} if label else {}
    return rx.el.td(*content, role="cell", class_name=class_name, custom_attrs=heading)
