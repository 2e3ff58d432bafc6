"""The top bar of the details: the way back, the title, and what can be done."""

from __future__ import annotations

import reflex as rx

from unisoft_ui import routes
from unisoft_ui.components.details.export import export_menu
from unisoft_ui.components.details.retry_dialog import retry_button
from unisoft_ui.components.kit.address import in_address, status_for
from unisoft_ui.components.kit.buttons import quiet_button, word_button
from unisoft_ui.components.kit.links import back_link, button_link
from unisoft_ui.states.attention import AttentionState
from unisoft_ui.states.deletion import DeletionState
from unisoft_ui.states.details import DetailsState
from unisoft_ui.states.pairing import PairingState
from unisoft_ui.states.runs import RunsState
from unisoft_ui.texts import campaigns
from unisoft_ui.texts import details as texts

_SHOWN = DetailsState.shown
_ID = in_address("id")
# What can be done is about the same campaign as what is shown, and both are about the one in the address.
DETAILS_STATUS = status_for(AttentionState.place, _ID, status_for(DetailsState.place, _ID, DetailsState.status))


def details_bar() -> rx.Component:
    """In place of the search field of the list. On a phone the buttons stand at the bottom."""
    ready = DETAILS_STATUS == "ready"
    return rx.el.div(
        back_link(texts.BACK_TO_LIST, routes.CAMPAIGNS),
        rx.el.div(
            rx.el.span(campaigns.TITLE, class_name="small secondary desktop-only"),
            rx.el.h1(rx.el.bdi(rx.cond(ready, _SHOWN.title, texts.TITLE)), class_name="truncate"),
            class_name="crumb",
        ),
        rx.cond(
            ready & (_SHOWN.has_actions | (AttentionState.retry_label != "") | (DetailsState.exports.length() > 0)),
            rx.el.div(export_menu(), _actions(), class_name="details-actions"),
        ),
        rx.cond(ready & _SHOWN.has_menu, _menu()),
        class_name="editor-bar",
    )


def _actions() -> rx.Component:
    return rx.fragment(
        rx.cond(_SHOWN.may_connect, _connect()),
        rx.cond(_SHOWN.may_edit, button_link(_icon("pencil"), texts.EDIT, href=_SHOWN.edit_href, variant="soft")),
        rx.cond(_SHOWN.may_unschedule, _unschedule()),
        retry_button(),
        rx.cond(_SHOWN.may_pause | _SHOWN.may_resume, _pause_or_resume()),
        rx.cond(_SHOWN.may_cancel, _cancel()),
    )


def _connect() -> rx.Component:
    return word_button(
        "qr-code",
        texts.CONNECT_WHATSAPP,
        variant="soft",
        color_scheme="orange",
        high_contrast=True,
        on_click=PairingState.open(_SHOWN.id),
        id=_SHOWN.connect_id,
    )


def _unschedule() -> rx.Component:
    return quiet_button("undo-2", texts.BACK_TO_DRAFT, on_click=DetailsState.unschedule(_SHOWN.id))


def _pause_or_resume() -> rx.Component:
    # One button for both, so that it keeps the focus when one becomes the other.
    return rx.button(
        rx.cond(_SHOWN.may_pause, _icon("pause"), _icon("play")),
        rx.cond(_SHOWN.may_pause, texts.PAUSE, texts.RESUME),
        variant="soft",
        color_scheme=rx.cond(_SHOWN.may_pause, "gray", "green"),
        high_contrast=True,
        on_click=rx.cond(_SHOWN.may_pause, RunsState.pause(_SHOWN.id), RunsState.resume(_SHOWN.id)),
    )


def _cancel() -> rx.Component:
    return word_button(
        "circle-x",
        texts.CANCEL_SENDING,
        variant="soft",
        color_scheme="red",
        high_contrast=True,
        on_click=RunsState.ask_cancel(_SHOWN.id),
        id=_SHOWN.cancel_id,
        class_name="wide-only",
    )


def _menu() -> rx.Component:
    """What is rarely needed, and what there is no room for beside it."""
    trigger = quiet_button(
        "ellipsis",
        rx.el.span(campaigns.MORE, class_name="visually-hidden"),
        class_name="details-menu",
        title=campaigns.MORE,
        id=_SHOWN.menu_id,
    )
    return rx.dropdown_menu.root(
        rx.dropdown_menu.trigger(trigger),
        rx.dropdown_menu.content(
            rx.cond(_SHOWN.may_duplicate, _item("copy", campaigns.DUPLICATE, RunsState.duplicate(_SHOWN.id))),
            rx.cond(
                _SHOWN.may_cancel,
                _item("circle-x", texts.CANCEL_SENDING, RunsState.ask_cancel(_SHOWN.id),
                      color_scheme="red", class_name="narrow-only"),
            ),
            rx.cond(
                _SHOWN.may_delete,
                _item("trash-2", campaigns.DELETE, DeletionState.ask(_SHOWN.id), color_scheme="red"),
            ),
            align="end",
            variant="soft",
        ),
        modal=False,
    )  # fmt: skip


def _item(icon: str, label: str, act: rx.event.EventType, **props: str) -> rx.Component:
    return rx.dropdown_menu.item(_icon(icon), label, on_select=act, **props)


def _icon(name: str) -> rx.Component:
    return rx.icon(name, size=16, aria_hidden="true")
