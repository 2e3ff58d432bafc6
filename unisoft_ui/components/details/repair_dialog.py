"""The form that corrects a contact's addresses."""

from __future__ import annotations

import reflex as rx

from unisoft_ui.components.kit.dialog_header import dialog_header
from unisoft_ui.components.kit.fields import described, field, field_error
from unisoft_ui.states.repair import RepairState
from unisoft_ui.texts import retry as texts


def repair_dialog() -> rx.Component:
    form = rx.el.form(
        rx.el.p(rx.el.bdi(RepairState.name), class_name="medium"),
        _address("email", texts.EMAIL, RepairState.email, "email"),
        _address("mobile", texts.MOBILE, RepairState.mobile, "tel"),
        rx.el.div(
            rx.cond(RepairState.errors["form"], rx.el.p(RepairState.errors["form"], class_name="form-error")),
            role="alert",
        ),
        rx.el.div(
            rx.button(
                texts.CANCEL,
                type="button",
                variant="surface",
                color_scheme="gray",
                high_contrast=True,
                on_click=RepairState.set_open(False),
            ),
            rx.button(texts.SAVE, type="submit", loading=RepairState.running, disabled=RepairState.running),
            class_name="question-footer",
        ),
        key=RepairState.form_key.to_string(),
        on_submit=RepairState.save,
        no_validate=True,
        class_name="repair-form",
    )
    dialog = rx.dialog.root(
        rx.dialog.content(
            dialog_header(texts.REPAIR_TITLE, texts.REPAIR_TEXT), form, class_name="sheet question", max_width="460px"
        ),
        open=RepairState.is_open,
        on_open_change=RepairState.set_open,
    )
    return rx.fragment(rx.el.div(on_mount=RepairState.forget, hidden=True), dialog)


def _address(name: str, label: str, value: rx.Var[str], kind: str) -> rx.Component:
    id_ = f"repair-{name}"
    return field(
        label,
        rx.el.input(
            id=id_,
            name=id_,
            type=kind,
            default_value=value,
            max_length=254,
            auto_complete="off",
            dir="ltr",
            class_name="text-input",
            **described(name, RepairState.errors),
        ),
        field_error(name, RepairState.errors),
        name=id_,
    )
