"""The buttons of a row: what can be done with a campaign in its state."""

from __future__ import annotations

import reflex as rx

from unisoft_ui.components.kit.buttons import word_button
from unisoft_ui.components.kit.data_table import cell
from unisoft_ui.components.kit.links import button_link
from unisoft_ui.states.confirmation import ConfirmationState
from unisoft_ui.states.deletion import DeletionState
from unisoft_ui.states.pairing import PairingState
from unisoft_ui.states.runs import RunsState
from unisoft_ui.texts import campaigns as texts
from unisoft_ui.view_models.campaigns import CampaignLine


def actions_cell(line: CampaignLine) -> rx.Component:
    return cell(
        rx.el.div(
            rx.cond(line.may_edit, _edit(line)),
            rx.cond(line.may_validate, _validate(line)),
            rx.cond(line.may_connect, _connect(line)),
            rx.cond(line.may_see_details, _details(line)),
            rx.cond(line.has_menu, _menu(line)),
            class_name="row-actions",
        ),
        class_name="cell-actions",
    )


def _edit(line: CampaignLine) -> rx.Component:
    return button_link(
        rx.icon("pencil", size=16, aria_hidden="true"),
        rx.el.span(texts.EDIT, class_name="action-label"),
        href=line.edit_href,
        variant="soft",
        color_scheme="blue",
        class_name="row-action",
        title=texts.EDIT,
    )


def _validate(line: CampaignLine) -> rx.Component:
    return word_button(
        "send",
        rx.el.span(texts.VALIDATE, class_name="action-label"),
        on_click=ConfirmationState.ask(line.id),
        variant="soft",
        color_scheme="green",
        class_name="row-action",
        title=texts.VALIDATE,
        id=line.validate_id,
    )


def _connect(line: CampaignLine) -> rx.Component:
    return word_button(
        "qr-code",
        rx.el.span(texts.QR_CODE, class_name="action-label"),
        on_click=PairingState.open(line.id),
        variant="soft",
        color_scheme="orange",
        class_name="row-action",
        title=texts.QR_CODE,
        id=line.connect_id,
    )


def _details(line: CampaignLine) -> rx.Component:
    return button_link(
        rx.icon("eye", size=16, aria_hidden="true"),
        rx.el.span(texts.DETAILS, class_name="action-label"),
        href=line.details_href,
        variant="soft",
        color_scheme="blue",
        class_name="row-action",
        title=texts.DETAILS,
    )


def _menu(line: CampaignLine) -> rx.Component:
    trigger = word_button(
        "ellipsis",
        rx.el.span(texts.MORE, class_name="action-label"),
        variant="soft",
        color_scheme="gray",
        class_name="row-action more-action",
        title=texts.MORE,
        id=line.menu_id,
    )
    return rx.dropdown_menu.root(
        rx.dropdown_menu.trigger(trigger),
        rx.dropdown_menu.content(
            rx.cond(line.may_duplicate, _item("copy", texts.DUPLICATE, RunsState.duplicate(line.id))),
            rx.cond(line.may_go_back, _item("undo-2", texts.BACK_TO_DRAFT, RunsState.back_to_draft(line.id))),
            rx.cond(line.may_pause, _item("pause", texts.PAUSE, RunsState.pause(line.id))),
            rx.cond(line.may_resume, _item("play", texts.RESUME, RunsState.resume(line.id))),
            rx.cond(
                line.may_cancel, _item("ban", texts.CANCEL_SENDING, RunsState.ask_cancel(line.id), color_scheme="red")
            ),
            rx.cond(line.may_delete, _item("trash-2", texts.DELETE, DeletionState.ask(line.id), color_scheme="red")),
            align="end",
            variant="soft",
        ),
        modal=False,
    )


def _item(icon: str, label: str, act: rx.event.EventType, **props: str) -> rx.Component:
    return rx.dropdown_menu.item(rx.icon(icon, size=16, aria_hidden="true"), label, on_select=act, **props)
