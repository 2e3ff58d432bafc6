"""What can be done about one recipient: the buttons below it."""

from __future__ import annotations

import reflex as rx

from unisoft_ui.components.details.attention import attention_buttons
from unisoft_ui.components.kit.address import in_address
from unisoft_ui.components.kit.badge import icon_of
from unisoft_ui.components.kit.buttons import quiet_button
from unisoft_ui.states.attention import AttentionState
from unisoft_ui.states.repair import BUTTON_ID, RepairState
from unisoft_ui.states.retry import RetryState
from unisoft_ui.texts import retry as texts
from unisoft_ui.view_models.retry import BUTTON_ICONS, Way

_ACTIONS = AttentionState.actions


def recipient_actions() -> rx.Component:
    """For the recipient that the address names; nothing for one that was reached, or is on its way."""
    one = "-" + _ACTIONS.recipient_id.to_string()
    return rx.cond(
        _ACTIONS.any & (_ACTIONS.recipient_id.to_string() == in_address("recipient")),
        rx.el.div(
            rx.cond(_ACTIONS.why_not != "", rx.el.p(_ACTIONS.why_not, class_name="small secondary")),
            rx.el.div(
                rx.cond(_ACTIONS.may_repair, _repair()),
                rx.cond(
                    _ACTIONS.needs_attention,
                    attention_buttons(_ACTIONS.recipient_id, may_ask=_ACTIONS.may_ask, suffix=one),
                    rx.foreach(_ACTIONS.ways, _way),
                ),
                class_name="recipient-actions",
            ),
            class_name="recipient-acts",
            data_testid="recipient-actions",
        ),
    )


def _repair() -> rx.Component:
    return quiet_button(
        "pencil",
        texts.EDIT_CONTACT,
        on_click=RepairState.open(_ACTIONS.recipient_id),
        id=f"{BUTTON_ID}-{_ACTIONS.recipient_id}",
        class_name="recipient-repair",
    )


def _way(way: rx.Var[Way]) -> rx.Component:
    """The first is what one would do; the others stand before it."""
    return rx.button(
        icon_of(way.icon, BUTTON_ICONS, size=16),
        way.label,
        variant=rx.cond(way.is_first, "solid", "surface"),
        color_scheme=rx.cond(way.is_first, "indigo", "gray"),
        high_contrast=~way.is_first,
        on_click=RetryState.ask(_ACTIONS.recipient_id, way.way),
        key=way.way,
        id=rx.cond(way.is_first, f"retry-failed-{_ACTIONS.recipient_id}", f"retry-{way.way}-{_ACTIONS.recipient_id}"),
        class_name=rx.cond(way.is_first, "recipient-first", ""),
    )
