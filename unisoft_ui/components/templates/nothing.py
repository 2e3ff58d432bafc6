"""In place of the cards: no template, nothing found, not readable. And the question before one is deleted."""

from __future__ import annotations

import reflex as rx

from unisoft_ui import routes
from unisoft_ui.components.kit.buttons import word_button
from unisoft_ui.components.kit.dialog import failure, question
from unisoft_ui.components.kit.empty import empty_state, large_icon
from unisoft_ui.components.kit.links import button_link
from unisoft_ui.states.templates import TemplatesState
from unisoft_ui.texts import templates as texts


def create_link(class_name: str = "", size: str = "2") -> rx.Component:
    return button_link(
        rx.icon("plus", size=16, aria_hidden="true"),
        texts.CREATE,
        href=routes.TEMPLATE_NEW,
        size=size,
        class_name=class_name,
    )


def no_template() -> rx.Component:
    picture = large_icon("layout-template")
    return empty_state(picture, texts.EMPTY_TITLE, texts.EMPTY_TEXT, create_link(size="3"), data_testid="empty")


def no_result() -> rx.Component:
    clear = rx.button(
        texts.CLEAR_SEARCH,
        variant="surface",
        color_scheme="gray",
        high_contrast=True,
        size="3",
        on_click=TemplatesState.clear_search,
    )
    title = rx.el.span(TemplatesState.no_result, dir="auto")
    return empty_state(large_icon("search-x"), title, texts.NO_RESULT_TEXT, clear, data_testid="no-result")


def not_loaded() -> rx.Component:
    retry = word_button("refresh-cw", texts.RETRY, size="3", on_click=TemplatesState.retry)
    reference = rx.el.span(TemplatesState.reference, class_name="small secondary")
    picture = large_icon("cloud-off")
    return empty_state(picture, texts.ERROR_TITLE, TemplatesState.error, retry, below=reference, role="alert")


def delete_dialog() -> rx.Component:
    keep = rx.button(texts.CANCEL, variant="surface", color_scheme="gray", high_contrast=True)
    delete = word_button(
        "trash-2",
        texts.DELETE,
        color_scheme="red",
        loading=TemplatesState.running,
        disabled=TemplatesState.running,
        on_click=TemplatesState.delete,
    )
    return question(
        rx.el.p(TemplatesState.asked_text, dir="auto"),
        failure(TemplatesState.asked_error),
        title=texts.DELETE_TITLE,
        text=texts.DELETE_QUESTION,
        footer=rx.fragment(rx.alert_dialog.cancel(keep), delete),
        is_open=TemplatesState.is_asking,
        on_open_change=TemplatesState.set_asking,
        on_appear=TemplatesState.forget,
        width="440px",
    )
