"""The message as a contact will see it: beside the form, or in a sheet where there is no room beside it."""

from __future__ import annotations

import reflex as rx

from unisoft_ui.components.editor.frame import FORM
from unisoft_ui.components.kit.buttons import quiet_button
from unisoft_ui.states.preview import PreviewState
from unisoft_ui.texts import preview as texts
from unisoft_ui.view_models.preview import Choice

_SHOWN = PreviewState.shown


def preview_column() -> rx.Component:
    return rx.el.aside(_panel("beside"), aria_label=texts.TITLE, class_name="preview-column")


def preview_sheet() -> rx.Component:
    """The same in a sheet. Its content is there only while it is open."""
    return rx.dialog.root(
        rx.dialog.content(
            rx.dialog.title(texts.TITLE, class_name="visually-hidden"),
            _panel("sheet"),
            rx.dialog.close(
                rx.button(texts.CLOSE, variant="surface", color_scheme="gray", high_contrast=True, size="3")
            ),
            class_name="sheet preview-sheet",
            aria_describedby=rx.Var("undefined"),
        ),
        open=PreviewState.is_open,
        on_open_change=PreviewState.set_open,
    )


def preview_button() -> rx.Component:
    return quiet_button(
        "eye",
        rx.el.span(texts.OPEN, class_name="preview-button-word"),
        type="button",
        aria_label=texts.OPEN,
        on_click=PreviewState.set_open(True),
        id="open-preview",
        class_name="preview-button",
    )


def _panel(place: str) -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.h2(texts.TITLE, class_name="preview-title"),
            rx.cond(PreviewState.media.length() > 1, _media()),
            class_name="preview-head",
        ),
        rx.cond(PreviewState.contacts, _contacts(place)),
        rx.cond(
            _SHOWN.empty != "",
            rx.el.p(_SHOWN.empty, class_name="secondary preview-empty"),
            rx.cond(PreviewState.medium == "email", _email(), _phone()),
        ),
        _test(place),
        class_name="preview-panel",
    )


def _media() -> rx.Component:
    return rx.el.div(
        rx.foreach(PreviewState.media, _medium), role="group", aria_label=texts.MEDIUM, class_name="segmented"
    )


def _medium(choice: Choice) -> rx.Component:
    return rx.el.button(
        choice.label,
        type="button",
        aria_pressed=choice.code == PreviewState.medium,
        on_click=PreviewState.choose_medium(choice.code),
        key=choice.code,
    )


def _contacts(place: str) -> rx.Component:
    return rx.el.div(
        _step(texts.PREVIOUS, "chevron-left", forward=False),
        rx.el.select(
            rx.foreach(PreviewState.contacts, lambda one: rx.el.option(one.label, value=one.code, key=one.code)),
            value=PreviewState.contact_id,
            on_change=PreviewState.choose_contact,
            aria_label=texts.SHOWN_FOR,
            id=f"preview-contact-{place}",
            class_name="text-input preview-contact",
        ),
        _step(texts.NEXT, "chevron-right", forward=True),
        class_name="preview-contacts",
    )


def _step(label: str, icon: str, *, forward: bool) -> rx.Component:
    return rx.icon_button(
        rx.icon(icon, size=16, aria_hidden="true", class_name="flip"),
        type="button",
        variant="surface",
        color_scheme="gray",
        high_contrast=True,
        aria_label=label,
        on_click=PreviewState.step(forward),
        class_name="preview-step",
    )


def _phone() -> rx.Component:
    kind = rx.cond(PreviewState.medium == "sms", texts.KIND["sms"], texts.KIND["whatsapp"])
    return rx.el.div(
        rx.el.div(
            rx.el.span(_SHOWN.initials, class_name="avatar", aria_hidden="true"),
            rx.el.span(_SHOWN.organisation, class_name="small truncate"),
            class_name="phone-head",
        ),
        rx.el.div(kind, class_name="small secondary phone-kind"),
        rx.el.p(_SHOWN.bubble, dir="auto", class_name="bubble", data_testid="bubble"),
        class_name=rx.cond(PreviewState.medium == "sms", "phone-frame", "phone-frame phone-whatsapp"),
    )


def _email() -> rx.Component:
    head = rx.el.div(
        rx.el.span(_SHOWN.initials, class_name="avatar", aria_hidden="true"),
        rx.el.div(
            rx.el.div(_SHOWN.organisation, class_name="medium truncate"),
            rx.el.div(_SHOWN.recipient, class_name="small secondary truncate"),
        ),
        class_name="mail-head",
    )
    # A page of its own that may do nothing: no script, no form, no address of ours.
    page = rx.el.iframe(src_doc=_SHOWN.html, sandbox="", title=texts.FRAME, loading="lazy", data_testid="email-frame")
    return rx.el.div(
        rx.el.div(_width("phone", texts.PHONE, "smartphone"), _width("desktop", texts.DESKTOP, "monitor"),
                  role="group", aria_label=texts.WIDTH, class_name="segmented preview-widths"),
        rx.el.div(
            head,
            rx.el.div(_SHOWN.subject, dir="auto", class_name="semibold mail-subject", data_testid="email-subject"),
            rx.el.div(page, class_name=rx.cond(PreviewState.width == "phone", "mail-body", "mail-body mail-desktop")),
            class_name="mail",
        ),
    )  # fmt: skip


def _width(code: str, label: str, icon: str) -> rx.Component:
    return rx.el.button(
        rx.icon(icon, size=14, aria_hidden="true"),
        label,
        type="button",
        aria_pressed=PreviewState.width == code,
        on_click=PreviewState.choose_width(code),
    )


def _by_medium(words: dict[str, str]) -> rx.Var | rx.Component:
    return rx.match(PreviewState.medium, *words.items(), "")


def _test(place: str) -> rx.Component:
    result = rx.el.div(
        rx.cond(
            PreviewState.result_is_good,
            rx.icon("circle-check", size=14, aria_hidden="true"),
            rx.icon("circle-x", size=14, aria_hidden="true"),
        ),
        rx.el.span(PreviewState.result),
        class_name=rx.cond(PreviewState.result_is_good, "test-result test-good small", "test-result test-bad small"),
    )
    fields = rx.el.div(
        rx.el.input(
            name=f"test_address_{place}",
            form=FORM,
            type=rx.cond(PreviewState.medium == "email", "email", "tel"),
            default_value=PreviewState.address,
            placeholder=_by_medium(texts.PLACEHOLDER),
            aria_label=_by_medium(texts.TEST_ADDRESS),
            max_length=254,
            auto_complete="off",
            dir="ltr",
            key=f"{PreviewState.address_key}",
            class_name="text-input",
        ),
        quiet_button(
            "flask-conical",
            rx.cond(PreviewState.testing, texts.SENDING, texts.SEND),
            type="submit",
            form=FORM,
            disabled=PreviewState.testing,
            custom_attrs={"data-purpose": f"test-{place}"},
        ),
        class_name="test-fields",
    )
    return rx.cond(
        PreviewState.medium != "",
        rx.el.div(fields, rx.el.div(rx.cond(PreviewState.result != "", result), role="status"), class_name="test-send"),
    )
